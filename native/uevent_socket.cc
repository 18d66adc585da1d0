#include "uevent_socket.h"

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace mpathd {

namespace {

#ifndef SO_MEMINFO
#define SO_MEMINFO 55
#endif

void Check(int result, const char* step) {
  if (result < 0) throw SetupFailure{errno, step};
}

void SetBuffer(int fd, int bytes) {
  // FORCE needs CAP_NET_ADMIN in the initial user namespace; without it rmem_max is the bound.
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) == 0) return;
  Check(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes), "set the receive buffer (SO_RCVBUF)");
}

int ReadBufferSize(int fd) {
  int bytes = 0;
  socklen_t length = sizeof bytes;
  Check(getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, &length), "read the receive buffer's size (SO_RCVBUF)");
  return bytes;
}

const ucred* FindCredentials(msghdr* header) {
  for (cmsghdr* c = CMSG_FIRSTHDR(header); c != nullptr; c = CMSG_NXTHDR(header, c)) {
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS && c->cmsg_len >= CMSG_LEN(sizeof(ucred))) {
      return reinterpret_cast<const ucred*>(CMSG_DATA(c));
    }
  }
  return nullptr;
}

}  // namespace

/** The sender of a message, as the kernel states it. */
struct UeventSocket::Sender {
  const sockaddr_nl& address;
  /** Null if the kernel gave none. */
  const ucred* credentials;
  std::string_view message;
};

UeventSocket::UeventSocket(UeventGroup group, int buffer_bytes, bool accept_injected)
    : group_(group),
      accept_injected_(accept_injected),
      fd_(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT)) {
  Check(fd_.get(), "open a NETLINK_KOBJECT_UEVENT socket");
  SetBuffer(fd_.get(), buffer_bytes);
  granted_ = ReadBufferSize(fd_.get());

  const int on = 1;
  Check(setsockopt(fd_.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on),
        "ask for the senders' credentials (SO_PASSCRED)");

  sockaddr_nl address = {};
  address.nl_family = AF_NETLINK;
  address.nl_groups = static_cast<uint32_t>(group);
  Check(bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address),
        group == UeventGroup::kUdev ? "bind to udevd's group (2)" : "bind to the kernel's group (1)");
}

Received UeventSocket::Receive(char* buffer, size_t size, std::string_view* message) const {
  sockaddr_nl address = {};
  iovec vector = {buffer, size};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred))];
  msghdr header = {};
  header.msg_name = &address;
  header.msg_namelen = sizeof address;
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;

  ssize_t length;
  do {
    length = recvmsg(fd_.get(), &header, MSG_DONTWAIT);
  } while (length < 0 && errno == EINTR);
  if (length < 0) {
    if (errno == EAGAIN) return Received::kEmpty;
    return errno == ENOBUFS ? Received::kOverrun : Received::kDead;
  }

  *message = std::string_view(buffer, static_cast<size_t>(length));
  if (header.msg_namelen < sizeof address) return Received::kRefused;
  if (!Trusts({address, FindCredentials(&header), *message})) return Received::kRefused;
  return (header.msg_flags & MSG_TRUNC) != 0 ? Received::kTruncated : Received::kMessage;
}

bool UeventSocket::Trusts(const Sender& sender) const {
  // Neither the kernel nor udevd ever sends a message to this socket alone (nl_groups 0).
  if (sender.address.nl_family != AF_NETLINK || sender.address.nl_groups != static_cast<uint32_t>(group_)) return false;
  if (sender.credentials == nullptr) return false;
  if (group_ == UeventGroup::kUdev) return sender.credentials->uid == 0 && HasUdevMagic(sender.message);
  // nl_pid 0 alone is no proof. A privileged process can have the kernel multicast a message of its own (uevent_net_rcv
  // in lib/kobject_uevent.c). The credentials are then those of the process.
  if (sender.address.nl_pid != 0) return false;
  return sender.credentials->pid == 0 || accept_injected_;
}

bool UeventSocket::ReadDrops(uint32_t* drops) const {
  uint32_t words[SK_MEMINFO_VARS] = {};
  socklen_t length = sizeof words;
  if (getsockopt(fd_.get(), SOL_SOCKET, SO_MEMINFO, words, &length) != 0) return false;
  if (length < (SK_MEMINFO_DROPS + 1) * sizeof words[0]) return false;
  *drops = words[SK_MEMINFO_DROPS];
  return true;
}

}  // namespace mpathd
