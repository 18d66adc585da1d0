#include "process_binding.h"

#include <climits>

#include "arguments.h"
#include "errno_name.h"
#include "process_maps.h"
#include "process_notify.h"

namespace mpathd {

namespace {

Napi::Value ErrnoOrNull(Napi::Env env, int error) {
  if (error == 0) return env.Null();
  return Napi::String::New(env, ErrnoName(error));
}

Napi::Value SdNotify(const Napi::CallbackInfo& info) {
  const std::string address = TextArgument(info[0], "address");
  const std::string state = TextArgument(info[1], "state");
  return ErrnoOrNull(info.Env(), NotifySystemd(address, state));
}

Napi::Value LockMappings(const Napi::CallbackInfo& info) {
  const LockedMemory locked = LockFileMappings();
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("lockedBytes", static_cast<double>(locked.bytes));
  result.Set("failures", static_cast<double>(locked.failures));
  return result;
}

Napi::Value TryLock(const Napi::CallbackInfo& info) {
  const auto fd = static_cast<int>(NumberArgument(info[0], "fd", 0, INT_MAX));
  return ErrnoOrNull(info.Env(), TryFileLock(fd));
}

Napi::Value ForbidNewPrivileges(const Napi::CallbackInfo& info) { return ErrnoOrNull(info.Env(), NoNewPrivileges()); }

}  // namespace

void InitProcess(Napi::Env env, Napi::Object exports) {
  exports.Set("sdNotify", Napi::Function::New(env, SdNotify, "sdNotify"));
  exports.Set("lockFileMappings", Napi::Function::New(env, LockMappings, "lockFileMappings"));
  exports.Set("tryFileLock", Napi::Function::New(env, TryLock, "tryFileLock"));
  exports.Set("noNewPrivileges", Napi::Function::New(env, ForbidNewPrivileges, "noNewPrivileges"));
}

}  // namespace mpathd
