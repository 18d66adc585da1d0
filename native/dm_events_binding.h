#pragma once

#include <napi.h>

namespace mpathd {

/** dmWatchEvents(onEvent): throws an Error with `code` if the kernel gives no events. */
Napi::Value WatchDmEvents(const Napi::CallbackInfo& info);

}  // namespace mpathd
