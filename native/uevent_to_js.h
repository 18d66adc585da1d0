#pragma once

#include <napi.h>

#include "uevent_listener.h"
#include "uevent_parse.h"

namespace mpathd {

/** NativeUevent. */
Napi::Object UeventToJs(Napi::Env env, const UeventView& event);

/** NativeBatch; the batch may be cleared afterwards. */
Napi::Object BatchToJs(Napi::Env env, const UeventBatch& batch, UeventGroup group);

}  // namespace mpathd
