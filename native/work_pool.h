#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

namespace mpathd {

/**
 * Threads for calls that block. A new thread is made whenever a job finds none idle, up to the
 * limit, so that jobs that hang (an ioctl on a dead disk) hold up no others; idle threads retire.
 * The threads are detached: one that hangs in the kernel cannot be joined.
 */
class WorkPool {
 public:
  struct Info {
    size_t threads;
    size_t busy;
    size_t queued;
    size_t limit;
  };

  WorkPool(size_t limit, std::chrono::milliseconds idle);
  /** Drops what is queued and returns at once; jobs that run finish by themselves. */
  ~WorkPool();
  WorkPool(const WorkPool&) = delete;
  WorkPool& operator=(const WorkPool&) = delete;

  /** Runs `job` (which must not throw) on a thread. Returns 0, or the errno if there is no thread at all. */
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
