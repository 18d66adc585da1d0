#pragma once

#include <napi.h>

namespace mpathd {

/** Exports openUevents and parseUevent. */
void InitUevents(Napi::Env env, Napi::Object exports);

}  // namespace mpathd
