#include "scsi_binding.h"

#include <cstdio>
#include <optional>
#include <string>

#include "arguments.h"
#include "block_device.h"
#include "disk_rescan.h"
#include "errno_name.h"
#include "hex.h"
#include "pool_promise.h"
#include "scsi_command.h"
#include "scsi_question.h"

namespace mpathd {

namespace {

// linux/kdev_t.h: 12 bits of major, 20 bits of minor.
constexpr unsigned kMajorLimit = 1u << 12;
constexpr unsigned kMinorLimit = 1u << 20;
constexpr uint64_t kLargestSafeInteger = (uint64_t{1} << 53) - 1;

BlockDevice ToDevice(const Napi::Value& value) {
  const Napi::Object object = ObjectArgument(value, "device");
  BlockDevice device;
  device.node = PathArgument(object.Get("node"), "device.node");
  const std::string devt = TextArgument(object.Get("devt"), "device.devt");
  int end = 0;
  if (std::sscanf(devt.c_str(), "%4u:%7u%n", &device.major, &device.minor, &end) != 2 ||
      static_cast<size_t>(end) != devt.size() || device.major >= kMajorLimit || device.minor >= kMinorLimit) {
    throw Napi::TypeError::New(value.Env(), "device.devt must be major:minor");
  }
  const Napi::Value diskseq = object.Get("diskseq");
  if (!diskseq.IsNull()) device.diskseq = NumberArgument(diskseq, "device.diskseq", 0, kLargestSafeInteger);
  return device;
}

ScsiCommand ToCommand(const Napi::Value& value) {
  const Napi::Object object = ObjectArgument(value, "command");
  ScsiQuestion question;
  question.command = TextArgument(object.Get("command"), "command.command");
  question.direction = TextArgument(object.Get("direction"), "command.direction");
  question.timeout_ms =
      static_cast<uint32_t>(NumberArgument(object.Get("timeoutMs"), "command.timeoutMs", 1, UINT32_MAX));
  const Napi::Value length = object.Get("length");
  if (!length.IsUndefined()) question.length = NumberArgument(length, "command.length", 1, kMostScsiData);
  const Napi::Value data = object.Get("data");
  if (!data.IsUndefined()) question.data = TextArgument(data, "command.data");
  ScsiCommand command;
  const ScsiRefusal refusal = ParseScsiQuestion(question, &command);
  if (refusal.text.empty()) return command;
  if (refusal.range) throw Napi::RangeError::New(value.Env(), refusal.text);
  throw Napi::TypeError::New(value.Env(), refusal.text);
}

Napi::Object Failed(Napi::Env env, const BlockError& failure) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("errno", ErrnoName(failure.error));
  result.Set("step", failure.step);
  return result;
}

Napi::Value ToJs(Napi::Env env, ScsiAnswer& answer) {
  if (answer.failure.error != 0) return Failed(env, answer.failure);
  Napi::Object result = Napi::Object::New(env);
  result.Set("errno", env.Null());
  result.Set("status", answer.status);
  result.Set("hostStatus", answer.host_status);
  result.Set("driverStatus", answer.driver_status);
  result.Set("sense", HexOf(answer.sense));
  result.Set("data", HexOf(answer.data));
  return result;
}

/** The command that is to be sent right behind another one; absent: none is. */
std::optional<ScsiCommand> ToSecond(const Napi::Value& value) {
  if (value.IsUndefined() || value.IsNull()) return std::nullopt;
  return ToCommand(value);
}

void SetSecond(Napi::Env env, std::optional<ScsiAnswer>& second, Napi::Value result) {
  if (second) result.As<Napi::Object>().Set("second", ToJs(env, *second));
}

Napi::Value Command(const Napi::CallbackInfo& info) {
  return RejectWrongArguments(info.Env(), [&]() -> Napi::Value {
    const BlockDevice device = ToDevice(info[0]);
    const ScsiCommand command = ToCommand(info[1]);
    const std::optional<ScsiCommand> second = ToSecond(info[2]);
    return RunOnPool<ScsiAnswers>(
        info.Env(), [device, command, second]() { return SendScsiCommands(device, command, second); },
        [](Napi::Env env, ScsiAnswers& answers) -> Napi::Value {
          const Napi::Value result = ToJs(env, answers.first);
          SetSecond(env, answers.second, result);
          return result;
        },
        Lane::kDisk);
  });
}

Napi::Value Read(const Napi::CallbackInfo& info) {
  return RejectWrongArguments(info.Env(), [&]() -> Napi::Value {
    const BlockDevice device = ToDevice(info[0]);
    const std::optional<ScsiCommand> second = ToSecond(info[1]);
    return RunOnPool<ReadAnswer>(
        info.Env(), [device, second]() { return ReadThenSend(device, second); },
        [](Napi::Env env, ReadAnswer& answer) -> Napi::Value {
          if (answer.failure.error != 0) return Failed(env, answer.failure);
          Napi::Object result = Napi::Object::New(env);
          result.Set("errno", env.Null());
          result.Set("bytes", static_cast<double>(answer.bytes));
          SetSecond(env, answer.second, result);
          return result;
        },
        Lane::kDisk);
  });
}

DiskDirectory ToDirectory(const Napi::Value& value) {
  const Napi::Object object = ObjectArgument(value, "disk");
  DiskDirectory disk;
  disk.path = PathArgument(object.Get("directory"), "disk.directory");
  disk.devt = TextArgument(object.Get("devt"), "disk.devt");
  const Napi::Value diskseq = object.Get("diskseq");
  if (!diskseq.IsNull()) disk.diskseq = NumberArgument(diskseq, "disk.diskseq", 0, kLargestSafeInteger);
  return disk;
}

Napi::Value Rescan(const Napi::CallbackInfo& info) {
  return RejectWrongArguments(info.Env(), [&]() -> Napi::Value {
    const DiskDirectory disk = ToDirectory(info[0]);
    return RunOnPool<BlockError>(
        info.Env(), [disk]() { return RescanDisk(disk); },
        [](Napi::Env env, BlockError& failure) -> Napi::Value {
          if (failure.error != 0) return Failed(env, failure);
          Napi::Object result = Napi::Object::New(env);
          result.Set("errno", env.Null());
          return result;
        },
        Lane::kDisk);
  });
}

}  // namespace

void InitScsi(Napi::Env env, Napi::Object exports) {
  exports.Set("scsiCommand", Napi::Function::New(env, Command, "scsiCommand"));
  exports.Set("directRead", Napi::Function::New(env, Read, "directRead"));
  exports.Set("rescanDisk", Napi::Function::New(env, Rescan, "rescanDisk"));
}

}  // namespace mpathd
