#pragma once

#include <napi.h>

namespace mpathd {

/** Exports fileCall(). */
void InitFiles(Napi::Env env, Napi::Object exports);

}  // namespace mpathd
