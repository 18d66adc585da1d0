#include "environment.h"

namespace mpathd {

void Environment::Open(Napi::Env env) { env.SetInstanceData(new Environment(env)); }

Environment& Environment::Of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }

namespace {

Napi::Value PoolInfo(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  WorkPool::Info control = Environment::Of(env).Pool(Lane::kControl).Describe();
  WorkPool::Info device = Environment::Of(env).Pool(Lane::kDevice).Describe();
  Napi::Object result = Napi::Object::New(env);
  result.Set("threads", static_cast<double>(control.threads + device.threads));
  result.Set("busy", static_cast<double>(control.busy + device.busy));
  result.Set("queued", static_cast<double>(control.queued + device.queued));
  result.Set("limit", static_cast<double>(control.limit + device.limit));
  return result;
}

}  // namespace

void InitEnvironment(Napi::Env env, Napi::Object exports) {
  Environment::Open(env);
  exports.Set("poolInfo", Napi::Function::New(env, PoolInfo, "poolInfo"));
}

}  // namespace mpathd
