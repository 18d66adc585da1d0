#include "dm_events.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "dm_read.h"

namespace mpathd::dm {

namespace {

constexpr uint32_t kMinorWithPoll = 37;
// If a map's paths fail together, each of them raises an event; one round covers all of them.
constexpr int kRoundMs = 10;
// If the arming fails, the node stays readable. Then the thread polls at this interval.
constexpr int kUnarmedRoundMs = 1000;

}  // namespace

Failure EventWatcher::Check(const Control& control) {
  Outcome<std::array<uint32_t, 3>> version = ReadVersion(control);
  if (version.failure) return version.failure;
  if (version.value[1] < kMinorWithPoll) return {EOPNOTSUPP, CommandName(DM_VERSION)};
  return {};
}

EventWatcher::EventWatcher(Control control, std::function<void()> on_event)
    : control_(std::move(control)), on_event_(std::move(on_event)) {}

EventWatcher::~EventWatcher() {
  if (thread_.joinable()) {
    eventfd_write(stop_, 1);
    thread_.join();
  }
  if (stop_ >= 0) close(stop_);
}

Failure EventWatcher::Start() {
  stop_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (stop_ < 0) return {errno, "eventfd"};
  try {
    thread_ = std::thread(&EventWatcher::Run, this);
  } catch (const std::system_error& error) {
    return {error.code().value(), "thread"};
  }
  return {};
}

bool EventWatcher::Pause(int milliseconds) {
  pollfd stop{stop_, POLLIN, 0};
  // EINTR only makes the pause shorter.
  return poll(&stop, 1, milliseconds) <= 0;
}

void EventWatcher::Run() {
  pthread_setname_np(pthread_self(), "dm-events");
  for (;;) {
    pollfd fds[2] = {{stop_, POLLIN, 0}, {control_.fd(), POLLIN, 0}};
    int ready = poll(fds, 2, -1);
    if (fds[0].revents != 0 && ready > 0) return;
    if (ready <= 0) {
      // The errno is ENOMEM, or EINTR: signals do not concern this thread.
      if (!Pause(kRoundMs)) return;
      continue;
    }
    bool armed = !control_.Call(DM_DEV_ARM_POLL, {}).failure;
    on_event_();
    if (!Pause(armed ? kRoundMs : kUnarmedRoundMs)) return;
  }
}

}  // namespace mpathd::dm
