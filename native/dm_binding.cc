#include "dm_binding.h"

#include <cmath>
#include <functional>
#include <string>
#include <utility>

#include "dm_cookie.h"
#include "dm_events_binding.h"
#include "dm_write.h"
#include "errno_name.h"
#include "pool_promise.h"

namespace mpathd {

namespace {

using namespace dm;

// ---- to JavaScript -------------------------------------------------------------------------

Napi::Object FailureObject(Napi::Env env, const Failure& failure) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("errno", ErrnoName(failure.error));
  object.Set("step", failure.step);
  return object;
}

Napi::Object Success(Napi::Env env) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("errno", env.Null());
  return object;
}

Napi::Array VersionArray(Napi::Env env, const std::array<uint32_t, 3>& version) {
  Napi::Array array = Napi::Array::New(env, version.size());
  for (uint32_t i = 0; i < version.size(); ++i) array.Set(i, version[i]);
  return array;
}

Napi::Array DeviceArray(Napi::Env env, const std::vector<ListEntry>& entries) {
  Napi::Array array = Napi::Array::New(env, entries.size());
  for (uint32_t i = 0; i < entries.size(); ++i) {
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("name", entries[i].name);
    entry.Set("uuid", entries[i].uuid.value_or(""));
    entry.Set("devt", DeviceText(entries[i].dev));
    entry.Set("eventNr", entries[i].event_nr);
    array.Set(i, entry);
  }
  return array;
}

Napi::Array TargetArray(Napi::Env env, const std::vector<Target>& targets) {
  Napi::Array array = Napi::Array::New(env, targets.size());
  for (uint32_t i = 0; i < targets.size(); ++i) {
    Napi::Object target = Napi::Object::New(env);
    target.Set("start", static_cast<double>(targets[i].start));
    target.Set("length", static_cast<double>(targets[i].length));
    target.Set("type", targets[i].type);
    target.Set("table", targets[i].table);
    target.Set("status", targets[i].status);
    array.Set(i, target);
  }
  return array;
}

Napi::Object MapObject(Napi::Env env, const Map& map) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("uuid", map.uuid);
  object.Set("name", map.name);
  object.Set("devt", DeviceText(map.dev));
  object.Set("diskseq", map.diskseq ? Napi::Number::New(env, static_cast<double>(*map.diskseq)) : env.Null());
  object.Set("eventNr", map.event_nr);
  object.Set("openCount", map.open_count);
  object.Set("suspended", map.suspended);
  object.Set("readOnly", map.read_only);
  object.Set("hasLiveTable", map.has_live_table);
  object.Set("hasInactiveTable", map.has_inactive_table);
  object.Set("targets", TargetArray(env, map.targets));
  return object;
}

Napi::Object MapResult(Napi::Env env, const Outcome<Map>& outcome) {
  if (outcome.failure) return FailureObject(env, outcome.failure);
  Napi::Object object = Success(env);
  object.Set("map", MapObject(env, outcome.value));
  return object;
}

Napi::Object SnapshotResult(Napi::Env env, const Outcome<Snapshot>& outcome) {
  if (outcome.failure) return FailureObject(env, outcome.failure);
  Napi::Object object = Success(env);
  object.Set("devices", DeviceArray(env, outcome.value.devices));
  Napi::Array maps = Napi::Array::New(env, outcome.value.maps.size());
  for (uint32_t i = 0; i < outcome.value.maps.size(); ++i) {
    Napi::Object item = Napi::Object::New(env);
    item.Set("uuid", outcome.value.maps[i].first);
    item.Set("result", MapResult(env, outcome.value.maps[i].second));
    maps.Set(i, item);
  }
  object.Set("maps", maps);
  return object;
}

Napi::Object WrittenResult(Napi::Env env, const Written& written, bool with_map) {
  Napi::Object object = written.failure ? FailureObject(env, written.failure) : Success(env);
  // On a failure only if there is something to finish.
  if (!written.failure || written.cookie != 0) {
    object.Set("cookie", static_cast<double>(written.cookie));
  }
  if (with_map && !written.failure) object.Set("map", MapObject(env, written.map));
  return object;
}

// ---- from JavaScript -----------------------------------------------------------------------

std::string TextOf(Napi::Value value, const char* what) {
  if (!value.IsString()) throw Napi::TypeError::New(value.Env(), std::string(what) + " must be a string");
  return value.As<Napi::String>();
}

