#pragma once

#include <napi.h>

namespace mpathd {

/** Exports scsiCommand and directRead. */
void InitScsi(Napi::Env env, Napi::Object exports);

}  // namespace mpathd
