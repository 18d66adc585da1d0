#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace mpathd {

/** An address range of this process. */
struct MemoryRange {
  uintptr_t start;
  size_t length;
};

/**
 * The range of one line of /proc/self/maps if it is code or constants of a file (r-x or r--):
 * what the kernel may drop under memory pressure and would read again from the root disk.
 */
std::optional<MemoryRange> FileMapping(const std::string& line);

/** Bytes locked, and mappings that could not be. */
struct LockedMemory {
  size_t bytes = 0;
  size_t failures = 0;
};

/** mlock2(MLOCK_ONFAULT) of all file mappings; pages not yet read are locked once they are. */
LockedMemory LockFileMappings();

}  // namespace mpathd
