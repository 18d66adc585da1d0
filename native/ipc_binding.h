#pragma once

#include <napi.h>

namespace mpathd {

/** Exports the functions of the daemon's socket: see mpathd.d.ts. */
void InitIpc(Napi::Env env, Napi::Object exports);

}  // namespace mpathd