double CountOf(Napi::Value value, const char* what, double most) {
  double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1;
  if (!(number >= 0 && number <= most) || std::floor(number) != number) {
    throw Napi::TypeError::New(value.Env(), std::string(what) + " must be a whole number up to " +
                                                std::to_string(static_cast<uint64_t>(most)));
  }
  return number;
}

uint32_t FlagsOf(Napi::Value value) { return static_cast<uint32_t>(CountOf(value, "udevFlags", 0xffff)); }

Napi::Object ObjectOf(Napi::Value value, const char* what) {
  if (!value.IsObject()) throw Napi::TypeError::New(value.Env(), std::string(what) + " must be an object");
  return value.As<Napi::Object>();
}

bool FlagOf(Napi::Value value, const char* what) {
  if (!value.IsBoolean()) throw Napi::TypeError::New(value.Env(), std::string(what) + " must be a boolean");
  return value.As<Napi::Boolean>();
}

Address AddressOf(Napi::Value value) {
  Napi::Object by = ObjectOf(value, "by");
  bool has_uuid = !by.Get("uuid").IsUndefined();
  if (has_uuid == !by.Get("devt").IsUndefined()) {
    throw Napi::TypeError::New(value.Env(), "exactly one of uuid and devt is needed");
  }
  Address address;
  if (has_uuid) {
    address.uuid = TextOf(by.Get("uuid"), "uuid");
    return address;
  }
  std::optional<uint64_t> dev = ParseDevice(TextOf(by.Get("devt"), "devt"));
  if (!dev) throw Napi::TypeError::New(value.Env(), "devt must be major:minor");
  address.dev = *dev;
  return address;
}

Table TableOf(Napi::Object request) {
  constexpr double kMost = 9007199254740991;  // Number.MAX_SAFE_INTEGER
  Table table;
  table.length = static_cast<uint64_t>(CountOf(request.Get("sizeSectors"), "sizeSectors", kMost));
  table.read_only = FlagOf(request.Get("readOnly"), "readOnly");
  table.type = TextOf(request.Get("targetType"), "targetType");
  table.params = TextOf(request.Get("params"), "params");
  return table;
}

// ---- the functions ---------------------------------------------------------------------------

/** Wrong arguments reject the promise, as mpathd.d.ts says. */
template <Napi::Value (*Function)(const Napi::CallbackInfo&)>
Napi::Value Rejecting(const Napi::CallbackInfo& info) {
  try {
    return Function(info);
  } catch (const Napi::Error& error) {
    Napi::Promise::Deferred deferred = Napi::Promise::Deferred::New(info.Env());
    deferred.Reject(error.Value());
    return deferred.Promise();
  }
}

/** Runs `work` with an open control node on the pool. */
template <class T>
Napi::Value OnPool(Napi::Env env, std::function<Outcome<T>(const Control&)> work,
                   std::function<Napi::Value(Napi::Env, Outcome<T>&)> to_js) {
  return RunOnPool<Outcome<T>>(
      env,
      [work = std::move(work)]() -> Outcome<T> {
        Outcome<Control> control = Control::Open();
        if (control.failure) return {control.failure, {}};
        return work(control.value);
      },
      std::move(to_js));
}

Napi::Value WriteOnPool(Napi::Env env, std::function<Written(const Control&)> work, bool with_map) {
  return OnPool<Written>(
      env, [work = std::move(work)](const Control& control) { return Outcome<Written>{{}, work(control)}; },
      [with_map](Napi::Env env, Outcome<Written>& outcome) -> Napi::Value {
        if (outcome.failure) return FailureObject(env, outcome.failure);
        return WrittenResult(env, outcome.value, with_map);
      });
}

Napi::Value VersionOnPool(Napi::Env env, std::function<Outcome<std::array<uint32_t, 3>>(const Control&)> work) {
  return OnPool<std::array<uint32_t, 3>>(
      env, std::move(work), [](Napi::Env env, Outcome<std::array<uint32_t, 3>>& outcome) -> Napi::Value {
        if (outcome.failure) return FailureObject(env, outcome.failure);
        Napi::Object object = Success(env);
        object.Set("version", VersionArray(env, outcome.value));
        return object;
      });
}

Napi::Value DmVersion(const Napi::CallbackInfo& info) { return VersionOnPool(info.Env(), ReadVersion); }

