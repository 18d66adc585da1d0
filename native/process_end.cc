#include "process_end.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <limits>

namespace mpathd {

namespace {

constexpr size_t kStackBytes = 64 * 1024;
constexpr int kFirstOwn = 3;
/** The kernel gives the lowest free number, so a gap of this length is the end of what is open. */
constexpr int kGap = 4096;
constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

int64_t NowMs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1000000;
}

// Asks the socket layer and not fstat(2), which asks the file system, and that may hang.
bool IsUnixSocket(int fd) {
  int domain = 0;
  socklen_t length = sizeof domain;
  return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 && domain == AF_UNIX;
}

}  // namespace

struct ProcessEnd::State {
  sem_t called;
  std::atomic<int64_t> at{kNever};
  std::atomic<int> code{0};
  int lock_fd = -1;
  int nowhere = -1;

  void Release() const {
    struct flock unlock {};
    unlock.l_type = F_UNLCK;
    unlock.l_whence = SEEK_SET;
    if (lock_fd >= 0) fcntl(lock_fd, F_SETLK, &unlock);
    for (int fd = kFirstOwn, gap = 0; gap < kGap && fd < INT_MAX; ++fd) {
      if (IsUnixSocket(fd)) dup2(nowhere, fd);
      gap = fcntl(fd, F_GETFD) < 0 ? gap + 1 : 0;
    }
  }
};

int ProcessEnd::Prepare(int lock_fd) {
  if (state_) return EALREADY;
  auto state = std::make_shared<State>();
  state->lock_fd = lock_fd;
  state->nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (state->nowhere < 0) return errno;
  if (sem_init(&state->called, 0, 0) != 0) return errno;
  pthread_attr_t attributes;
  int error = pthread_attr_init(&attributes);
  if (error != 0) return error;
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  auto* argument = new std::shared_ptr<State>(state);
  pthread_t thread;
  error = pthread_create(&thread, &attributes, ThreadMain, argument);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  if (error != 0) {
    delete argument;
    return error;
  }
  pthread_setname_np(thread, "mpathd-end");
  state_ = std::move(state);
  return 0;
}

void ProcessEnd::Within(int code, std::chrono::milliseconds bound) {
  if (!state_) return;
  state_->code = code;
  const int64_t at = NowMs() + bound.count();
  int64_t before = state_->at;
  while (at < before && !state_->at.compare_exchange_weak(before, at)) {
  }
  sem_post(&state_->called);
}

void ProcessEnd::Release() {
  if (state_) state_->Release();
}

void ProcessEnd::Now(int code) {
  Release();
  _exit(code);
}

// The thread allocates no memory and takes no lock: a thread that hangs may hold any.
void* ProcessEnd::ThreadMain(void* argument) {
  std::unique_ptr<std::shared_ptr<State>> held(static_cast<std::shared_ptr<State>*>(argument));
  State& state = **held;
  for (;;) {
    const int64_t at = state.at;
    if (at == kNever) {
      sem_wait(&state.called);
      continue;
    }
    if (NowMs() >= at) break;
    timespec until{};
    until.tv_sec = at / 1000;
    until.tv_nsec = at % 1000 * 1000000;
    sem_clockwait(&state.called, CLOCK_MONOTONIC, &until);
  }
  state.Release();
  _exit(state.code);
}

}  // namespace mpathd
