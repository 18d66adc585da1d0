#include "process_binding.h"

#include <climits>

#include "arguments.h"
#include "environment.h"
#include "errno_name.h"
#include "pool_promise.h"
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
  return RunOnPool<LockedMemory>(
      info.Env(), LockFileMappings,
      [](Napi::Env env, LockedMemory& locked) -> Napi::Value {
        Napi::Object result = Napi::Object::New(env);
        result.Set("lockedBytes", static_cast<double>(locked.bytes));
        result.Set("failures", static_cast<double>(locked.failures));
        return result;
      },
      Lane::kFile);
}

Napi::Value TryLock(const Napi::CallbackInfo& info) {
  const auto fd = static_cast<int>(NumberArgument(info[0], "fd", 0, INT_MAX));
  return ErrnoOrNull(info.Env(), TryFileLock(fd));
}

Napi::Value ForbidNewPrivileges(const Napi::CallbackInfo& info) { return ErrnoOrNull(info.Env(), NoNewPrivileges()); }
Napi::Value PrepareEnd(const Napi::CallbackInfo& info) {
  const Napi::Value fd = info[0];
  const int lock = fd.IsNull() ? -1 : static_cast<int>(NumberArgument(fd, "lockFd", 0, INT_MAX));
  return ErrnoOrNull(info.Env(), Environment::Of(info.Env()).end().Prepare(lock));
}

int CodeArgument(const Napi::Value& value) { return static_cast<int>(NumberArgument(value, "code", 0, 255)); }

Napi::Value EndWithin(const Napi::CallbackInfo& info) {
  const int code = CodeArgument(info[0]);
  const std::chrono::milliseconds bound(NumberArgument(info[1], "ms", 0, INT_MAX));
  Environment::Of(info.Env()).end().Within(code, bound);
  return info.Env().Undefined();
}

Napi::Value ReleaseToSuccessor(const Napi::CallbackInfo& info) {
  Environment::Of(info.Env()).end().Release();
  return info.Env().Undefined();
}

Napi::Value ExitNow(const Napi::CallbackInfo& info) { Environment::Of(info.Env()).end().Now(CodeArgument(info[0])); }

}  // namespace

void InitProcess(Napi::Env env, Napi::Object exports) {
  exports.Set("sdNotify", Napi::Function::New(env, SdNotify, "sdNotify"));
  exports.Set("lockFileMappings", Napi::Function::New(env, LockMappings, "lockFileMappings"));
  exports.Set("prepareEnd", Napi::Function::New(env, PrepareEnd, "prepareEnd"));
  exports.Set("endWithin", Napi::Function::New(env, EndWithin, "endWithin"));
  exports.Set("releaseToSuccessor", Napi::Function::New(env, ReleaseToSuccessor, "releaseToSuccessor"));
  exports.Set("exitNow", Napi::Function::New(env, ExitNow, "exitNow"));
  exports.Set("tryFileLock", Napi::Function::New(env, TryLock, "tryFileLock"));
  exports.Set("noNewPrivileges", Napi::Function::New(env, ForbidNewPrivileges, "noNewPrivileges"));
}

}  // namespace mpathd
