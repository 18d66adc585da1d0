#pragma once

#include <napi.h>

namespace mpathd {

/** dmWatchEvents(onEvent): throws an Error with `code` if events cannot be had. */
Napi::Value WatchDmEvents(const Napi::CallbackInfo& info);

}  // namespace mpathd
