#include "ipc_socket.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

namespace mpathd {

namespace {

struct Address {
  sockaddr_un bytes{};
  socklen_t length = 0;
};

// The length says where an abstract name ends. libuv before 1.47, and therefore Node 20, binds the whole of sun_path
// with its trailing NULs. No client of multipathd would find this address.
bool MakeAddress(const std::string& text, Address* address) {
  const bool abstract = text.rfind('@', 0) == 0;
  const std::string name = abstract ? text.substr(1) : text;
  if (name.empty() || name.size() >= sizeof address->bytes.sun_path) return false;
  address->bytes.sun_family = AF_UNIX;
  std::memcpy(address->bytes.sun_path + (abstract ? 1 : 0), name.data(), name.size());
  address->length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  return true;
}

template <class Step>
SocketResult Open(const std::string& text, Step step) {
  Address address;
  if (!MakeAddress(text, &address)) return {EINVAL, -1};
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return {errno, -1};
  if (step(fd, reinterpret_cast<const sockaddr*>(&address.bytes), address.length)) return {0, fd};
  const int error = errno;
  close(fd);
  return {error, -1};
}

}  // namespace

SocketResult ListenOn(const std::string& address, int backlog) {
  return Open(address, [backlog](int fd, const sockaddr* bytes, socklen_t length) {
    return bind(fd, bytes, length) == 0 && listen(fd, backlog) == 0;
  });
}

SocketResult ConnectAbstract(const std::string& name) {
  return Open("@" + name,
              [](int fd, const sockaddr* address, socklen_t length) { return connect(fd, address, length) == 0; });
}

std::optional<Peer> PeerOf(int fd) {
  ucred peer{};
  socklen_t length = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return std::nullopt;
  // Without a peer the kernel answers with pid 0 and uid -1: net/core/sock.c, cred_to_ucred().
  if (length != sizeof peer || peer.uid == static_cast<uid_t>(-1)) return std::nullopt;
  return Peer{peer.uid, peer.pid};
}

Accepted AcceptWaiting(int listener, size_t most) {
  Accepted accepted{{}, 0};
  // A client may go while it waits (ECONNABORTED); this bounds how often the loop meets that.
  for (size_t tries = 0; tries < 2 * most && accepted.fds.size() < most; ++tries) {
    const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
      accepted.fds.push_back(fd);
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR && errno != ECONNABORTED) {
      accepted.error = errno;
      break;
    }
  }
  return accepted;
}

void RefuseClient(int fd, const std::string& reply) {
  // If the client is gone, nobody needs the reply.
  (void)!send(fd, reply.data(), reply.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  // A socket that is closed with unread bytes gives its peer ECONNRESET.
  char unread[1024];
  (void)!recv(fd, unread, sizeof unread, MSG_DONTWAIT);
  close(fd);
}

}  // namespace mpathd
