#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <cstddef>
#include <new>

namespace mpathd {

/**
 * Zeroed memory of a realtime thread: touched and, where the limits allow it, locked, so that the
 * thread never waits for a page, least of all from a disk that is dead. mlockall() is no choice:
 * V8 aborts under it (madvise(MADV_DONTNEED) fails on locked pages).
 */
class RealtimeMemory {
 public:
  enum class InChildren {
    /** A child process has it too: until its exec, writing to it faults. */
    kCopied,
    /** Not part of child processes. Not for stacks: glibc's fork() looks at all of them in the child. */
    kAbsent,
  };

  /** Throws std::bad_alloc. Failure to lock is no error: see lock_errno(). */
  RealtimeMemory(size_t bytes, InChildren in_children) : bytes_(bytes) {
    data_ = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (data_ == MAP_FAILED) throw std::bad_alloc();
    if (mlock(data_, bytes_) != 0) lock_errno_ = errno;
    if (in_children == InChildren::kAbsent) madvise(data_, bytes_, MADV_DONTFORK);
  }
  RealtimeMemory(const RealtimeMemory&) = delete;
  RealtimeMemory& operator=(const RealtimeMemory&) = delete;
  ~RealtimeMemory() { munmap(data_, bytes_); }

  void* data() const { return data_; }
  size_t bytes() const { return bytes_; }
  /** 0 if the memory is locked. */
  int lock_errno() const { return lock_errno_; }

 private:
  void* data_;
  size_t bytes_;
  int lock_errno_ = 0;
};

}  // namespace mpathd
