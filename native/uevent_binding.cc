#include "uevent_binding.h"

#include <cerrno>
#include <memory>
#include <new>
#include <string>

#include "arguments.h"
#include "errno_name.h"
#include "loop_callback.h"
#include "uevent_listener.h"
#include "uevent_to_js.h"

namespace mpathd {

namespace {

/**
 * One open listener. It ends by stop() or with its environment. Until then it keeps itself alive, and through its
 * threadsafe function the process, whether or not JavaScript keeps the handle.
 */
class OpenListener {
 public:
  static std::shared_ptr<OpenListener> Open(Napi::Env env, const UeventListenerOptions& options,
                                            Napi::Function on_batch) {
    auto self = std::make_shared<OpenListener>();
    // OnFinalize frees it. Node always calls OnFinalize, at the latest in the teardown.
    auto held = std::make_unique<std::shared_ptr<OpenListener>>(self);
    const napi_status status =
        napi_create_threadsafe_function(env, on_batch, nullptr, Napi::String::New(env, "mpathd.uevents"), 0, 1,
                                        held.get(), OnFinalize, held.get(), OnBatch, &self->deliver_);
    if (status != napi_ok) throw std::bad_alloc();
    held.release();
    self->group_ = options.group;
    try {
      self->listener_ = std::make_unique<UeventListener>(options, [raw = self.get()] {
        napi_call_threadsafe_function(raw->deliver_, nullptr, napi_tsfn_nonblocking);
      });
    } catch (...) {
      napi_release_threadsafe_function(self->deliver_, napi_tsfn_abort);
      throw;
    }
    // Hooks run last in, first out: the thread has ended before Node frees the function.
    napi_add_env_cleanup_hook(env, OnTeardown, self.get());
    return self;
  }

  void Drain(Napi::Env env, double token) {
    if (listener_ != nullptr && !listener_->Drain(token)) {
      throw Napi::Error::New(env, "too many drain requests are waiting for the uevent listener");
    }
  }

  /** After stop() the last state. */
  UeventListener::Info Describe() const { return listener_ != nullptr ? listener_->Describe() : last_; }

  void Stop(Napi::Env env) {
    if (listener_ == nullptr) return;
    napi_remove_env_cleanup_hook(env, OnTeardown, this);
    EndThread();
    napi_release_threadsafe_function(deliver_, napi_tsfn_abort);
  }

 private:
  static void OnBatch(napi_env env, napi_value on_batch, void* context, void*) {
    if (env == nullptr) return;
    // A copy of the pointer: the callback may call stop(), which drops the pointer that keeps this object.
    std::shared_ptr<OpenListener> self = *static_cast<std::shared_ptr<OpenListener>*>(context);
    Napi::HandleScope scope(env);
    const napi_value batch = self->NextBatch(env);
    if (batch != nullptr) CallFromLoop(env, on_batch, 1, &batch);
  }

  /** Null if there is no batch, or if JavaScript cannot get one any more. */
  napi_value NextBatch(Napi::Env env) {
    if (listener_ == nullptr) return nullptr;
    UeventBatch* batch = listener_->Take();
    if (batch == nullptr) return nullptr;
    napi_value object = nullptr;
    try {
      object = BatchToJs(env, *batch, group_);
    } catch (...) {
      // The events of this batch are lost. JavaScript is told so, unless its environment ends.
      FailFromLoop(env, "a batch of uevents could not be delivered");
    }
    // The batch goes back first, so that the thread has room while JavaScript works.
    listener_->Return(batch);
    return object;
  }

  static void OnTeardown(void* self) { static_cast<OpenListener*>(self)->EndThread(); }
  static void OnFinalize(napi_env, void* held, void*) { delete static_cast<std::shared_ptr<OpenListener>*>(held); }

  void EndThread() {
    last_ = listener_->Describe();
    listener_.reset();
  }

