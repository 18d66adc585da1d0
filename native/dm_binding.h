#pragma once

#include <napi.h>

namespace mpathd {

/** Exports the "device-mapper" block of mpathd.d.ts. */
void InitDeviceMapper(Napi::Env env, Napi::Object exports);

}  // namespace mpathd
