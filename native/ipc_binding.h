#pragma once

#include <napi.h>

namespace mpathd {

/** Exports listenAbstract(), connectAbstract() and peerUid(). */
void InitIpc(Napi::Env env, Napi::Object exports);

}  // namespace mpathd
