#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "realtime_memory.h"
#include "uevent_parse.h"

namespace mpathd {

/**
 * Uevents on their way to JavaScript: whole messages in one locked arena, in the order of arrival.
 * It is filled by one thread, then read and cleared by another; it has no lock and never allocates.
 *
 * A `change` that says the same (all but SEQNUM) as the last event kept of that device, told by
 * devpath and diskseq, takes that one's place. Nothing else is ever merged: removes and adds,
 * fences, and device-mapper's path events (DM_ACTION) are all kept, and so is the order of each
 * device's events.
 */
class UeventQueue {
 public:
  enum class Outcome { kQueued, kCoalesced, kFull };

  /** Room for `limit` events and 1 KiB for each (a SCSI disk's event has 0.5 to 0.9 KiB). */
  explicit UeventQueue(size_t limit);

  /** `event` must be ParseUevent's answer to `message`. */
  Outcome Add(std::string_view message, const UeventView& event, UeventGroup group);
  void Clear();

  size_t size() const { return size_; }
  size_t bytes() const { return memory_.bytes(); }
  int lock_errno() const { return memory_.lock_errno(); }

  /** Calls `visit(message)` for each event, oldest first. */
  template <class Visit>
  void ForEach(Visit visit) const {
    for (size_t at = 0; at < used_;) {
      const Slot* slot = SlotAt(at);
      visit(MessageOf(*slot));
      at += sizeof(Slot) + slot->capacity;
    }
  }

 private:
  /** In front of each message in the arena. */
  struct Slot {
    uint64_t hash;
    uint64_t diskseq_plus_one;
    uint32_t capacity;
    uint32_t length;
    uint32_t devpath_at;
    uint32_t devpath_length;
    UeventGroup group;
    bool mergeable;
  };
  /** Open addressing; entries of an older generation are empty. */
  struct IndexEntry {
    uint64_t hash;
    uint32_t slot_at;
    uint32_t generation;
  };

  Slot* SlotAt(size_t at) const { return reinterpret_cast<Slot*>(arena_ + at); }
  static std::string_view MessageOf(const Slot& slot) {
    return {reinterpret_cast<const char*>(&slot + 1), slot.length};
  }
  IndexEntry* FindEntry(uint64_t hash, std::string_view devpath, uint64_t diskseq_plus_one);
  static bool Repeats(const Slot& slot, const UeventView& event);
  Slot* Append(std::string_view message);

  const size_t limit_;
  const size_t index_size_;
  const size_t arena_bytes_;
  RealtimeMemory memory_;
  IndexEntry* const index_;
  char* const arena_;
  size_t used_ = 0;
  size_t size_ = 0;
  uint32_t generation_ = 1;
};

}  // namespace mpathd
