#include "arguments.h"

#include <cmath>

namespace mpathd {

namespace {

[[noreturn]] void WrongType(const Napi::Value& value, const char* what, const char* wanted) {
  throw Napi::TypeError::New(value.Env(), std::string(what) + " must be " + wanted);
}

}  // namespace

std::string TextArgument(const Napi::Value& value, const char* what) {
  if (!value.IsString()) WrongType(value, what, "a string");
  return value.As<Napi::String>().Utf8Value();
}

std::string PathArgument(const Napi::Value& value, const char* what) {
  std::string path = TextArgument(value, what);
  if (path.empty() || path.find('\0') != std::string::npos) {
    WrongType(value, what, "a path: not empty and without NUL");
  }
  return path;
}

uint64_t NumberArgument(const Napi::Value& value, const char* what, uint64_t least, uint64_t most) {
  if (!value.IsNumber()) WrongType(value, what, "a number");
  const double number = value.As<Napi::Number>().DoubleValue();
  if (!std::isfinite(number) || std::floor(number) != number) WrongType(value, what, "a whole number");
  if (number < static_cast<double>(least) || number > static_cast<double>(most)) {
    throw Napi::RangeError::New(
        value.Env(), std::string(what) + " must be from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return static_cast<uint64_t>(number);
}

bool BooleanArgument(const Napi::Value& value, const char* what) {
  if (!value.IsBoolean()) WrongType(value, what, "a boolean");
  return value.As<Napi::Boolean>();
}

std::vector<uint8_t> BytesArgument(const Napi::Value& value, const char* what) {
  if (!value.IsBuffer()) WrongType(value, what, "a Buffer");
  const auto buffer = value.As<Napi::Buffer<uint8_t>>();
  return {buffer.Data(), buffer.Data() + buffer.Length()};
}

Napi::Object ObjectArgument(const Napi::Value& value, const char* what) {
  if (!value.IsObject()) WrongType(value, what, "an object");
  return value.As<Napi::Object>();
}

Napi::Array ArrayArgument(const Napi::Value& value, const char* what) {
  if (!value.IsArray()) WrongType(value, what, "an array");
  return value.As<Napi::Array>();
}

}  // namespace mpathd
