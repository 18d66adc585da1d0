#pragma once

#include <napi.h>

namespace mpathd {

/**
 * Calls a JavaScript function from a callback of libuv's, and hands on what it throws as an uncaught exception: a
 * C++ exception there would end the process with no word.
 *
 * Not Napi::Function::Call: in a worker that is being ended the call fails without an exception to be had, of which
 * node-addon-api cannot make an Error, and aborts the process (napi-inl.h, Error::Error).
 */
inline void CallFromLoop(napi_env env, napi_value function, size_t count, const napi_value* values) {
  napi_value undefined, exception;
  if (napi_get_undefined(env, &undefined) != napi_ok) return;
  if (napi_call_function(env, undefined, function, count, values, nullptr) != napi_pending_exception) return;
  if (napi_get_and_clear_last_exception(env, &exception) == napi_ok) napi_fatal_exception(env, exception);
}

/** Has an uncaught exception with this text raised from a callback of libuv's; while the environment goes down,
 * nothing. */
inline void FailFromLoop(napi_env env, const char* message) {
  napi_value text, error;
  if (napi_create_string_utf8(env, message, NAPI_AUTO_LENGTH, &text) != napi_ok) return;
  if (napi_create_error(env, nullptr, text, &error) == napi_ok) napi_fatal_exception(env, error);
}

}  // namespace mpathd
