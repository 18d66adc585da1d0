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
  /** If absent, or if the kernel has no disk sequence numbers (before 5.15), only the device number is proved. */
  std::optional<uint64_t> diskseq;
};

/** The system call of a block operation that failed, and its errno; error 0: no call failed. */
struct BlockError {
  int error = 0;
  const char* step = "";
};

/**
 * Opens the node for reading and proves that it leads to the device that is meant. If it does not: ESTALE at step
 * "identity". `more_flags` are added to O_RDONLY | O_NONBLOCK | O_CLOEXEC.
 */
UniqueFd OpenBlockDevice(const BlockDevice& device, int more_flags, BlockError* failure);

/**
 * One read of the logical block size at offset 0 from a device that is open with O_DIRECT; `bytes` gets the number of
 * bytes read.
 */
BlockError DirectRead(int fd, size_t* bytes);

}  // namespace mpathd
