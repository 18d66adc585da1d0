#pragma once

#include <napi.h>

#include <cstdint>
#include <string>
#include <vector>

namespace mpathd {

/**
 * Checks of the arguments from JavaScript. Each check throws a TypeError or RangeError that names the argument
 * (`what`).
 */
std::string TextArgument(const Napi::Value& value, const char* what);
/** Text that the kernel can take as a path: not empty, without NUL. */
std::string PathArgument(const Napi::Value& value, const char* what);
/** A whole number within [least, most]; most at most 2^53-1. */
uint64_t NumberArgument(const Napi::Value& value, const char* what, uint64_t least, uint64_t most);
bool BooleanArgument(const Napi::Value& value, const char* what);
std::vector<uint8_t> BytesArgument(const Napi::Value& value, const char* what);
Napi::Object ObjectArgument(const Napi::Value& value, const char* what);
Napi::Array ArrayArgument(const Napi::Value& value, const char* what);

/** Runs a function that returns a promise; wrong arguments become a rejected promise. */
template <class Function>
Napi::Value RejectWrongArguments(Napi::Env env, Function function) {
  try {
    return function();
  } catch (const Napi::Error& error) {
    auto deferred = Napi::Promise::Deferred::New(env);
    deferred.Reject(error.Value());
    return deferred.Promise();
  }
}

}  // namespace mpathd
