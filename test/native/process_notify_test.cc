// sources: native/process_notify.cc
#include "process_notify.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cstddef>
#include <cstring>

#include "check.h"
#include "temporary_directory.h"
#include "unique_fd.h"

using mpathd::NotifySystemd;
using mpathd::UniqueFd;

namespace {

/** A bound datagram socket; abstract if the name begins with '@'. */
class Manager {
 public:
  explicit Manager(const std::string& name) : fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    socklen_t length = sizeof address;
    if (name[0] == '@') {
      address.sun_path[0] = '\0';
      length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    }
    bound_ = bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), length) == 0;
  }

  bool bound() const { return bound_; }
  std::string Receive() const {
    char text[256];
    const ssize_t got = recv(fd_.get(), text, sizeof text, MSG_DONTWAIT);
    return got < 0 ? "nothing" : std::string(text, static_cast<size_t>(got));
  }

 private:
  UniqueFd fd_;
  bool bound_ = false;
};

}  // namespace

TEST(AStateArrivesAtAPath) {
  const TemporaryDirectory dir;
  const Manager manager(dir / "notify");
  CHECK(manager.bound());
  CHECK_EQ(NotifySystemd(dir / "notify", "READY=1\nSTATUS=up"), 0);
  CHECK_EQ(manager.Receive(), std::string("READY=1\nSTATUS=up"));
}

TEST(AStateArrivesAtAnAbstractAddressOfExactlyThatLength) {
  const std::string name = "@mpathd-notify-" + std::to_string(getpid());
  const Manager manager(name);
  CHECK(manager.bound());
  CHECK_EQ(NotifySystemd(name, "WATCHDOG=1"), 0);
  CHECK_EQ(manager.Receive(), std::string("WATCHDOG=1"));
}

TEST(AnAddressThatCannotBeOneIsRefused) {
  for (const std::string& address :
       {std::string(), std::string("/"), std::string("@"), std::string("relative"), std::string("vsock:2:3"),
        "/" + std::string(107, 'x'), std::string("/tmp/a\0b", 8)}) {
    CHECK_EQ(NotifySystemd(address, "READY=1"), EINVAL);
  }
}

TEST(NobodyThereIsAnErrno) { CHECK_EQ(NotifySystemd("/nonexistent/notify", "READY=1"), ENOENT); }

TEST(AManagerThatDoesNotReadDoesNotStopUs) {
  const TemporaryDirectory dir;
  const Manager manager(dir / "notify");
  int error = 0;
  for (int i = 0; i < 100000 && error == 0; ++i) error = NotifySystemd(dir / "notify", "WATCHDOG=1");
  CHECK_EQ(error, EAGAIN);
}

TEST(ALockHeldByAnotherProcessIsEagain) {
  const TemporaryDirectory dir;
  dir.Write("bindings", "");
  const UniqueFd ours(open((dir / "bindings").c_str(), O_RDWR | O_CLOEXEC));
  CHECK_EQ(mpathd::TryFileLock(ours.get()), 0);
  CHECK_EQ(mpathd::TryFileLock(ours.get()), 0);
  const pid_t child = fork();
  if (child == 0) {
    const int theirs = open((dir / "bindings").c_str(), O_RDWR | O_CLOEXEC);
    _exit(mpathd::TryFileLock(theirs));
  }
  int status = 0;
  waitpid(child, &status, 0);
  CHECK_EQ(WEXITSTATUS(status), EAGAIN);
}

TEST(AFileOpenForReadingCannotBeLocked) {
  const TemporaryDirectory dir;
  dir.Write("bindings", "");
  const UniqueFd fd(open((dir / "bindings").c_str(), O_RDONLY | O_CLOEXEC));
  CHECK_EQ(mpathd::TryFileLock(fd.get()), EBADF);
  CHECK_EQ(mpathd::TryFileLock(987654), EBADF);
}
