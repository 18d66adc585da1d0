#pragma once

#include <string>

namespace mpathd {

/**
 * One datagram to systemd's notify socket, sd_notify(3): a path or `@` and an abstract name. Never waits. Returns 0 or
 * an errno; EINVAL if the text is no address.
 */
int NotifySystemd(const std::string& address, const std::string& state);

/** An exclusive fcntl lock on the whole file. Returns 0, EAGAIN if another process holds a lock, or another errno. */
int TryFileLock(int fd);

/**
 * PR_SET_NO_NEW_PRIVS for the calling thread: it, and what it starts from now on, gains no right by exec. Returns 0 or
 * an errno.
 */
int NoNewPrivileges();

}  // namespace mpathd
