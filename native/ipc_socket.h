#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace mpathd {

/** A socket, which the caller has to close; or the errno because of which there is none (then fd is -1). */
struct SocketResult {
  int error;
  int fd;
};

/** A listening stream socket on an abstract name (unix(7)). `name` has no leading NUL. */
SocketResult ListenAbstract(const std::string& name, int backlog);

/** A stream socket connected to an abstract name. Never waits: EAGAIN if the backlog is full. */
SocketResult ConnectAbstract(const std::string& name);

/** The uid of the process that connected (SO_PEERCRED); nothing if the kernel does not say. */
std::optional<uid_t> PeerUid(int fd);

}  // namespace mpathd
