#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace mpathd {

/**
 * Threads for calls that block. If no thread is idle, the pool makes a new one for a job, up to the limit. So a job
 * that hangs (an ioctl on a dead disk) does not delay other jobs. Idle threads end after a time. The threads are
 * detached, because a thread that hangs in the kernel cannot be joined.
 */
class WorkPool {
 public:
  struct Info {
    size_t threads;
    size_t busy;
    size_t queued;
    size_t limit;
    /** Jobs so far that found neither an idle thread nor room for a new one. */
    uint64_t waited;
    /** Threads so far that the system refused, and the errno of the last refusal. */
    uint64_t refused;
    int refusal;
    /** How long the oldest running job has run. */
    std::chrono::milliseconds oldest;
  };

  WorkPool(size_t limit, std::chrono::milliseconds idle);
  /** Drops the queued jobs and returns at once. Running jobs end by themselves. */
  ~WorkPool();
  WorkPool(const WorkPool&) = delete;
  WorkPool& operator=(const WorkPool&) = delete;

  /**
   * Runs `job` (which must not throw) on a thread. Returns 0, or an errno if the pool has no thread and cannot make
   * one.
   */
  int Submit(std::function<void()> job);
  Info Describe() const;

 private:
  struct State;
  static void* ThreadMain(void* argument);
  static void Serve(State& state);
  static int StartThread(const std::shared_ptr<State>& state);

  std::shared_ptr<State> state_;
};

}  // namespace mpathd
