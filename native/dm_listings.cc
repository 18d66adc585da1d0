#include "dm_listings.h"

#include <algorithm>
#include <utility>

namespace mpathd::dm {

namespace {

bool ByDevice(const ListEntry& a, const ListEntry& b) { return a.dev < b.dev; }

bool Same(const ListEntry& a, const ListEntry& b) {
  return a.dev == b.dev && a.event_nr == b.event_nr && a.name == b.name && a.uuid == b.uuid;
}

/** Both lists are sorted by device number. */
void TellChanges(const std::vector<ListEntry>& before, const std::vector<ListEntry>& now, Listing* listing) {
  auto old = before.begin();
  for (const ListEntry& entry : now) {
    for (; old != before.end() && ByDevice(*old, entry); ++old) listing->gone.push_back(old->dev);
    if (old == before.end() || ByDevice(entry, *old)) {
      listing->devices.push_back(entry);
      continue;
    }
    if (!Same(*old, entry)) listing->devices.push_back(entry);
    ++old;
  }
  for (; old != before.end(); ++old) listing->gone.push_back(old->dev);
}

}  // namespace

Listing Listings::Next(std::vector<ListEntry> devices, std::optional<uint64_t> since) {
  std::vector<ListEntry> sorted = devices;
  std::sort(sorted.begin(), sorted.end(), ByDevice);
  const std::lock_guard<std::mutex> lock(mutex_);
  Listing listing;
  if (number_ != 0 && since == number_) {
    listing.since = since;
    TellChanges(last_, sorted, &listing);
  } else {
    listing.devices = std::move(devices);
  }
  listing.number = ++number_;
  last_ = std::move(sorted);
  return listing;
}

}  // namespace mpathd::dm
