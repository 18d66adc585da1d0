#pragma once

#include <napi.h>

#include "uevent_listener.h"
#include "uevent_parse.h"

namespace mpathd {

/** NativeUevent. */
Napi::Object UeventToJs(Napi::Env env, const UeventView& event);

/** NativeBatch, which does not refer to the batch: the caller may clear it afterwards. */
Napi::Object BatchToJs(Napi::Env env, const UeventBatch& batch, UeventGroup group);

}  // namespace mpathd
