// sources: native/uevent_listener.cc native/uevent_socket.cc native/uevent_queue.cc native/uevent_parse.cc native/uevent_gaps.cc
// sanitizer: thread
// The hand-over between the listener's thread and JavaScript's, on a real socket. Drain requests
// make batches without any right; events need one to write to a uevent file.
#include "uevent_listener.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "check.h"

using mpathd::Drained;
using mpathd::UeventBatch;
using mpathd::UeventGroup;
using mpathd::UeventListener;
using mpathd::UeventListenerOptions;

namespace {

constexpr char kUeventFile[] = "/sys/devices/virtual/mem/null/uevent";

UeventListenerOptions Options(size_t queue_limit) { return {UeventGroup::kKernel, 1 << 20, 0, queue_limit, false}; }

void Nap() { std::this_thread::sleep_for(std::chrono::microseconds(200)); }

/** Writes fences (which are never merged) to a uevent file; false without the right to. */
bool Poke(int count) {
  const int fd = open(kUeventFile, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const std::string text = "change 9a3b1f1e-0000-4000-8000-000000000001";
  bool ok = true;
  for (int i = 0; i < count; ++i) ok = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ok;
  close(fd);
  return ok;
}

/** Takes batches until `token` has been answered; counts what they hold. */
struct Reader {
  explicit Reader(UeventListener& from) : listener(from) {}

  void Until(double token) {
    for (int patience = 0; answered < token && patience < 50000; ++patience) {
      UeventBatch* batch = listener.Take();
      if (batch == nullptr) {
        Nap();
        continue;
      }
      ++batches;
      events += batch->queue.size();
      queue_full += batch->queue_full;
      for (size_t i = 0; i < batch->drained_count; ++i) {
        if (batch->drained[i].token != answered + 1) ++out_of_order;
        answered = batch->drained[i].token;
      }
      listener.Return(batch);
    }
    CHECK_EQ(answered, token);
  }

  UeventListener& listener;
  double answered = 0;
  size_t events = 0, batches = 0, out_of_order = 0;
  uint64_t queue_full = 0;
};

/** The descriptor of the one uevent socket of this process; -1 if there is none. */
int UeventSocketFd() {
  for (int fd = 3; fd < 256; ++fd) {
    int protocol = 0;
    socklen_t length = sizeof protocol;
    int domain = 0;
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) != 0 || domain != AF_NETLINK) continue;
    length = sizeof protocol;
    if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &length) == 0 && protocol == NETLINK_KOBJECT_UEVENT)
      return fd;
  }
  return -1;
}

/** Something else gets the socket's number, as when a descriptor is closed by mistake. */
void Replace(int fd, const char* path) {
  const int other = open(path, O_RDWR | O_CLOEXEC);
  CHECK(dup2(other, fd) == fd);
  close(other);
}

/** Takes batches until one says what has ended the listener. */
int FailureOf(UeventListener& listener, size_t* events) {
  for (int patience = 0; patience < 50000; ++patience) {
    UeventBatch* batch = listener.Take();
    if (batch == nullptr) {
      Nap();
      continue;
    }
    *events += batch->queue.size();
    const int failure = batch->failure;
    listener.Return(batch);
    if (failure != 0) return failure;
  }
  return 0;
}

}  // namespace

TEST(answers_every_drain_once_and_in_order) {
  std::atomic<size_t> notified{0};
  UeventListener listener(Options(100), [&] { ++notified; });
  Reader reader(listener);
  double asked = 0;
  for (int round = 0; round < 400; ++round) {
    for (int i = 0; i < 1 + round % 50; ++i) {
      if (listener.Drain(asked + 1)) ++asked;
    }
    if (round % 3 == 0) reader.Until(asked);
  }
  reader.Until(asked);
  CHECK_EQ(reader.out_of_order, 0u);
  CHECK(asked > 400);
  CHECK_EQ(notified.load(), reader.batches);
}

TEST(refuses_drains_when_too_many_wait_and_recovers) {
  UeventListener listener(Options(100), [] {});
  Reader reader(listener);
  double asked = 0;
  for (int i = 0; i < 5000; ++i) {
    if (listener.Drain(asked + 1)) ++asked;
  }
  // Two batches and the ring, all full: nothing is taken back.
  CHECK(asked < 5000);
  reader.Until(asked);
  CHECK(listener.Drain(asked + 1));
  reader.Until(asked + 1);
  CHECK_EQ(reader.out_of_order, 0u);
}

