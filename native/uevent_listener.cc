#include "uevent_listener.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>

#include <cerrno>
#include <utility>

#include "errno_name.h"

namespace mpathd {

namespace {

// The kernel's messages have at most about 2.3 KiB (UEVENT_BUFFER_SIZE and the header); udevd's messages have no such
// bound.
constexpr size_t kLargestMessage = 64 * 1024 - 256;
#ifdef __SANITIZE_THREAD__
// The sanitizer keeps its state of a thread on the thread's stack.
constexpr size_t kStackBytes = 2048 * 1024;
#else
constexpr size_t kStackBytes = 256 * 1024;
#endif
constexpr size_t kGuardBytes = 4096;
// In an endless storm the thread looks at the stop flag and the spare batch after this number of messages.
constexpr int kMostPerRound = 256;
// Only the heartbeat needs this timeout: events and requests wake the thread by themselves.
constexpr int kHeartbeatMs = 1000;

uint64_t NowMs() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000 + static_cast<uint64_t>(now.tv_nsec) / 1000000;
}

}  // namespace

bool UeventBatch::IsEmpty() const {
  return queue.size() == 0 && drained_count == 0 && missing.count == 0 && failure == 0 &&
         (overruns | dropped | truncated | malformed | queue_full | refused) == 0;
}

void UeventBatch::Clear() {
  queue.Clear();
  overruns = dropped = truncated = malformed = queue_full = refused = 0;
  missing = {};
  failure = 0;
  drained_count = 0;
}

UeventListener::UeventListener(const UeventListenerOptions& options, std::function<void()> notify)
    : options_(options),
      notify_(std::move(notify)),
      socket_(options.group, options.buffer_bytes, options.accept_injected),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      stack_(kStackBytes, RealtimeMemory::InChildren::kCopied),
      receive_buffer_(kLargestMessage, RealtimeMemory::InChildren::kAbsent),
      first_(options.queue_limit),
      second_(options.queue_limit) {
  if (!wake_.ok()) throw SetupFailure{errno, "make an eventfd"};
  sem_init(&started_, 0, 0);
  const int error = StartThread();
  if (error != 0) {
    sem_destroy(&started_);
    throw SetupFailure{error, "start the listener's thread"};
  }
  running_ = true;
  while (sem_wait(&started_) != 0 && errno == EINTR) {
  }
}

UeventListener::~UeventListener() {
  Stop();
  sem_destroy(&started_);
}

int UeventListener::StartThread() {
  mprotect(stack_.data(), kGuardBytes, PROT_NONE);
  pthread_attr_t attributes;
  int error = pthread_attr_init(&attributes);
  if (error != 0) return error;
  error = pthread_attr_setstack(&attributes, stack_.data(), stack_.bytes());
  if (error == 0) {
    // Signals belong to Node's threads: the new thread inherits a full mask.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&thread_, &attributes, ThreadMain, this);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  pthread_attr_destroy(&attributes);
  if (error == 0) pthread_setname_np(thread_, "mpathd-uevents");
  return error;
}

void UeventListener::Stop() {
  if (!running_) return;
  running_ = false;
  stopping_ = true;
  Wake();
  pthread_join(thread_, nullptr);
}

UeventBatch* UeventListener::Take() { return ready_.exchange(nullptr); }

void UeventListener::Return(UeventBatch* batch) {
  batch->Clear();
  spare_.store(batch);
  if (waits_for_spare_.exchange(false)) Wake();
}

bool UeventListener::Drain(double token) {
  if (!drains_.Push(token)) return false;
  Wake();
  return true;
}

UeventListener::Info UeventListener::Describe() const {
  std::string scheduling = "SCHED_OTHER";
  if (options_.realtime_priority > 0) {
    const std::string wanted = "SCHED_RR:" + std::to_string(options_.realtime_priority);
    const int error = scheduling_errno_;
    scheduling = error == 0 ? wanted : scheduling + " (" + wanted + ": " + ErrnoName(error) + ")";
  }
  for (int error :
       {stack_.lock_errno(), receive_buffer_.lock_errno(), first_.queue.lock_errno(), second_.queue.lock_errno()}) {
    if (error == 0) continue;
    scheduling += std::string(", memory not locked: ") + ErrnoName(error);
    break;
  }
  uint32_t drops = drops_;
  socket_.ReadDrops(&drops);
  return {options_.buffer_bytes,
          socket_.granted_buffer_bytes(),
          scheduling,
          heartbeat_,
          drops,
          first_.queue.bytes() + second_.queue.bytes()};
}

void UeventListener::Wake() {
  const uint64_t one = 1;
  // The write can fail only by EAGAIN, at 2^64 - 1 pending wakes; then the thread wakes anyway.
  [[maybe_unused]] ssize_t written = write(wake_.get(), &one, sizeof one);
}

// ---- on the thread -------------------------------------------------------------------------

void* UeventListener::ThreadMain(void* self) {
  static_cast<UeventListener*>(self)->Run();
  return nullptr;
}

void UeventListener::Run() {
  SetScheduling();
  sem_post(&started_);
  for (bool empty = true; !stopping_;) {
    ++heartbeat_;
    if (empty && !WaitForWork()) break;
    now_ms_ = NowMs();
    // These requests came before the reading begins, so the reading answers them.
    const size_t requested = drains_.Waiting();
    empty = ReadSome();
    if (empty) {
      NoticeDrops();
      NoticeGaps();
      AnswerDrains(requested);
    }
    if (filling_->failure != 0) break;
    HandOver();
    // If the last batch was full of answers, the other requests get theirs in the new batch.
    if (drains_.Waiting() > 0 && filling_->drained_count == 0) empty = false;
  }
  HandOverLast();
}

void UeventListener::SetScheduling() {
  if (options_.realtime_priority <= 0) return;
  sched_param parameters = {};
  parameters.sched_priority = options_.realtime_priority;
  if (sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &parameters) != 0) scheduling_errno_ = errno;
}

