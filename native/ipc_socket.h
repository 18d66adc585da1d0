#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace mpathd {

/** A socket, which the caller has to close; or the errno because of which there is none (then fd is -1). */
struct SocketResult {
  int error;
  int fd;
};

/** The process at the other end of a unix socket. */
struct Peer {
  uid_t uid;
  pid_t pid;
};

/** Clients that were accepted, and the errno because of which no more could be (0: no more are waiting, or enough). */
struct Accepted {
  std::vector<int> fds;
  int error;
};

/** A listening stream socket on `@name`, an abstract name (unix(7)), or on a path. */
SocketResult ListenOn(const std::string& address, int backlog);

/** A stream socket connected to an abstract name, without its `@`. Never waits: EAGAIN if the backlog is full. */
SocketResult ConnectAbstract(const std::string& name);

/**
 * The process that connected; of a socket that a client has connected, the process that listens there (SO_PEERCRED).
 * Nothing if the kernel does not say.
 */
std::optional<Peer> PeerOf(int fd);

/** Accepts at most `most` clients that wait. Never waits. */
Accepted AcceptWaiting(int listener, size_t most);

/** Sends what the socket takes at once of `reply`, then closes it. What the client has sent is thrown away. */
void RefuseClient(int fd, const std::string& reply);

}  // namespace mpathd
