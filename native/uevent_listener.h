#pragma once

#include <pthread.h>
#include <semaphore.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "realtime_memory.h"
#include "spsc_ring.h"
#include "uevent_gaps.h"
#include "uevent_queue.h"
#include "uevent_socket.h"

namespace mpathd {

struct UeventListenerOptions {
  UeventGroup group;
  int buffer_bytes;
  /** SCHED_RR priority, 0 for none. */
  int realtime_priority;
  size_t queue_limit;
  bool accept_injected;
};

/** Answer to a drain request: all messages that were queued on the socket before the request have been read. */
struct Drained {
  double token;
  uint32_t drops;
};

/** A batch that the listener hands over: the events and losses since the last batch. */
struct UeventBatch {
  static constexpr size_t kMostDrained = 64;

  explicit UeventBatch(size_t limit) : queue(limit) {}
  bool IsEmpty() const;
  void Clear();

  UeventQueue queue;
  uint64_t overruns = 0;
  uint64_t dropped = 0;
  uint64_t truncated = 0;
  uint64_t malformed = 0;
  uint64_t queue_full = 0;
  uint64_t refused = 0;
  /** Only for the kernel's group. */
  MissingSeqnums missing;
  /** The errno that ended the listener, and then this is the last batch; else 0. */
  int failure = 0;
  std::array<Drained, kMostDrained> drained;
  size_t drained_count = 0;
};

/**
 * A thread that reads the uevent socket and does nothing else. It is realtime (if allowed), its memory is locked, and
 * it never waits for JavaScript. It fills one of two batches while JavaScript has the other. When both are in use and
 * one is full, it counts events as lost and reads on. Any error of the socket other than a loss ends the thread; the
 * last batch has the errno.
 */
class UeventListener {
 public:
  struct Info {
    int requested_buffer_bytes;
    int granted_buffer_bytes;
    std::string scheduling;
    uint64_t heartbeat;
    uint32_t drops;
    size_t queue_bytes;
  };

  /**
   * Starts the thread. The thread calls `notify` whenever a batch is ready to Take(), at most once per batch. `notify`
   * must not block. Throws SetupFailure or std::bad_alloc.
   */
  UeventListener(const UeventListenerOptions& options, std::function<void()> notify);
  ~UeventListener();
  UeventListener(const UeventListener&) = delete;
  UeventListener& operator=(const UeventListener&) = delete;

  // Only the JavaScript thread calls these.

  /** The batch that is ready, or null. The caller gives it back with Return() before the next Take(). */
  UeventBatch* Take();
  void Return(UeventBatch* batch);
  /** Requests a drain. False if too many requests wait. */
  bool Drain(double token);
  Info Describe() const;
  /** Ends the thread and waits for it. May be called twice. */
  void Stop();

 private:
  static void* ThreadMain(void* self);
  int StartThread();
  void Run();
  void SetScheduling();
  bool WaitForWork();
  bool ReadSome();
  void Accept(std::string_view message);
  void NoticeLoss(uint64_t* counter, uint64_t count);
  void NoticeDrops();
  void NoticeGaps();
  void AnswerDrains(size_t requested);
  void HandOver();
  bool Die(int error);
  void HandOverLast();
  void Wake();

  const UeventListenerOptions options_;
  const std::function<void()> notify_;
  UeventSocket socket_;
  UniqueFd wake_;
  RealtimeMemory stack_;
  RealtimeMemory receive_buffer_;
  UeventBatch first_;
  UeventBatch second_;
  SpscRing<double, UeventBatch::kMostDrained> drains_;

  // At any time a batch is in one place only: filling_ (the thread), ready_, with JavaScript, or spare_.
  UeventBatch* filling_ = &first_;
  /** Only the thread uses this and now_ms_, the time at which the reading began. */
  SeqnumGaps gaps_;
  uint64_t now_ms_ = 0;
  std::atomic<UeventBatch*> ready_{nullptr};
  std::atomic<UeventBatch*> spare_{&second_};
  /** True if the thread has a batch to hand over, but no spare batch to fill after it. */
  std::atomic<bool> waits_for_spare_{false};

  std::atomic<bool> stopping_{false};
  std::atomic<uint64_t> heartbeat_{0};
  std::atomic<uint32_t> drops_{0};
  std::atomic<int> scheduling_errno_{0};
  sem_t started_;
  pthread_t thread_{};
  bool running_ = false;
};

}  // namespace mpathd
