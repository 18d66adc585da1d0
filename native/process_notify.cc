#include "process_notify.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>

#include "unique_fd.h"

namespace mpathd {

namespace {

// unix(7): an abstract address begins with a NUL and is exactly as long as given.
socklen_t FillAddress(const std::string& text, sockaddr_un* address) {
  if (text.size() < 2 || text.size() >= sizeof address->sun_path) return 0;
  if (text[0] != '/' && text[0] != '@') return 0;
  if (text.find('\0') != std::string::npos) return 0;
  address->sun_family = AF_UNIX;
  std::memcpy(address->sun_path, text.data(), text.size());
  const size_t length = offsetof(sockaddr_un, sun_path) + text.size();
  if (text[0] == '@') {
    address->sun_path[0] = '\0';
    return static_cast<socklen_t>(length);
  }
  return static_cast<socklen_t>(length + 1);
}

}  // namespace

int NotifySystemd(const std::string& address, const std::string& state) {
  sockaddr_un target{};
  const socklen_t length = FillAddress(address, &target);
  if (length == 0) return EINVAL;
  const UniqueFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.ok()) return errno;
  // This runs on the JavaScript thread: a manager that does not read must not block it.
  const ssize_t sent = sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                              reinterpret_cast<const sockaddr*>(&target), length);
  return sent < 0 ? errno : 0;
}

int TryFileLock(int fd) {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  if (fcntl(fd, F_SETLK, &lock) == 0) return 0;
  // If another process holds the lock, fcntl(2) may give EACCES or EAGAIN.
  return errno == EACCES ? EAGAIN : errno;
}

int NoNewPrivileges() { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : errno; }

}  // namespace mpathd
