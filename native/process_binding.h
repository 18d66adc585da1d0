#pragma once

#include <napi.h>

namespace mpathd {

/** Exports sdNotify, lockFileMappings and tryFileLock. */
void InitProcess(Napi::Env env, Napi::Object exports);

}  // namespace mpathd