Napi::Value DmTargetVersion(const Napi::CallbackInfo& info) {
  std::string type = TextOf(info[0], "type");
  return VersionOnPool(info.Env(), [type](const Control& control) { return ReadTargetVersion(control, type); });
}

Napi::Value DmList(const Napi::CallbackInfo& info) {
  return OnPool<std::vector<ListEntry>>(
      info.Env(), ListDevices, [](Napi::Env env, Outcome<std::vector<ListEntry>>& outcome) -> Napi::Value {
        if (outcome.failure) return FailureObject(env, outcome.failure);
        Napi::Object object = Success(env);
        object.Set("devices", DeviceArray(env, outcome.value));
        return object;
      });
}

Napi::Value DmRead(const Napi::CallbackInfo& info) {
  Address address = AddressOf(info[0]);
  return OnPool<Map>(
      info.Env(),
      [address](const Control& control) -> Outcome<Map> {
        Failure failure = address.dev != 0 ? Failure{} : CheckUuid(address.uuid);
        return failure ? Outcome<Map>{failure, {}} : ReadMap(control, address);
      },
      [](Napi::Env env, Outcome<Map>& outcome) -> Napi::Value { return MapResult(env, outcome); });
}

Napi::Value DmSnapshot(const Napi::CallbackInfo& info) {
  std::string prefix = TextOf(info[0], "uuidPrefix");
  return OnPool<Snapshot>(
      info.Env(), [prefix](const Control& control) { return ReadSnapshot(control, prefix); },
      [](Napi::Env env, Outcome<Snapshot>& outcome) -> Napi::Value { return SnapshotResult(env, outcome); });
}

Napi::Value DmCreate(const Napi::CallbackInfo& info) {
  Napi::Object request = ObjectOf(info[0], "request");
  std::string name = TextOf(request.Get("name"), "name");
  std::string uuid = TextOf(request.Get("uuid"), "uuid");
  Table table = TableOf(request);
  uint32_t flags = FlagsOf(request.Get("udevFlags"));
  return WriteOnPool(
      info.Env(), [=](const Control& control) { return CreateMap(control, name, uuid, table, flags); }, true);
}

Napi::Value DmReload(const Napi::CallbackInfo& info) {
  Napi::Object request = ObjectOf(info[0], "request");
  std::string uuid = TextOf(request.Get("uuid"), "uuid");
  Table table = TableOf(request);
  uint32_t flags = FlagsOf(request.Get("udevFlags"));
  return WriteOnPool(
      info.Env(), [=](const Control& control) { return ReloadMap(control, uuid, table, flags); }, true);
}

Napi::Value DmRename(const Napi::CallbackInfo& info) {
  std::string uuid = TextOf(info[0], "uuid");
  std::string name = TextOf(info[1], "newName");
  uint32_t flags = FlagsOf(info[2]);
  return WriteOnPool(
      info.Env(), [=](const Control& control) { return RenameMap(control, uuid, name, flags); }, false);
}

Napi::Value DmRemove(const Napi::CallbackInfo& info) {
  std::string uuid = TextOf(info[0], "uuid");
  uint32_t flags = FlagsOf(info[1]);
  return WriteOnPool(
      info.Env(), [=](const Control& control) { return RemoveMap(control, uuid, flags); }, false);
}

Napi::Value DmMessage(const Napi::CallbackInfo& info) {
  std::string uuid = TextOf(info[0], "uuid");
  std::string message = TextOf(info[1], "message");
  return OnPool<bool>(
      info.Env(),
      [=](const Control& control) { return Outcome<bool>{SendMessage(control, uuid, message), true}; },
      [](Napi::Env env, Outcome<bool>& outcome) -> Napi::Value {
        return outcome.failure ? FailureObject(env, outcome.failure) : Success(env);
      });
}

Napi::Value DmFinishCookie(const Napi::CallbackInfo& info) {
  // 31 bits of a semaphore's number and 16 of its key.
  double number = CountOf(info[0], "cookie", 140737488355327);
  bool even_if_pending = FlagOf(info[1], "evenIfPending");
  return Napi::Boolean::New(info.Env(), FinishCookie(static_cast<uint64_t>(number), even_if_pending));
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
  Export<WatchDmEvents>(env, exports, "dmWatchEvents");
}

}  // namespace mpathd