/** False if the thread has to end. */
bool UeventListener::WaitForWork() {
  pollfd fds[] = {{socket_.fd(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
  // POLLERR on the socket is a pending ENOBUFS, and the next receive gives it. A request for SO_ERROR would swallow it.
  const int ready = poll(fds, 2, kHeartbeatMs);
  if (ready < 0) return errno == EINTR || Die(errno);
  // If somebody closed a descriptor, poll() returns at once each time: a realtime thread must not loop on this.
  if (((fds[0].revents | fds[1].revents) & POLLNVAL) != 0) return Die(EBADF);
  if ((fds[1].revents & POLLIN) == 0) return true;
  uint64_t count;
  [[maybe_unused]] ssize_t taken = read(wake_.get(), &count, sizeof count);
  return true;
}

/** True if the socket has been read to the end. */
bool UeventListener::ReadSome() {
  char* buffer = static_cast<char*>(receive_buffer_.data());
  for (int i = 0; i < kMostPerRound; ++i) {
    std::string_view message;
    switch (socket_.Receive(buffer, receive_buffer_.bytes(), &message)) {
      case Received::kMessage:
        Accept(message);
        break;
      case Received::kRefused:
        ++filling_->refused;
        break;
      case Received::kTruncated:
        NoticeLoss(&filling_->truncated, 1);
        break;
      case Received::kOverrun:
        // The kernel reports this once. Until the queue has been read to its end, it drops every further message
        // without a report (netlink_overrun in net/netlink/af_netlink.c).
        NoticeLoss(&filling_->overruns, 1);
        break;
      case Received::kDead:
        return Die(errno);
      case Received::kEmpty:
        return true;
    }
  }
  return false;
}

void UeventListener::Accept(std::string_view message) {
  const std::optional<UeventView> event = ParseUevent(message, options_.group);
  if (!event) {
    NoticeLoss(&filling_->malformed, 1);
    return;
  }
  if (options_.group == UeventGroup::kKernel) gaps_.See(event->seqnum, now_ms_);
  if (!IsOfInterest(*event)) return;
  if (filling_->queue.Add(message, *event, options_.group) == UeventQueue::Outcome::kFull) ++filling_->queue_full;
}

/** The loss explains the SEQNUMs that are missing now, so they are forgotten. */
void UeventListener::NoticeLoss(uint64_t* counter, uint64_t count) {
  *counter += count;
  gaps_.Forget();
}

void UeventListener::NoticeDrops() {
  uint32_t now = 0;
  if (!socket_.ReadDrops(&now) || now == drops_) return;
  NoticeLoss(&filling_->dropped, static_cast<uint32_t>(now - drops_));
  drops_ = now;
}

void UeventListener::NoticeGaps() {
  MissingSeqnums missing;
  if (gaps_.Take(now_ms_, &missing)) filling_->missing.Add(missing);
}

void UeventListener::AnswerDrains(size_t requested) {
  for (; requested > 0 && filling_->drained_count < UeventBatch::kMostDrained; --requested) {
    Drained& answer = filling_->drained[filling_->drained_count];
    if (!drains_.Pop(&answer.token)) return;
    answer.drops = drops_;
    ++filling_->drained_count;
  }
}

void UeventListener::HandOver() {
  if (filling_->IsEmpty()) return;
  UeventBatch* next = spare_.exchange(nullptr);
  if (next == nullptr) {
    waits_for_spare_ = true;
    // JavaScript may have returned the batch before Return() could see the flag.
    next = spare_.exchange(nullptr);
    if (next == nullptr) return;
    waits_for_spare_ = false;
  }
  ready_ = filling_;
  filling_ = next;
  notify_();
}

/** Records the errno that ends the listener. Returns false, which ends the caller's loop, too. */
bool UeventListener::Die(int error) {
  filling_->failure = error;
  return false;
}

/** Hands over the last batch without the eventfd, which may be the descriptor that failed. */
void UeventListener::HandOverLast() {
  const timespec pause = {0, 20 * 1000 * 1000};
  while (!stopping_ && filling_->failure != 0) {
    HandOver();
    if (filling_->failure != 0) nanosleep(&pause, nullptr);
  }
}

}  // namespace mpathd
