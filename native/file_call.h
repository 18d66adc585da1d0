#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace mpathd {

/** One system call on a file, or a few that belong together. */
enum class FileCall {
  kOpen,
  kClose,
  kRead,
  kWrite,
  kSync,
  kTruncate,
  kStatus,
  kStatusAt,
  kLinkStatusAt,
  kRealPath,
  kReadLink,
  kNames,
  kMakeDirectory,
  kRename,
  kLink,
  kUnlink,
};

struct FileRequest {
  FileCall call = FileCall::kOpen;
  /** For the calls by name. `target`: the other name of a rename or a link. */
  std::string path;
  std::string target;
  /** For the calls by descriptor. */
  int fd = -1;
  int flags = 0;
  mode_t mode = 0;
  /** What is written. */
  std::string bytes;
  /** Room for a read; the length for a truncation. */
  size_t length = 0;
  /** Where to read or write; without it at the descriptor's own position. */
  std::optional<off_t> position;
};

struct FileAnswer {
  int error = 0;
  /** The descriptor of an open; the number of bytes that a write has written. */
  int64_t number = 0;
  /** What was read; a real path; where a link leads; names, each ended by a NUL. */
  std::string bytes;
  struct stat status {};
};

/**
 * Makes the call, and waits as long as the file system does. A write writes everything; if the descriptor does not
 * block, it waits for room. Descriptors are closed at exec.
 */
FileAnswer CallFile(const FileRequest& request);

}  // namespace mpathd
