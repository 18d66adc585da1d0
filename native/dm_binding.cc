#include "dm_binding.h"

#include <functional>
#include <string>
#include <utility>

#include "arguments.h"
#include "dm_cookie.h"
#include "dm_events_binding.h"
#include "dm_listings.h"
#include "dm_to_js.h"
#include "dm_write.h"
#include "pool_promise.h"

namespace mpathd {

namespace {

using namespace dm;

// ---- from JavaScript -----------------------------------------------------------------------

constexpr uint64_t kMostExact = (uint64_t{1} << 53) - 1;  // Number.MAX_SAFE_INTEGER
constexpr uint64_t kMostFlags = 0xffff;
// 31 bits of a semaphore's number and 16 of its key.
constexpr uint64_t kMostCookie = (uint64_t{1} << 47) - 1;

uint32_t FlagsOf(const Napi::Value& value) {
  return static_cast<uint32_t>(NumberArgument(value, "udevFlags", 0, kMostFlags));
}

Address AddressOf(Napi::Value value) {
  Napi::Object by = ObjectArgument(value, "by");
  bool has_uuid = !by.Get("uuid").IsUndefined();
  if (has_uuid == !by.Get("devt").IsUndefined()) {
    throw Napi::TypeError::New(value.Env(), "exactly one of uuid and devt is needed");
  }
  Address address;
  if (has_uuid) {
    address.uuid = TextArgument(by.Get("uuid"), "uuid");
    return address;
  }
  std::optional<uint64_t> dev = ParseDevice(TextArgument(by.Get("devt"), "devt"));
  if (!dev) throw Napi::TypeError::New(value.Env(), "devt must be major:minor");
  address.dev = *dev;
  return address;
}

Table TableOf(Napi::Object request) {
  Table table;
  table.length = NumberArgument(request.Get("sizeSectors"), "sizeSectors", 0, kMostExact);
  table.read_only = BooleanArgument(request.Get("readOnly"), "readOnly");
  table.type = TextArgument(request.Get("targetType"), "targetType");
  table.params = TextArgument(request.Get("params"), "params");
  return table;
}

// ---- the functions ---------------------------------------------------------------------------

/** Wrong arguments reject the promise, as mpathd.d.ts says. */
template <Napi::Value (*Function)(const Napi::CallbackInfo&)>
Napi::Value Rejecting(const Napi::CallbackInfo& info) {
  return RejectWrongArguments(info.Env(), [&]() -> Napi::Value { return Function(info); });
}

/** Runs `work` with the open control node on the lane. */
template <class T>
Napi::Value OnLane(Napi::Env env, Lane lane, std::function<Outcome<T>(const Control&)> work,
                   std::function<Napi::Value(Napi::Env, Outcome<T>&)> to_js) {
  return RunOnPool<Outcome<T>>(
      env,
      [work = std::move(work), shared = Environment::Of(env).dm_control()]() -> Outcome<T> {
        const Outcome<std::shared_ptr<const Control>> control = shared->Get();
        if (control.failure) return {control.failure, {}};
        return work(*control.value);
      },
      std::move(to_js), lane);
}

Napi::Value Write(Napi::Env env, std::function<Written(const Control&)> work, bool with_map) {
  return OnLane<Written>(
      env, Lane::kWrite,
      [work = std::move(work)](const Control& control) {
        return Outcome<Written>{{}, work(control)};
      },
      [with_map](Napi::Env env, Outcome<Written>& outcome) -> Napi::Value {
        if (outcome.failure) return FailureObject(env, outcome.failure);
        return WrittenResult(env, outcome.value, with_map);
      });
}

Napi::Value ReadVersionOf(Napi::Env env, std::function<Outcome<std::array<uint32_t, 3>>(const Control&)> work) {
  return OnLane<std::array<uint32_t, 3>>(env, Lane::kReading, std::move(work),
                                         [](Napi::Env env, Outcome<std::array<uint32_t, 3>>& outcome) -> Napi::Value {
                                           if (outcome.failure) return FailureObject(env, outcome.failure);
                                           Napi::Object object = Success(env);
                                           object.Set("version", VersionArray(env, outcome.value));
                                           return object;
                                         });
}

Napi::Value DmVersion(const Napi::CallbackInfo& info) { return ReadVersionOf(info.Env(), ReadVersion); }

Napi::Value DmTargetVersion(const Napi::CallbackInfo& info) {
  std::string type = TextArgument(info[0], "type");
  return ReadVersionOf(info.Env(), [type](const Control& control) { return ReadTargetVersion(control, type); });
}

Napi::Value DmList(const Napi::CallbackInfo& info) {
  std::optional<uint64_t> since;
  if (!info[0].IsNull()) since = NumberArgument(info[0], "since", 0, kMostExact);
  return OnLane<Listing>(
      info.Env(), Lane::kReading,
      [since, listings = Environment::Of(info.Env()).listings()](const Control& control) -> Outcome<Listing> {
        Outcome<std::vector<ListEntry>> devices = ListDevices(control);
        if (devices.failure) return {devices.failure, {}};
        return {{}, listings->Next(std::move(devices.value), since)};
      },
      ListingResult);
}

Napi::Value DmRead(const Napi::CallbackInfo& info) {
  Address address = AddressOf(info[0]);
  return OnLane<Map>(
      info.Env(), Lane::kReading,
      [address](const Control& control) -> Outcome<Map> {
        Failure failure = address.dev != 0 ? Failure{} : CheckUuid(address.uuid);
        return failure ? Outcome<Map>{failure, {}} : ReadMap(control, address);
      },
      [](Napi::Env env, Outcome<Map>& outcome) -> Napi::Value { return MapResult(env, outcome); });
}

Napi::Value DmSnapshot(const Napi::CallbackInfo& info) {
  std::string prefix = TextArgument(info[0], "uuidPrefix");
  return OnLane<Snapshot>(
      info.Env(), Lane::kReading, [prefix](const Control& control) { return ReadSnapshot(control, prefix); },
      [](Napi::Env env, Outcome<Snapshot>& outcome) -> Napi::Value { return SnapshotResult(env, outcome); });
}

Napi::Value DmCreate(const Napi::CallbackInfo& info) {
  Napi::Object request = ObjectArgument(info[0], "request");
  std::string name = TextArgument(request.Get("name"), "name");
  std::string uuid = TextArgument(request.Get("uuid"), "uuid");
  Table table = TableOf(request);
  uint32_t flags = FlagsOf(request.Get("udevFlags"));
  return Write(
      info.Env(), [=](const Control& control) { return CreateMap(control, name, uuid, table, flags); }, true);
}

Napi::Value DmReload(const Napi::CallbackInfo& info) {
  Napi::Object request = ObjectArgument(info[0], "request");
  std::string uuid = TextArgument(request.Get("uuid"), "uuid");
  Table table = TableOf(request);
  uint32_t flags = FlagsOf(request.Get("udevFlags"));
  Napi::Value wanted = request.Get("resume");
  bool resume = !wanted.IsUndefined() && BooleanArgument(wanted, "resume");
  return Write(
      info.Env(), [=](const Control& control) { return ReloadMap(control, uuid, table, resume, flags); }, true);
}

Napi::Value DmRename(const Napi::CallbackInfo& info) {
  std::string uuid = TextArgument(info[0], "uuid");
  std::string name = TextArgument(info[1], "newName");
  uint32_t flags = FlagsOf(info[2]);
  return Write(
      info.Env(), [=](const Control& control) { return RenameMap(control, uuid, name, flags); }, false);
}

Napi::Value DmRemove(const Napi::CallbackInfo& info) {
  std::string uuid = TextArgument(info[0], "uuid");
  uint32_t flags = FlagsOf(info[1]);
  return Write(
      info.Env(), [=](const Control& control) { return RemoveMap(control, uuid, flags); }, false);
}

Napi::Value DmMessage(const Napi::CallbackInfo& info) {
  std::string uuid = TextArgument(info[0], "uuid");
  std::string message = TextArgument(info[1], "message");
  return OnLane<bool>(
      info.Env(), Lane::kWrite,
      [=](const Control& control) {
        return Outcome<bool>{SendMessage(control, uuid, message), true};
      },
      [](Napi::Env env, Outcome<bool>& outcome) -> Napi::Value {
        return outcome.failure ? FailureObject(env, outcome.failure) : Success(env);
      });
}

Napi::Value DmFinishCookie(const Napi::CallbackInfo& info) {
  uint64_t number = NumberArgument(info[0], "cookie", 0, kMostCookie);
  bool even_if_pending = BooleanArgument(info[1], "evenIfPending");
  return Napi::Boolean::New(info.Env(), FinishCookie(number, even_if_pending));
}

Napi::Value DmDestroyLeftCookies(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), DestroyLeftCookies(IsDeadMaker));
}

