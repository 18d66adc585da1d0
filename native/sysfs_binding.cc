#include "sysfs_binding.h"

#include <string>
#include <vector>

#include "arguments.h"
#include "errno_name.h"
#include "pool_promise.h"
#include "sysfs_reader.h"

namespace mpathd {

namespace {

struct Listing {
  int error = 0;
  std::vector<std::string> names;
};

SysfsRequest ToRequest(const Napi::Value& value) {
  const Napi::Object object = ObjectArgument(value, "request");
  SysfsRequest request;
  request.directory = PathArgument(object.Get("directory"), "request.directory");
  const Napi::Array attributes = ArrayArgument(object.Get("attributes"), "request.attributes");
  for (uint32_t i = 0; i < attributes.Length(); ++i) {
    const Napi::HandleScope scope(value.Env());
    request.attributes.push_back(PathArgument(attributes.Get(i), "attribute"));
  }
  return request;
}

Napi::Value ToJs(Napi::Env env, const SysfsValue& value) {
  if (value.error != 0) return Napi::String::New(env, ErrnoName(value.error));
  return Napi::Buffer<char>::Copy(env, value.bytes.data(), value.bytes.size());
}

Napi::Value ToJs(Napi::Env env, const SysfsReading& reading) {
  Napi::EscapableHandleScope scope(env);
  Napi::Object object = Napi::Object::New(env);
  object.Set("errno", reading.error == 0 ? env.Null() : Napi::String::New(env, ErrnoName(reading.error)));
  object.Set("realpath", Napi::String::New(env, reading.realpath));
  Napi::Array values = Napi::Array::New(env, reading.values.size());
  for (uint32_t i = 0; i < reading.values.size(); ++i) values.Set(i, ToJs(env, reading.values[i]));
  object.Set("values", values);
  return scope.Escape(object);
}

Napi::Value SysfsRead(const Napi::CallbackInfo& info) {
  return RejectWrongArguments(info.Env(), [&]() -> Napi::Value {
    const Napi::Array array = ArrayArgument(info[0], "requests");
    std::vector<SysfsRequest> requests;
    for (uint32_t i = 0; i < array.Length(); ++i) {
      const Napi::HandleScope scope(info.Env());
      requests.push_back(ToRequest(array.Get(i)));
    }
    using Readings = std::vector<SysfsReading>;
    return RunOnPool<Readings>(
        info.Env(),
        [requests = std::move(requests)]() {
          Readings readings;
          for (const SysfsRequest& request : requests) readings.push_back(ReadSysfs(request));
          return readings;
        },
        [](Napi::Env env, Readings& readings) -> Napi::Value {
          Napi::Array result = Napi::Array::New(env, readings.size());
          for (uint32_t i = 0; i < readings.size(); ++i) result.Set(i, ToJs(env, readings[i]));
          return result;
        },
        Lane::kReading);
  });
}

Napi::Value NamesOf(const Napi::CallbackInfo& info) {
  return RejectWrongArguments(info.Env(), [&]() -> Napi::Value {
    const std::string path = PathArgument(info[0], "path");
    return RunOnPool<Listing>(
        info.Env(),
        [path]() {
          Listing listing;
          listing.error = ListDirectory(path, &listing.names);
          return listing;
        },
        [](Napi::Env env, Listing& listing) -> Napi::Value {
          Napi::Object result = Napi::Object::New(env);
          if (listing.error != 0) {
            result.Set("errno", ErrnoName(listing.error));
            result.Set("step", "readdir");
            return result;
          }
          Napi::Array names = Napi::Array::New(env, listing.names.size());
          for (uint32_t i = 0; i < listing.names.size(); ++i) names.Set(i, listing.names[i]);
          result.Set("errno", env.Null());
          result.Set("names", names);
          return result;
        },
        Lane::kReading);
  });
}

}  // namespace

void InitSysfs(Napi::Env env, Napi::Object exports) {
  exports.Set("sysfsRead", Napi::Function::New(env, SysfsRead, "sysfsRead"));
  exports.Set("listDirectory", Napi::Function::New(env, NamesOf, "listDirectory"));
}

}  // namespace mpathd
