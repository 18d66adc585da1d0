#pragma once

#include <chrono>
#include <memory>

namespace mpathd {

/**
 * The end of the process, which no thread that hangs may hold up. exit(3) runs what was registered for it, and Node
 * registers the wait for libuv's threads; _exit(2) runs nothing.
 */
class ProcessEnd {
 public:
  /**
   * Prepares the end while the process still can: makes the thread of {@link Within}. `lock_fd`: the descriptor of the
   * pid file, -1 for none. Called once. Returns 0 or an errno.
   */
  int Prepare(int lock_fd);
  /**
   * Ends the process `bound` from now, whatever the other threads do. If it is called again, the earliest end and the
   * last code count. Does nothing without Prepare().
   */
  void Within(int code, std::chrono::milliseconds bound);
  /**
   * Gives up what keeps a successor out: the lock of the pid file, and every Unix socket but standard input, output and
   * error. The process keeps its descriptors' numbers, which lead nowhere then. A thread in uninterruptible sleep holds
   * the descriptors of a process that has ended; clients would wait for it, and the name of the socket would be taken.
   */
  void Release();
  /** Releases, and ends the process at once. */
  [[noreturn]] void Now(int code);

 private:
  struct State;
  static void* ThreadMain(void* argument);
  std::shared_ptr<State> state_;
};

}  // namespace mpathd