template <Napi::Value (*Function)(const Napi::CallbackInfo&)>
void Export(Napi::Env env, Napi::Object exports, const char* name) {
  exports.Set(name, Napi::Function::New(env, Function, name));
}

}  // namespace

void InitDeviceMapper(Napi::Env env, Napi::Object exports) {
  Export<Rejecting<DmVersion>>(env, exports, "dmVersion");
  Export<Rejecting<DmTargetVersion>>(env, exports, "dmTargetVersion");
  Export<Rejecting<DmList>>(env, exports, "dmList");
  Export<Rejecting<DmRead>>(env, exports, "dmRead");
  Export<Rejecting<DmSnapshot>>(env, exports, "dmSnapshot");
  Export<Rejecting<DmCreate>>(env, exports, "dmCreate");
  Export<Rejecting<DmReload>>(env, exports, "dmReload");
  Export<Rejecting<DmRename>>(env, exports, "dmRename");
  Export<Rejecting<DmRemove>>(env, exports, "dmRemove");
  Export<Rejecting<DmMessage>>(env, exports, "dmMessage");
  Export<DmFinishCookie>(env, exports, "dmFinishCookie");
  Export<DmDestroyLeftCookies>(env, exports, "dmDestroyLeftCookies");
  Export<WatchDmEvents>(env, exports, "dmWatchEvents");
}

}  // namespace mpathd
