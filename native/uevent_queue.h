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
 * A `change` that equals the last event in the queue of the same device, except for SEQNUM, takes the place of this
 * event. (Events of the same device have the same devpath and diskseq.) No other events are merged: the queue keeps all
 * removes and adds, fences, and device-mapper's path events (DM_ACTION), and it keeps the order of each device's
 * events.
 */
class UeventQueue {
 public:
  enum class Outcome { kQueued, kCoalesced, kFull };

  /** Makes room for `limit` events with 1 KiB for each (a SCSI disk's event has 0.5 to 0.9 KiB). */
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
  /** The header of each message in the arena. */
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
  /** The index uses open addressing. An entry of an older generation counts as empty. */
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
