#include "ipc_clients.h"

#include <unistd.h>
#include <uv.h>

#include <climits>
#include <memory>

#include "arguments.h"
#include "errno_name.h"
#include "ipc_socket.h"
#include "loop_callback.h"

namespace mpathd {

namespace {

/**
 * One listening socket that is watched. libuv's own streams accept until nobody waits any more: with clients that
 * connect as fast as they are refused, the event loop would never come to anything else. libuv holds `poll_` until
 * OnClosed(), which frees this object.
 */
class ClientWatch {
 public:
  /** Owns the descriptor from now on. */
  ClientWatch(Napi::Env env, int fd, size_t most, Napi::Function on_clients)
      : env_(env), fd_(fd), most_(most), on_clients_(Napi::Persistent(on_clients)) {}
  ~ClientWatch() {
    if (fd_ >= 0) close(fd_);
  }

  /** 0, or a negative errno of libuv's: then the object may be deleted at once. */
  int Start() {
    uv_loop_t* loop = nullptr;
    if (napi_get_uv_event_loop(env_, &loop) != napi_ok) return UV_ENOMEM;
    const int error = uv_poll_init(loop, &poll_, fd_);
    if (error != 0) return error;
    poll_.data = this;
    napi_async_init(env_, nullptr, Napi::String::New(env_, "mpathd.clients"), &context_);
    napi_add_async_cleanup_hook(env_, OnTeardown, this, &hook_);
    Resume();
    return 0;
  }

  void Resume() {
    if (!stopped_) uv_poll_start(&poll_, UV_READABLE, OnReadable);
  }

  /** After this no callback comes, and the socket is closed. */
  void Stop() {
    if (stopped_) return;
    stopped_ = true;
    on_clients_.Reset();
    napi_async_destroy(env_, context_);
    uv_close(reinterpret_cast<uv_handle_t*>(&poll_), OnClosed);
    // Closed now and not in OnClosed(): the address is free when stop() returns. uv_close() has left epoll.
    close(fd_);
    fd_ = -1;
  }

 private:
  static void OnReadable(uv_poll_t* poll, int, int) { static_cast<ClientWatch*>(poll->data)->TakeIn(); }

  static void OnClosed(uv_handle_t* handle) {
    auto* self = static_cast<ClientWatch*>(handle->data);
    if (self->hook_ != nullptr) napi_remove_async_cleanup_hook(self->hook_);
    delete self;
  }

  static void OnTeardown(napi_async_cleanup_hook_handle, void* self) { static_cast<ClientWatch*>(self)->Stop(); }

  void TakeIn() {
    const Accepted accepted = AcceptWaiting(fd_, most_);
    // Without this a socket that cannot be accepted (EMFILE) would call back in each turn.
    if (accepted.error != 0) uv_poll_stop(&poll_);
    if (accepted.fds.empty() && accepted.error == 0) return;
    Napi::HandleScope scope(env_);
    napi_callback_scope callback = nullptr;
    if (napi_open_callback_scope(env_, nullptr, context_, &callback) != napi_ok) return CloseAll(accepted);
    try {
      const napi_value arguments[] = {Clients(accepted), ErrnoOrNull(accepted.error)};
      CallFromLoop(env_, on_clients_.Value(), 2, arguments);
    } catch (...) {
      // Only while the environment ends, or without memory for the list.
      CloseAll(accepted);
    }
    napi_close_callback_scope(env_, callback);
  }

  static void CloseAll(const Accepted& accepted) {
    for (const int fd : accepted.fds) close(fd);
  }

  Napi::Value ErrnoOrNull(int error) const {
    return error == 0 ? env_.Null() : Napi::Value(Napi::String::New(env_, ErrnoName(error)));
  }

  Napi::Array Clients(const Accepted& accepted) const {
    Napi::Array clients = Napi::Array::New(env_, accepted.fds.size());
    for (uint32_t at = 0; at < accepted.fds.size(); ++at) {
      const std::optional<Peer> peer = PeerOf(accepted.fds[at]);
      Napi::Object client = Napi::Object::New(env_);
      client["fd"] = Napi::Number::New(env_, accepted.fds[at]);
      client["uid"] = peer ? Napi::Value(Napi::Number::New(env_, peer->uid)) : env_.Null();
      clients[at] = client;
    }
    return clients;
  }

  Napi::Env env_;
  int fd_;
  size_t most_;
  Napi::FunctionReference on_clients_;
  uv_poll_t poll_{};
  napi_async_context context_ = nullptr;
  napi_async_cleanup_hook_handle hook_ = nullptr;
  bool stopped_ = false;
};

/** What JavaScript holds. It outlives the watch, which ends by stop() or with its environment. */
struct WatchHandle {
  ClientWatch* watch;
};

}  // namespace

Napi::Value AcceptClients(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const int fd = static_cast<int>(NumberArgument(info[0], "fd", 0, INT_MAX));
  const size_t most = NumberArgument(info[1], "most", 1, 65536);
  if (!info[2].IsFunction()) throw Napi::TypeError::New(env, "onClients must be a function");
  auto owned = std::make_unique<ClientWatch>(env, fd, most, info[2].As<Napi::Function>());
  const int error = owned->Start();
  if (error != 0) {
    Napi::Error failure = Napi::Error::New(env, std::string("watching a listening socket: ") + ErrnoName(-error));
    failure.Set("code", ErrnoName(-error));
    throw failure;
  }
  auto held = std::make_shared<WatchHandle>(WatchHandle{owned.release()});
  Napi::Object handle = Napi::Object::New(env);
  handle.Set("resume", Napi::Function::New(env, [held](const Napi::CallbackInfo&) {
               if (held->watch != nullptr) held->watch->Resume();
             }));
  handle.Set("stop", Napi::Function::New(env, [held](const Napi::CallbackInfo&) {
               if (held->watch != nullptr) held->watch->Stop();
               held->watch = nullptr;
             }));
  return handle;
}

}  // namespace mpathd
