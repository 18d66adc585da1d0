#include "uevent_to_js.h"

#include <string>

#include "errno_name.h"

namespace mpathd {

namespace {

/** Text from a message; bytes that are not UTF-8 become U+FFFD. */
Napi::String Text(Napi::Env env, std::string_view text) { return Napi::String::New(env, text.data(), text.size()); }

Napi::Value TextOrNull(Napi::Env env, std::string_view text) {
  if (text.empty()) return env.Null();
  return Text(env, text);
}

Napi::Value DeviceNumber(Napi::Env env, const UeventView& event) {
  if (event.major.empty()) return env.Null();
  return Text(env, std::string(event.major) + ":" + std::string(event.minor));
}

Napi::Array Flatten(Napi::Env env, UeventProperties properties) {
  Napi::Array flat = Napi::Array::New(env);
  std::string_view key, value;
  for (uint32_t at = 0; properties.Next(&key, &value); at += 2) {
    flat.Set(at, Text(env, key));
    flat.Set(at + 1, Text(env, value));
  }
  return flat;
}

Napi::Array Events(Napi::Env env, const UeventBatch& batch, UeventGroup group) {
  Napi::Array events = Napi::Array::New(env, batch.queue.size());
  uint32_t at = 0;
  batch.queue.ForEach([&](std::string_view message) {
    Napi::HandleScope scope(env);
    const std::optional<UeventView> event = ParseUevent(message, group);
    if (event) events.Set(at++, UeventToJs(env, *event));
  });
  return events;
}

Napi::Value Missing(Napi::Env env, const MissingSeqnums& missing) {
  if (missing.count == 0) return env.Null();
  Napi::Object object = Napi::Object::New(env);
  object.Set("count", static_cast<double>(missing.count));
  object.Set("from", static_cast<double>(missing.first));
  object.Set("to", static_cast<double>(missing.last));
  return object;
}

Napi::Array Answers(Napi::Env env, const UeventBatch& batch) {
  Napi::Array answers = Napi::Array::New(env, batch.drained_count);
  for (uint32_t i = 0; i < batch.drained_count; ++i) {
    Napi::Object answer = Napi::Object::New(env);
    answer.Set("token", batch.drained[i].token);
    answer.Set("drops", batch.drained[i].drops);
    answers.Set(i, answer);
  }
  return answers;
}

}  // namespace

Napi::Object UeventToJs(Napi::Env env, const UeventView& event) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("action", Text(env, event.action));
  object.Set("devpath", Text(env, event.devpath));
  object.Set("subsystem", Text(env, event.subsystem));
  object.Set("devtype", TextOrNull(env, event.devtype));
  object.Set("devt", DeviceNumber(env, event));
  object.Set("diskseq", event.diskseq ? Napi::Number::New(env, static_cast<double>(*event.diskseq)) : env.Null());
  object.Set("seqnum", static_cast<double>(event.seqnum));
  object.Set("synthUuid", TextOrNull(env, event.synth_uuid));
  object.Set("env", Flatten(env, event.properties));
  return object;
}

Napi::Object BatchToJs(Napi::Env env, const UeventBatch& batch, UeventGroup group) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("events", Events(env, batch, group));
  object.Set("overruns", static_cast<double>(batch.overruns));
  object.Set("dropped", static_cast<double>(batch.dropped));
  object.Set("truncated", static_cast<double>(batch.truncated));
  object.Set("malformed", static_cast<double>(batch.malformed));
  object.Set("queueFull", static_cast<double>(batch.queue_full));
  object.Set("refused", static_cast<double>(batch.refused));
  object.Set("missing", Missing(env, batch.missing));
  object.Set("failure", batch.failure == 0 ? env.Null() : Napi::String::New(env, ErrnoName(batch.failure)));
  object.Set("drained", Answers(env, batch));
  return object;
}

}  // namespace mpathd
