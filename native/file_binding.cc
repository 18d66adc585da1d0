#include "file_binding.h"

#include <climits>
#include <cstring>
#include <string>

#include "arguments.h"
#include "errno_name.h"
#include "file_call.h"
#include "pool_promise.h"

namespace mpathd {

namespace {

constexpr uint64_t kLongest = 16 * 1024 * 1024;
constexpr uint64_t kLargestSafeInteger = (uint64_t{1} << 53) - 1;

struct NamedCall {
  const char* name;
  FileCall call;
};

/** The calls by the names of their system calls. */
constexpr NamedCall kCalls[] = {
    {"open", FileCall::kOpen},         {"close", FileCall::kClose},   {"read", FileCall::kRead},
    {"write", FileCall::kWrite},       {"fsync", FileCall::kSync},    {"ftruncate", FileCall::kTruncate},
    {"fstat", FileCall::kStatus},      {"stat", FileCall::kStatusAt}, {"lstat", FileCall::kLinkStatusAt},
    {"realpath", FileCall::kRealPath}, {"readdir", FileCall::kNames}, {"mkdir", FileCall::kMakeDirectory},
    {"rename", FileCall::kRename},     {"link", FileCall::kLink},     {"unlink", FileCall::kUnlink},
    {"readlink", FileCall::kReadLink},
};

FileCall CallArgument(const Napi::Value& value) {
  const std::string name = TextArgument(value, "call");
  for (const NamedCall& named : kCalls) {
    if (name == named.name) return named.call;
  }
  throw Napi::TypeError::New(value.Env(), "call must be one of mpathd.d.ts");
}

Lane LaneArgument(const Napi::Value& value) {
  const std::string name = TextArgument(value, "lane");
  for (const Lane lane : {Lane::kFile, Lane::kFence, Lane::kLog}) {
    if (name == kLaneShapes[static_cast<size_t>(lane)].name) return lane;
  }
  throw Napi::TypeError::New(value.Env(), "lane must be file, fence or log");
}

/** Text, or the bytes of a name that need not be UTF-8. */
std::string NameArgument(const Napi::Value& value, const char* what) {
  if (!value.IsBuffer()) return PathArgument(value, what);
  const std::vector<uint8_t> bytes = BytesArgument(value, what);
  const std::string name(bytes.begin(), bytes.end());
  if (name.empty() || name.find('\0') != std::string::npos) {
    throw Napi::TypeError::New(value.Env(), std::string(what) + " must be a path: not empty and without NUL");
  }
  return name;
}

FileRequest ToRequest(const Napi::Value& value) {
  const Napi::Object object = ObjectArgument(value, "request");
  FileRequest request;
  request.call = CallArgument(object.Get("call"));
  const auto has = [&object](const char* name) { return !object.Get(name).IsUndefined(); };
  if (has("path")) request.path = NameArgument(object.Get("path"), "path");
  if (has("target")) request.target = NameArgument(object.Get("target"), "target");
  if (has("fd")) request.fd = static_cast<int>(NumberArgument(object.Get("fd"), "fd", 0, INT_MAX));
  if (has("flags")) request.flags = static_cast<int>(NumberArgument(object.Get("flags"), "flags", 0, INT_MAX));
  if (has("mode")) request.mode = static_cast<mode_t>(NumberArgument(object.Get("mode"), "mode", 0, 07777));
  if (has("length")) request.length = NumberArgument(object.Get("length"), "length", 0, kLongest);
  if (has("bytes")) {
    const std::vector<uint8_t> bytes = BytesArgument(object.Get("bytes"), "bytes");
    request.bytes.assign(bytes.begin(), bytes.end());
  }
  if (has("position")) {
    request.position = static_cast<off_t>(NumberArgument(object.Get("position"), "position", 0, kLargestSafeInteger));
  }
  return request;
}

const char* KindOf(mode_t mode) {
  if (S_ISREG(mode)) return "file";
  if (S_ISDIR(mode)) return "directory";
  if (S_ISLNK(mode)) return "link";
  if (S_ISFIFO(mode)) return "pipe";
  if (S_ISSOCK(mode)) return "socket";
  return S_ISBLK(mode) ? "block" : "character";
}

Napi::Object StatusObject(Napi::Env env, const struct stat& status) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("kind", KindOf(status.st_mode));
  object.Set("mode", static_cast<double>(status.st_mode & 07777));
  object.Set("size", static_cast<double>(status.st_size));
  object.Set("uid", static_cast<double>(status.st_uid));
  // Numbers of 64 bits, which are only compared.
  object.Set("device", std::to_string(status.st_dev));
  object.Set("inode", std::to_string(status.st_ino));
  return object;
}

Napi::Value ToJs(Napi::Env env, FileCall call, const FileAnswer& answer) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("errno", answer.error == 0 ? env.Null() : Napi::String::New(env, ErrnoName(answer.error)));
  if (answer.error != 0) return result;
  switch (call) {
    case FileCall::kOpen:
    case FileCall::kWrite:
      result.Set("number", static_cast<double>(answer.number));
      break;
    case FileCall::kRead:
    case FileCall::kRealPath:
    case FileCall::kReadLink:
    case FileCall::kNames:
      result.Set("bytes", Napi::Buffer<char>::Copy(env, answer.bytes.data(), answer.bytes.size()));
      break;
    case FileCall::kStatus:
    case FileCall::kStatusAt:
    case FileCall::kLinkStatusAt:
      result.Set("status", StatusObject(env, answer.status));
      break;
    case FileCall::kClose:
    case FileCall::kSync:
    case FileCall::kTruncate:
    case FileCall::kMakeDirectory:
    case FileCall::kRename:
    case FileCall::kLink:
    case FileCall::kUnlink:
      break;
  }
  return result;
}

Napi::Value CallOnLane(const Napi::CallbackInfo& info) {
  return RejectWrongArguments(info.Env(), [&]() -> Napi::Value {
    const Lane lane = LaneArgument(info[0]);
    const FileRequest request = ToRequest(info[1]);
    return RunOnPool<FileAnswer>(
        info.Env(), [request]() { return CallFile(request); },
        [call = request.call](Napi::Env env, FileAnswer& answer) { return ToJs(env, call, answer); }, lane);
  });
}

}  // namespace

void InitFiles(Napi::Env env, Napi::Object exports) {
  exports.Set("fileCall", Napi::Function::New(env, CallOnLane, "fileCall"));
}

}  // namespace mpathd
