#pragma once

#include <napi.h>

namespace mpathd {

/** Exports scsiCommand, directRead and rescanDisk. */
void InitScsi(Napi::Env env, Napi::Object exports);

}  // namespace mpathd
