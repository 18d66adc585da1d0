#include "environment.h"

#include "errno_name.h"

namespace mpathd {

void Environment::Open(Napi::Env env) { env.SetInstanceData(new Environment(env)); }

Environment& Environment::Of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }

namespace {

Napi::Object LaneObject(Napi::Env env, const char* name, const WorkPool::Info& info) {
  Napi::Object lane = Napi::Object::New(env);
  lane.Set("name", name);
  lane.Set("threads", static_cast<double>(info.threads));
  lane.Set("busy", static_cast<double>(info.busy));
  lane.Set("queued", static_cast<double>(info.queued));
  lane.Set("limit", static_cast<double>(info.limit));
  lane.Set("waited", static_cast<double>(info.waited));
  lane.Set("refusedThreads", static_cast<double>(info.refused));
  lane.Set("refusal", info.refusal == 0 ? env.Null() : Napi::String::New(env, ErrnoName(info.refusal)));
  lane.Set("oldestMs", static_cast<double>(info.oldest.count()));
  return lane;
}

Napi::Value LaneInfo(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const Lanes& lanes = Environment::Of(env).lanes();
  Napi::Array result = Napi::Array::New(env, kLaneShapes.size());
  for (uint32_t i = 0; i < kLaneShapes.size(); ++i) {
    result.Set(i, LaneObject(env, kLaneShapes[i].name, lanes.At(i).Describe()));
  }
  return result;
}

}  // namespace

void InitEnvironment(Napi::Env env, Napi::Object exports) {
  Environment::Open(env);
  exports.Set("laneInfo", Napi::Function::New(env, LaneInfo, "laneInfo"));
}

}  // namespace mpathd
