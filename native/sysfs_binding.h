#pragma once

#include <napi.h>

namespace mpathd {

/** Exports sysfsRead and listDirectory. */
void InitSysfs(Napi::Env env, Napi::Object exports);

}  // namespace mpathd
