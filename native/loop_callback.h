#pragma once

#include <napi.h>

namespace mpathd {

/**
 * Calls a JavaScript function from a callback of libuv's. If the function throws, this raises an uncaught exception in
 * JavaScript: a C++ exception in such a callback would end the process without a message.
 *
 * It does not use Napi::Function::Call. In a worker that is ending, the call fails without an exception; node-addon-api
 * cannot make an Error of this and aborts the process (napi-inl.h, Error::Error).
 */
inline void CallFromLoop(napi_env env, napi_value function, size_t count, const napi_value* values) {
  napi_value undefined, exception;
  if (napi_get_undefined(env, &undefined) != napi_ok) return;
  if (napi_call_function(env, undefined, function, count, values, nullptr) != napi_pending_exception) return;
  if (napi_get_and_clear_last_exception(env, &exception) == napi_ok) napi_fatal_exception(env, exception);
}

/** Raises an uncaught exception with this text from a callback of libuv's; does nothing while the environment ends. */
inline void FailFromLoop(napi_env env, const char* message) {
  napi_value text, error;
  if (napi_create_string_utf8(env, message, NAPI_AUTO_LENGTH, &text) != napi_ok) return;
  if (napi_create_error(env, nullptr, text, &error) == napi_ok) napi_fatal_exception(env, error);
}

}  // namespace mpathd
