#include "ipc_binding.h"

#include "errno_name.h"
#include "ipc_socket.h"

namespace mpathd {

namespace {

Napi::Value SocketValue(Napi::Env env, const SocketResult& result, const char* step) {
  Napi::Object value = Napi::Object::New(env);
  if (result.error != 0) {
    value["errno"] = ErrnoName(result.error);
    value["step"] = step;
    return value;
  }
  value["errno"] = env.Null();
  value["fd"] = result.fd;
  return value;
}

Napi::Value Listen(const Napi::CallbackInfo& info) {
  if (!info[0].IsString() || !info[1].IsNumber()) {
    throw Napi::TypeError::New(info.Env(), "listenAbstract(name, backlog)");
  }
  return SocketValue(info.Env(), ListenAbstract(info[0].As<Napi::String>(), info[1].As<Napi::Number>().Int32Value()),
                     "listen");
}

Napi::Value Connect(const Napi::CallbackInfo& info) {
  if (!info[0].IsString()) throw Napi::TypeError::New(info.Env(), "connectAbstract(name)");
  return SocketValue(info.Env(), ConnectAbstract(info[0].As<Napi::String>()), "connect");
}

Napi::Value Peer(const Napi::CallbackInfo& info) {
  if (!info[0].IsNumber()) throw Napi::TypeError::New(info.Env(), "peerUid(fd)");
  const std::optional<uid_t> uid = PeerUid(info[0].As<Napi::Number>().Int32Value());
  return uid ? Napi::Number::New(info.Env(), *uid) : info.Env().Null();
}

}  // namespace

void InitIpc(Napi::Env env, Napi::Object exports) {
  exports["listenAbstract"] = Napi::Function::New(env, Listen);
  exports["connectAbstract"] = Napi::Function::New(env, Connect);
  exports["peerUid"] = Napi::Function::New(env, Peer);
}

}  // namespace mpathd
