#pragma once

#include <functional>
#include <thread>

#include "dm_ioctl.h"

namespace mpathd::dm {

/**
 * A thread that waits for the global dm event number to move. The control node has no queue. It is readable while the
 * number differs from the number when the node was last armed (dm-ioctl.c, dm_poll).
 */
class EventWatcher {
 public:
  /** Whether the kernel can be polled: EOPNOTSUPP before interface 4.37. */
  static Failure Check(const Control& control);

  /**
   * The watcher's thread re-arms the node and then calls `on_event`. So an event after the listing that the call causes
   * leads to another call. `on_event` must neither block nor throw.
   */
  EventWatcher(Control control, std::function<void()> on_event);
  EventWatcher(const EventWatcher&) = delete;
  EventWatcher& operator=(const EventWatcher&) = delete;
  /** Stops and waits for the thread, which is never inside a slow call. */
  ~EventWatcher();

  /** errno of the start; 0 if the thread runs. */
  Failure Start();

 private:
  void Run();
  /** False if the thread has to stop. */
  bool Pause(int milliseconds);

  Control control_;
  std::function<void()> on_event_;
  int stop_ = -1;
  std::thread thread_;
};

}  // namespace mpathd::dm