TEST(loses_no_event_between_the_batches) {
  UeventListener listener(Options(4096), [] {});
  Reader reader(listener);
  double asked = 0;
  const bool may_poke = Poke(1);
  for (int round = 0; round < 100 && may_poke; ++round) {
    Poke(20);
    CHECK(listener.Drain(++asked));
    if (round % 2 == 0) reader.Until(asked);
  }
  if (!may_poke) return;
  reader.Until(asked);
  // Others may poke the same file meanwhile.
  CHECK(reader.events >= 2001);
  CHECK_EQ(reader.queue_full, 0u);
}

TEST(answers_a_drain_only_after_all_that_was_queued_however_much) {
  // The thread is held in its first notification until more is queued than it reads in one go.
  std::atomic<bool> held{true};
  UeventListener listener(Options(4096), [&] {
    while (held) Nap();
  });
  Reader reader(listener);
  CHECK(listener.Drain(1));
  reader.Until(1);
  const bool may_poke = Poke(1000);
  CHECK(listener.Drain(2));
  held = false;
  reader.Until(2);
  if (may_poke) CHECK(reader.events >= 1000);
}

TEST(counts_what_does_not_fit_and_goes_on) {
  UeventListener listener(Options(8), [] {});
  Reader reader(listener);
  if (!Poke(200)) return;
  CHECK(listener.Drain(1));
  reader.Until(1);
  CHECK(reader.queue_full > 0);
  CHECK(reader.events + reader.queue_full >= 200);
}

TEST(tells_the_errno_that_has_ended_it_once_and_stops_as_ever) {
  std::atomic<size_t> notified{0};
  UeventListener listener(Options(100), [&] { ++notified; });
  Replace(UeventSocketFd(), "/dev/null");
  size_t events = 0;
  CHECK_EQ(FailureOf(listener, &events), ENOTSOCK);
  // The batch can be taken a moment before its notice comes.
  while (notified == 0) Nap();
  const uint64_t heartbeat = listener.Describe().heartbeat;
  const size_t told = notified;
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK_EQ(listener.Describe().heartbeat, heartbeat);
  CHECK_EQ(notified.load(), told);
  CHECK(listener.Take() == nullptr);
  // Nobody answers it any more; it is asked of the next listener.
  listener.Drain(1);
  listener.Stop();
  listener.Stop();
}

TEST(tells_its_end_even_when_both_batches_are_in_use) {
  UeventListener listener(Options(100), [] {});
  listener.Drain(1);
  UeventBatch* first = nullptr;
  while ((first = listener.Take()) == nullptr) Nap();
  // One batch is here, the other gets the end: it can be handed over only after this one is back.
  Replace(UeventSocketFd(), "/dev/null");
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  size_t events = 0;
  listener.Return(first);
  CHECK_EQ(FailureOf(listener, &events), ENOTSOCK);
}

TEST(ends_at_once_when_it_is_stopped_after_its_end_was_not_taken) {
  UeventListener listener(Options(100), [] {});
  Replace(UeventSocketFd(), "/dev/null");
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  listener.Stop();
}

TEST(stops_with_batches_under_way_and_may_be_stopped_twice) {
  for (int round = 0; round < 20; ++round) {
    UeventListener listener(Options(8), [] {});
    listener.Drain(1);
    Poke(5);
    if (round % 2 == 0) listener.Take();
    listener.Stop();
    listener.Stop();
    CHECK(listener.Describe().granted_buffer_bytes > 0);
  }
}

TEST(tells_which_step_of_the_setup_failed) {
  rlimit before;
  getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = {0, before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &none);
  int error = 0;
  std::string step;
  try {
    UeventListener listener(Options(8), [] {});
  } catch (const mpathd::SetupFailure& failure) {
    error = failure.error;
    step = failure.step;
  }
  setrlimit(RLIMIT_NOFILE, &before);
  CHECK_EQ(error, EMFILE);
  CHECK_EQ(step, "open a NETLINK_KOBJECT_UEVENT socket");
}
