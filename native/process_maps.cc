#include "process_maps.h"

#include <sys/mman.h>

#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <vector>

namespace mpathd {

namespace {

bool StartsWith(const std::string& text, const char* prefix) { return text.rfind(prefix, 0) == 0; }

// Shared memory and devices have a path in this list, too, but are no files: proc(5), /proc/pid/maps.
bool IsRegularFile(const std::string& path) {
  return StartsWith(path, "/") && !StartsWith(path, "/dev/") && !StartsWith(path, "/memfd:") &&
         !StartsWith(path, "/SYSV") && !StartsWith(path, "/anon_hugepage");
}

}  // namespace

std::optional<MemoryRange> FileMapping(const std::string& line) {
  uintptr_t start = 0;
  uintptr_t end = 0;
  char mode[5] = "";
  int path_at = 0;
  // start-end mode offset dev inode path
  const int fields =
      std::sscanf(line.c_str(), "%" SCNxPTR "-%" SCNxPTR " %4s %*x %*x:%*x %*u %n", &start, &end, mode, &path_at);
  if (fields != 3 || path_at == 0 || end <= start) return std::nullopt;
  if (mode[0] != 'r' || mode[1] != '-') return std::nullopt;
  if (!IsRegularFile(line.substr(static_cast<size_t>(path_at)))) return std::nullopt;
  return MemoryRange{start, end - start};
}

LockedMemory LockFileMappings() {
  // The whole list is read first, because locking splits and merges mappings during the reading. Nothing unloads a
  // library, so a range stays what it was.
  std::vector<MemoryRange> ranges;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (const auto range = FileMapping(line)) ranges.push_back(*range);
  }
  LockedMemory locked;
  for (const MemoryRange& range : ranges) {
    // Not mlock(), which AddressSanitizer makes do nothing.
    if (mlock2(reinterpret_cast<void*>(range.start), range.length, 0) == 0) {
      locked.bytes += range.length;
    } else {
      ++locked.failures;
    }
  }
  return locked;
}

}  // namespace mpathd
