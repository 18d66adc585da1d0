#include "ipc_binding.h"

#include <climits>

#include "arguments.h"
#include "errno_name.h"
#include "ipc_clients.h"
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

int FdArgument(const Napi::Value& value) { return static_cast<int>(NumberArgument(value, "fd", 0, INT_MAX)); }

Napi::Value Listen(const Napi::CallbackInfo& info) {
  const std::string address = TextArgument(info[0], "address");
  const auto backlog = static_cast<int>(NumberArgument(info[1], "backlog", 0, INT_MAX));
  return SocketValue(info.Env(), ListenOn(address, backlog), "listen");
}

Napi::Value Connect(const Napi::CallbackInfo& info) {
  return SocketValue(info.Env(), ConnectAbstract(TextArgument(info[0], "name")), "connect");
}

Napi::Value PeerValue(const Napi::CallbackInfo& info) {
  const std::optional<Peer> peer = PeerOf(FdArgument(info[0]));
  if (!peer) return info.Env().Null();
  Napi::Object value = Napi::Object::New(info.Env());
  value["uid"] = Napi::Number::New(info.Env(), peer->uid);
  value["pid"] = Napi::Number::New(info.Env(), peer->pid);
  return value;
}

void Refuse(const Napi::CallbackInfo& info) {
  const std::vector<uint8_t> reply = BytesArgument(info[1], "reply");
  RefuseClient(FdArgument(info[0]), std::string(reply.begin(), reply.end()));
}

}  // namespace

void InitIpc(Napi::Env env, Napi::Object exports) {
  exports["listenOn"] = Napi::Function::New(env, Listen);
  exports["connectAbstract"] = Napi::Function::New(env, Connect);
  exports["peerOf"] = Napi::Function::New(env, PeerValue);
  exports["acceptClients"] = Napi::Function::New(env, AcceptClients);
  exports["refuseClient"] = Napi::Function::New(env, Refuse);
}

}  // namespace mpathd
