#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace mpathd {

/** The count of numbers whose events did not come, and the first and the last of these numbers. */
struct MissingSeqnums {
  uint64_t count = 0;
  uint64_t first = 0;
  uint64_t last = 0;

  void Add(const MissingSeqnums& more);
};

/**
 * Watches the SEQNUM of every event of the kernel's group for holes. The kernel takes a number before it has the lock
 * to send (lib/kobject_uevent.c, since 6.9), so an event may come after events with higher numbers. Therefore a hole
 * counts only when it is kPatienceMs old. A hole is a hint and no proof of loss, because events of other network
 * namespaces use numbers as well. This class keeps a bounded number of holes and never allocates.
 * src/simulator/seqnumGaps.ts follows the same rules; test/vectors/seqnumGaps.txt is the test of both.
 */
class SeqnumGaps {
 public:
  static constexpr size_t kMostOpen = 128;
  static constexpr uint64_t kPatienceMs = 1000;

  /** To be called for each event that was read. Times are in ms, of one monotonic clock. */
  void See(uint64_t seqnum, uint64_t now_ms);

  /**
   * To be called when a loss was noticed in another way: it explains the numbers that are missing now or before the
   * next event.
   */
  void Forget();

  /**
   * Gives the numbers that are missing for good and were not reported yet. To be called only when the socket was read
   * to its end after `now_ms`: otherwise a missing event may still be queued. False if no number is missing, or if the
   * last answer is less than kPatienceMs ago.
   */
  bool Take(uint64_t now_ms, MissingSeqnums* missing);

 private:
  struct Hole {
    uint64_t first;
    uint64_t last;
    uint64_t since_ms;
  };

  void Open(uint64_t first, uint64_t last, uint64_t now_ms);
  void Fill(uint64_t seqnum);
  void RemoveAt(size_t at);
  void GiveUpFirst();

  /** Sorted by number; the lowest numbers are the oldest holes. */
  std::array<Hole, kMostOpen> open_{};
  size_t open_count_ = 0;
  /** 0: no event yet. */
  uint64_t highest_ = 0;
  MissingSeqnums overdue_;
  uint64_t not_before_ms_ = 0;
};

}  // namespace mpathd
