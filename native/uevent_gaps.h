#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace mpathd {

/** Numbers that went to events which did not come; the first and the last of them. */
struct MissingSeqnums {
  uint64_t count = 0;
  uint64_t first = 0;
  uint64_t last = 0;

  void Add(const MissingSeqnums& more);
};

/**
 * Watches the SEQNUM of every event of the kernel's group for holes. The kernel takes a number
 * before it has the lock to send (lib/kobject_uevent.c, since 6.9), so an event may come after
 * later ones: a hole counts only when it is kPatienceMs old. It is a hint and no proof of loss, as
 * events of other network namespaces use numbers up as well. Bounded, and never allocates.
 * src/simulator/seqnumGaps.ts follows the same rules; test/vectors/seqnumGaps.txt holds for both.
 */
class SeqnumGaps {
 public:
  static constexpr size_t kMostOpen = 128;
  static constexpr uint64_t kPatienceMs = 1000;

  /** An event with this number was read. Times are of one monotonic clock, ms. */
  void See(uint64_t seqnum, uint64_t now_ms);

  /** A loss was noticed in another way: what is missing now, or before the next event, is due to it. */
  void Forget();

  /**
   * What is missing for good and was not told yet. Only to be asked when the socket was read to its
   * end since `now_ms`: else what is missing may be queued. False if there is nothing, or if the
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

  /** Ascending in number, and so in age. */
  std::array<Hole, kMostOpen> open_{};
  size_t open_count_ = 0;
  /** 0: no event yet. */
  uint64_t highest_ = 0;
  MissingSeqnums overdue_;
  uint64_t not_before_ms_ = 0;
};

}  // namespace mpathd
