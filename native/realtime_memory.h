#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <cstddef>
#include <new>

namespace mpathd {

/**
 * Zeroed memory of a realtime thread. It is touched and, where the limits allow it, locked. So the thread never waits
 * for a page, which could be on a dead disk. mlockall() is no alternative: V8 aborts under it (madvise(MADV_DONTNEED)
 * fails on locked pages).
 */
class RealtimeMemory {
 public:
  enum class InChildren {
    /** A child process has this memory, too. Until the child's exec, a write to it causes a page fault. */
    kCopied,
    /** A child process does not have this memory. Not for stacks: glibc's fork() looks at all stacks in the child. */
    kAbsent,
  };

  /** Throws std::bad_alloc. A failure to lock does not throw: see lock_errno(). */
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