  UeventGroup group_ = UeventGroup::kKernel;
  napi_threadsafe_function deliver_ = nullptr;
  std::unique_ptr<UeventListener> listener_;
  UeventListener::Info last_{};
};

/** What the user can do about this errno. */
const char* AdviceFor(int error) {
  switch (error) {
    case EPERM:
    case EACCES:
      return "run mpathd as root, or with CAP_NET_ADMIN";
    case EPROTONOSUPPORT:
      return "this kernel or sandbox has no uevents over netlink (NETLINK_KOBJECT_UEVENT)";
    case EAFNOSUPPORT:
      return "allow AF_NETLINK (systemd: RestrictAddressFamilies=AF_UNIX AF_NETLINK)";
    case EMFILE:
    case ENFILE:
      return "raise the limit of open files (systemd: LimitNOFILE=)";
    case EAGAIN:
      return "raise the limit of threads (systemd: TasksMax=)";
    case ENOMEM:
    case ENOBUFS:
      return "there is not enough memory for the listener's queue: lower its limit or free some";
    default:
      return "see the system call's manual page for this error";
  }
}

Napi::Error OpenError(Napi::Env env, int error, const std::string& step) {
  Napi::Error result =
      Napi::Error::New(env, "cannot listen to uevents: " + step + ": " + ErrnoName(error) + "; " + AdviceFor(error));
  result.Set("code", Napi::String::New(env, ErrnoName(error)));
  return result;
}

UeventListenerOptions OptionsArgument(const Napi::Value& value) {
  const Napi::Object object = ObjectArgument(value, "options");
  const Napi::Value injected = object.Get("acceptInjected");
  return {
      static_cast<UeventGroup>(NumberArgument(object.Get("group"), "options.group", 1, 2)),
      static_cast<int>(NumberArgument(object.Get("bufferBytes"), "options.bufferBytes", 1, 1 << 30)),
      static_cast<int>(NumberArgument(object.Get("realtimePriority"), "options.realtimePriority", 0, 99)),
      static_cast<size_t>(NumberArgument(object.Get("queueLimit"), "options.queueLimit", 1, 1 << 20)),
      !injected.IsUndefined() && BooleanArgument(injected, "options.acceptInjected"),
  };
}

Napi::Object InfoToJs(Napi::Env env, const UeventListener::Info& info) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("requestedBufferBytes", info.requested_buffer_bytes);
  object.Set("grantedBufferBytes", info.granted_buffer_bytes);
  object.Set("scheduling", info.scheduling);
  object.Set("heartbeat", static_cast<double>(info.heartbeat));
  object.Set("drops", info.drops);
  object.Set("queueBytes", static_cast<double>(info.queue_bytes));
  return object;
}

Napi::Object Handle(Napi::Env env, const std::shared_ptr<OpenListener>& listener) {
  Napi::Object handle = Napi::Object::New(env);
  const auto drain = [listener](const Napi::CallbackInfo& call) {
    listener->Drain(call.Env(), static_cast<double>(NumberArgument(call[0], "token", 0, (uint64_t{1} << 53) - 1)));
  };
  const auto info = [listener](const Napi::CallbackInfo& call) { return InfoToJs(call.Env(), listener->Describe()); };
  const auto stop = [listener](const Napi::CallbackInfo& call) { listener->Stop(call.Env()); };
  handle.Set("drain", Napi::Function::New(env, drain, "drain"));
  handle.Set("info", Napi::Function::New(env, info, "info"));
  handle.Set("stop", Napi::Function::New(env, stop, "stop"));
  return handle;
}

Napi::Value OpenUevents(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const UeventListenerOptions options = OptionsArgument(info[0]);
  if (!info[1].IsFunction()) throw Napi::TypeError::New(env, "onBatch must be a function");
  try {
    return Handle(env, OpenListener::Open(env, options, info[1].As<Napi::Function>()));
  } catch (const SetupFailure& failure) {
    throw OpenError(env, failure.error, failure.step);
  } catch (const std::bad_alloc&) {
    throw OpenError(env, ENOMEM, "set up its memory");
  }
}

Napi::Value ParseUeventForJs(const Napi::CallbackInfo& info) {
  const std::vector<uint8_t> bytes = BytesArgument(info[0], "message");
  const auto group = static_cast<UeventGroup>(NumberArgument(info[1], "group", 1, 2));
  const std::string_view message(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::optional<UeventView> event = ParseUevent(message, group);
  if (!event) return info.Env().Null();
  return UeventToJs(info.Env(), *event);
}

}  // namespace

void InitUevents(Napi::Env env, Napi::Object exports) {
  exports.Set("openUevents", Napi::Function::New(env, OpenUevents, "openUevents"));
  exports.Set("parseUevent", Napi::Function::New(env, ParseUeventForJs, "parseUevent"));
}

}  // namespace mpathd
