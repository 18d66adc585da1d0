#include "dm_events_binding.h"

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "dm_events.h"
#include "errno_name.h"
#include "loop_callback.h"

namespace mpathd {

namespace {

/**
 * One watch: the thread, and the way to its callback. The watch ends by stop() or with its environment. Until then it
 * keeps itself alive, whether or not JavaScript keeps the handle.
 */
class Watch : public std::enable_shared_from_this<Watch> {
 public:
  Watch(Napi::Env env, Napi::Function callback) : env_(env), callback_(Napi::Persistent(callback)) {}

  /** The errno, or 0. */
  dm::Failure Start(dm::Control control) {
    napi_value name = Napi::String::New(env_, "dm-events");
    napi_status status =
        napi_create_threadsafe_function(env_, nullptr, nullptr, name, 1, 1, nullptr, nullptr, this, OnWake, &wake_);
    if (status != napi_ok) return {ENOMEM, "threadsafe function"};
    watcher_ = std::make_unique<dm::EventWatcher>(std::move(control), [this] { Wake(); });
    dm::Failure failure = watcher_->Start();
    if (failure) return Stop(), failure;
    napi_add_env_cleanup_hook(env_, OnTeardown, this);
    running_ = shared_from_this();
    return {};
  }

  /** JavaScript thread. After Stop() no callback comes. */
  void Stop() {
    std::shared_ptr<Watch> last = std::move(running_);
    watcher_.reset();
    callback_.Reset();
    if (last) napi_remove_env_cleanup_hook(env_, OnTeardown, this);
    if (wake_ != nullptr) napi_release_threadsafe_function(wake_, napi_tsfn_abort);
    wake_ = nullptr;
  }

 private:
  /** The watcher's thread. At most one call waits: a second Wake() finds the first call still waiting. */
  void Wake() {
    if (!waking_.exchange(true)) napi_call_threadsafe_function(wake_, nullptr, napi_tsfn_nonblocking);
  }

  static void OnWake(napi_env env, napi_value, void* context, void*) {
    auto* self = static_cast<Watch*>(context);
    if (env == nullptr) return;
    // Cleared before the callback, which reads the state: an event after this line leads to another call.
    self->waking_ = false;
    if (self->callback_.IsEmpty()) return;
    Napi::HandleScope scope(env);
    CallFromLoop(env, self->callback_.Value(), 0, nullptr);
  }

  static void OnTeardown(void* self) { static_cast<Watch*>(self)->Stop(); }

  Napi::Env env_;
  Napi::FunctionReference callback_;
  napi_threadsafe_function wake_ = nullptr;
  std::unique_ptr<dm::EventWatcher> watcher_;
  std::atomic<bool> waking_{false};
  std::shared_ptr<Watch> running_;
};

Napi::Error StartError(Napi::Env env, const dm::Failure& failure) {
  std::string message = std::string("device-mapper events: ") + failure.step + ": " + ErrnoName(failure.error);
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", ErrnoName(failure.error));
  error.Set("step", failure.step);
  return error;
}

}  // namespace

Napi::Value WatchDmEvents(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (!info[0].IsFunction()) throw Napi::TypeError::New(env, "onEvent must be a function");
  dm::Outcome<dm::Control> control = dm::Control::Open();
  if (control.failure) throw StartError(env, control.failure);
  dm::Failure failure = dm::EventWatcher::Check(control.value);
  if (failure) throw StartError(env, failure);

  auto watch = std::make_shared<Watch>(env, info[0].As<Napi::Function>());
  failure = watch->Start(std::move(control.value));
  if (failure) throw StartError(env, failure);
  Napi::Object handle = Napi::Object::New(env);
  handle.Set("stop", Napi::Function::New(
                         env, [watch](const Napi::CallbackInfo&) { watch->Stop(); }, "stop"));
  return handle;
}

}  // namespace mpathd
