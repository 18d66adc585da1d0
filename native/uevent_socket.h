#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "uevent_parse.h"
#include "unique_fd.h"

namespace mpathd {

/** A system call that failed while the listener was set up. */
struct SetupFailure {
  int error;
  /** The call, in words for the user: `bind to group 1`. */
  std::string step;
};

/** What one receive brought. */
enum class Received {
  kMessage,
  /** Not from the kernel, or not from udevd as root: not even looked at. */
  kRefused,
  /** Longer than any message of the sender: cut off. */
  kTruncated,
  /** Nothing is queued. */
  kEmpty,
  /** ENOBUFS: messages were dropped, and more will be until the queue has been read to kEmpty. */
  kOverrun,
  /** Any other error: this socket is of no more use (it was closed, or something else has its number). */
  kDead,
};

/** A NETLINK_KOBJECT_UEVENT socket that knows whom it listens to. Used by one thread at a time, but for drops(). */
class UeventSocket {
 public:
  /** Throws SetupFailure. */
  UeventSocket(UeventGroup group, int buffer_bytes, bool accept_injected);

  int fd() const { return fd_.get(); }
  /** As read back: the kernel doubles what it grants. */
  int granted_buffer_bytes() const { return granted_; }

  /** Never blocks. On kMessage `*message` is a view into `buffer`; on kDead errno says why. */
  Received Receive(char* buffer, size_t size, std::string_view* message) const;

  /**
   * SO_MEMINFO's count of messages dropped on this socket, exact and never reset; told for
   * netlink too, unlike SO_RXQ_OVFL. False if it cannot be read.
   */
  bool ReadDrops(uint32_t* drops) const;

 private:
  struct Sender;
  bool Trusts(const Sender& sender) const;

  const UeventGroup group_;
  const bool accept_injected_;
  UniqueFd fd_;
  int granted_ = 0;
};

}  // namespace mpathd
