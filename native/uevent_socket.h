#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "uevent_parse.h"
#include "unique_fd.h"

namespace mpathd {

/** A system call that failed during the set-up of the listener. */
struct SetupFailure {
  int error;
  /** The call, in words for the user: `bind to group 1`. */
  std::string step;
};

/** The outcome of one receive. */
enum class Received {
  kMessage,
  /** The message is not from the kernel, or not from udevd as root. Its content is ignored. */
  kRefused,
  /** The message is longer than any message of the sender, and was cut off. */
  kTruncated,
  /** The queue is empty. */
  kEmpty,
  /** ENOBUFS: the kernel dropped messages, and drops more until the queue has been read to kEmpty. */
  kOverrun,
  /** Any other error: this socket does not work any more (it was closed, or another file has its descriptor). */
  kDead,
};

/**
 * A NETLINK_KOBJECT_UEVENT socket that checks the senders of messages. Only one thread at a time may use it, except
 * drops().
 */
class UeventSocket {
 public:
  /** Throws SetupFailure. */
  UeventSocket(UeventGroup group, int buffer_bytes, bool accept_injected);

  int fd() const { return fd_.get(); }
  /** The size as read back: the kernel doubles what it grants. */
  int granted_buffer_bytes() const { return granted_; }

  /** Never blocks. On kMessage `*message` is a view into `buffer`; on kDead errno says why. */
  Received Receive(char* buffer, size_t size, std::string_view* message) const;

  /**
   * Reads SO_MEMINFO's count of messages dropped on this socket. The count is exact and never reset. The kernel gives
   * it for netlink, too, unlike SO_RXQ_OVFL. False if the count cannot be read.
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
