#include "uevent_queue.h"

#include <cstring>
#include <functional>

namespace mpathd {

namespace {

constexpr size_t kBytesPerEvent = 1024;
// Room for two of the largest messages that the listener accepts.
constexpr size_t kSmallestArena = 128 * 1024;
// The new message may be longer than the one that it replaces, by a digit of SEQNUM.
constexpr size_t kSlack = 8;

size_t IndexSizeFor(size_t limit) {
  size_t size = 16;
  while (size < limit * 2) size *= 2;
  return size;
}

size_t ArenaBytesFor(size_t limit) {
  return limit * kBytesPerEvent > kSmallestArena ? limit * kBytesPerEvent : kSmallestArena;
}

size_t RoundUp(size_t bytes) { return (bytes + 15) & ~size_t{15}; }

uint64_t HashOf(std::string_view devpath, uint64_t diskseq_plus_one) {
  return std::hash<std::string_view>()(devpath) ^ (diskseq_plus_one * 0x9e3779b97f4a7c15u);
}

bool IsMergeable(const UeventView& event) {
  return event.action == "change" && event.dm_action.empty() && !IsFence(event);
}

}  // namespace

UeventQueue::UeventQueue(size_t limit)
    : limit_(limit),
      index_size_(IndexSizeFor(limit)),
      arena_bytes_(ArenaBytesFor(limit)),
      memory_(index_size_ * sizeof(IndexEntry) + arena_bytes_, RealtimeMemory::InChildren::kAbsent),
      index_(static_cast<IndexEntry*>(memory_.data())),
      arena_(static_cast<char*>(memory_.data()) + index_size_ * sizeof(IndexEntry)) {}

UeventQueue::Outcome UeventQueue::Add(std::string_view message, const UeventView& event, UeventGroup group) {
  const uint64_t diskseq_plus_one = event.diskseq ? *event.diskseq + 1 : 0;
  const uint64_t hash = HashOf(event.devpath, diskseq_plus_one);
  IndexEntry* entry = FindEntry(hash, event.devpath, diskseq_plus_one);
  Slot* last = entry->generation == generation_ ? SlotAt(entry->slot_at) : nullptr;

  const bool repeats = last != nullptr && last->group == group && IsMergeable(event) && Repeats(*last, event);
  if (repeats && message.size() <= last->capacity) {
    // The event moves to an earlier place in the queue. This does no harm, as it is still the last event of its device.
    std::memcpy(last + 1, message.data(), message.size());
    last->length = static_cast<uint32_t>(message.size());
    last->devpath_at = static_cast<uint32_t>(event.devpath.data() - message.data());
    return Outcome::kCoalesced;
  }

  Slot* slot = Append(message);
  if (slot == nullptr) return Outcome::kFull;
  slot->hash = hash;
  slot->diskseq_plus_one = diskseq_plus_one;
  slot->devpath_at = static_cast<uint32_t>(event.devpath.data() - message.data());
  slot->devpath_length = static_cast<uint32_t>(event.devpath.size());
  slot->group = group;
  slot->mergeable = IsMergeable(event);
  *entry = {hash, static_cast<uint32_t>(reinterpret_cast<char*>(slot) - arena_), generation_};
  return Outcome::kQueued;
}

void UeventQueue::Clear() {
  used_ = 0;
  size_ = 0;
  if (++generation_ != 0) return;
  std::memset(index_, 0, index_size_ * sizeof(IndexEntry));
  generation_ = 1;
}

UeventQueue::IndexEntry* UeventQueue::FindEntry(uint64_t hash, std::string_view devpath, uint64_t diskseq_plus_one) {
  // The loop ends at an empty entry: at most `limit` entries are in use, of at least twice as many.
  for (size_t at = hash & (index_size_ - 1);; at = (at + 1) & (index_size_ - 1)) {
    IndexEntry* entry = &index_[at];
    if (entry->generation != generation_) return entry;
    if (entry->hash != hash) continue;
    const Slot& slot = *SlotAt(entry->slot_at);
    if (slot.diskseq_plus_one != diskseq_plus_one) continue;
    if (MessageOf(slot).substr(slot.devpath_at, slot.devpath_length) == devpath) return entry;
  }
}

bool UeventQueue::Repeats(const Slot& slot, const UeventView& event) {
  if (!slot.mergeable) return false;
  std::optional<UeventView> kept = ParseUevent(MessageOf(slot), slot.group);
  return kept && SaysTheSame(*kept, event);
}

UeventQueue::Slot* UeventQueue::Append(std::string_view message) {
  const size_t capacity = RoundUp(message.size() + kSlack);
  if (size_ >= limit_ || capacity + sizeof(Slot) > arena_bytes_ - used_) return nullptr;
  Slot* slot = SlotAt(used_);
  slot->capacity = static_cast<uint32_t>(capacity);
  slot->length = static_cast<uint32_t>(message.size());
  std::memcpy(slot + 1, message.data(), message.size());
  used_ += sizeof(Slot) + capacity;
  ++size_;
  return slot;
}

}  // namespace mpathd
