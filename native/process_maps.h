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
 * The range of one line of /proc/self/maps, if it is code or constants of a file (r-x or r--). The kernel may drop such
 * pages under memory pressure and then has to read them again from the root disk.
 */
std::optional<MemoryRange> FileMapping(const std::string& line);

/** The number of locked bytes, and of mappings that could not be locked. */
struct LockedMemory {
  size_t bytes = 0;
  size_t failures = 0;
};

/**
 * Locks all file mappings into memory, and reads what is not there yet: code that first runs when the root disk does
 * not answer must be there already. It takes as long as that disk does.
 */
LockedMemory LockFileMappings();

}  // namespace mpathd
