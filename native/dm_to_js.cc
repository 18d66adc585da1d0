#include "dm_to_js.h"

#include "errno_name.h"

namespace mpathd::dm {

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

namespace {

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

}  // namespace

Napi::Object MapResult(Napi::Env env, const Outcome<Map>& outcome) {
  if (outcome.failure) return FailureObject(env, outcome.failure);
  Napi::Object object = Success(env);
  object.Set("map", MapObject(env, outcome.value));
  return object;
}

Napi::Object ListingResult(Napi::Env env, Outcome<Listing>& outcome) {
  if (outcome.failure) return FailureObject(env, outcome.failure);
  const Listing& listing = outcome.value;
  Napi::Object object = Success(env);
  object.Set("number", static_cast<double>(listing.number));
  object.Set("since", listing.since ? Napi::Number::New(env, static_cast<double>(*listing.since)) : env.Null());
  object.Set("devices", DeviceArray(env, listing.devices));
  Napi::Array gone = Napi::Array::New(env, listing.gone.size());
  for (uint32_t i = 0; i < listing.gone.size(); ++i) gone.Set(i, DeviceText(listing.gone[i]));
  object.Set("gone", gone);
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
  // After a failure the cookie is set only if there is something to finish.
  if (!written.failure || written.cookie != 0) {
    object.Set("cookie", static_cast<double>(written.cookie));
  }
  if (with_map && !written.failure) object.Set("map", MapObject(env, written.map));
  return object;
}

}  // namespace mpathd::dm
