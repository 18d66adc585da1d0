// sources: native/process_end.cc
#include "process_end.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <thread>

#include "check.h"

using mpathd::ProcessEnd;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

/** The exit code of a child process that does this; -1 if a signal ended it. */
int CodeOf(const std::function<void()>& work) {
  const pid_t child = fork();
  if (child == 0) {
    work();
    _exit(99);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void HangForEver() {
  for (;;) pause();
}

int LockOf(int fd) {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  fcntl(fd, F_GETLK, &lock);
  return lock.l_type;
}

}  // namespace

TEST(ends_the_process_at_its_bound_while_the_main_thread_hangs) {
  CHECK_EQ(CodeOf([] {
             ProcessEnd end;
             if (end.Prepare(-1) != 0) _exit(98);
             end.Within(7, milliseconds(50));
             HangForEver();
           }),
           7);
}

TEST(the_earliest_bound_and_the_last_code_count) {
  CHECK_EQ(CodeOf([] {
             ProcessEnd end;
             if (end.Prepare(-1) != 0) _exit(98);
             end.Within(0, milliseconds(200));
             end.Within(1, seconds(1000));
             HangForEver();
           }),
           1);
  CHECK_EQ(CodeOf([] {
             ProcessEnd end;
             if (end.Prepare(-1) != 0) _exit(98);
             end.Within(0, seconds(1000));
             end.Within(3, milliseconds(50));
             HangForEver();
           }),
           3);
}

TEST(runs_nothing_that_was_registered_for_the_exit) {
  CHECK_EQ(CodeOf([] {
             ProcessEnd end;
             if (end.Prepare(-1) != 0) _exit(98);
             atexit(HangForEver);
             end.Now(5);
           }),
           5);
}

TEST(without_a_preparation_a_bound_does_nothing_and_the_end_at_once_works) {
  CHECK_EQ(CodeOf([] {
             ProcessEnd end;
             end.Within(1, milliseconds(0));
             std::this_thread::sleep_for(milliseconds(100));
             end.Now(4);
           }),
           4);
}

TEST(prepares_once) {
  ProcessEnd end;
  CHECK_EQ(end.Prepare(-1), 0);
  CHECK_EQ(end.Prepare(-1), EALREADY);
}

TEST(releases_unix_sockets_and_the_lock_and_nothing_else) {
  const std::string name = std::string(1, '\0') + "mpathd-end-" + std::to_string(getpid());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  name.copy(address.sun_path, name.size());
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  const auto connected = [&] {
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    const int result = connect(fd, reinterpret_cast<sockaddr*>(&address), length);
    close(fd);
    return result == 0;
  };
  char path[] = "/tmp/mpathd-end-XXXXXX";
  const int lock_fd = mkstemp(path);

  int ready[2], go[2];
  CHECK_EQ(pipe(ready) + pipe(go), 0);
  const pid_t child = fork();
  if (child == 0) {
    const int mine = open(path, O_RDWR);
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    fcntl(mine, F_SETLK, &lock);
    const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(listener, reinterpret_cast<sockaddr*>(&address), length) != 0 || listen(listener, 1) != 0) _exit(97);
    ProcessEnd end;
    if (end.Prepare(mine) != 0) _exit(98);
    char byte = 0;
    if (write(ready[1], "a", 1) != 1 || read(go[0], &byte, 1) != 1) _exit(96);
    end.Release();
    // The pipe is no socket: it still works.
    if (write(ready[1], "b", 1) != 1) _exit(95);
    // The number of the socket is not free: nothing else gets it.
    if (fcntl(listener, F_GETFD) < 0) _exit(94);
    HangForEver();
  }
  char byte = 0;
  CHECK_EQ(read(ready[0], &byte, 1), 1);
  CHECK(connected());
  CHECK_EQ(LockOf(lock_fd), F_WRLCK);
  CHECK_EQ(write(go[1], "g", 1), 1);
  CHECK_EQ(read(ready[0], &byte, 1), 1);
  CHECK_EQ(byte, 'b');
  CHECK(!connected());
  CHECK_EQ(LockOf(lock_fd), F_UNLCK);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  unlink(path);
  close(lock_fd);
}
