#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "unique_fd.h"

namespace mpathd {

/** A block device node and the identity of the device that it must lead to. */
struct BlockDevice {
  std::string node;
  unsigned major = 0;
  unsigned minor = 0;
  /** Not proved if absent, or if the kernel has no disk sequence numbers (before 5.15). */
  std::optional<uint64_t> diskseq;
};

/** Which system call of a block operation failed, and how; error 0: none did. */
struct BlockError {
  int error = 0;
  const char* step = "";
};

/**
 * Opens the node for reading and proves that it is the device meant. If it is not: ESTALE at step
 * "identity". `more_flags` are added to O_RDONLY | O_NONBLOCK | O_CLOEXEC.
 */
UniqueFd OpenBlockDevice(const BlockDevice& device, int more_flags, BlockError* failure);

/** One O_DIRECT read of the logical block size at offset 0; what it returned goes to `bytes`. */
BlockError DirectRead(const BlockDevice& device, size_t* bytes);

}  // namespace mpathd
