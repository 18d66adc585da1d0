#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "dm_buffer.h"

namespace mpathd::dm {

/** One answer of DM_LIST_DEVICES: whole, or as what has changed since an earlier one. */
struct Listing {
  uint64_t number = 0;
  /** The earlier one; nothing: it is whole. */
  std::optional<uint64_t> since;
  /** All devices, or those that are not in the earlier one as they are now. */
  std::vector<ListEntry> devices;
  /** The earlier one's devices under whose number there is none any more. */
  std::vector<uint64_t> gone;
};

/**
 * Numbers the listings and keeps the last, so that one of thousands of devices costs JavaScript no
 * more than what has changed. Who does not have the last gets a whole one. From any thread.
 */
class Listings {
 public:
  /** `devices`: just read. `since`: the number of the listing that the asker has. */
  Listing Next(std::vector<ListEntry> devices, std::optional<uint64_t> since);

 private:
  std::mutex mutex_;
  uint64_t number_ = 0;
  /** By device number, which is one device's at a time. */
  std::vector<ListEntry> last_;
};

}  // namespace mpathd::dm
