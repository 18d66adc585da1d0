#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "dm_buffer.h"

namespace mpathd::dm {

/** One answer of DM_LIST_DEVICES: the whole list, or the changes since an earlier listing. */
struct Listing {
  uint64_t number = 0;
  /** The number of the earlier listing; nothing if this is the whole list. */
  std::optional<uint64_t> since;
  /** All devices, or those that are new or differ from the earlier listing. */
  std::vector<ListEntry> devices;
  /** The device numbers of the earlier listing that no device has any more. */
  std::vector<uint64_t> gone;
};

/**
 * Numbers the listings and keeps the last one. So a listing of thousands of devices costs JavaScript only the changes.
 * A caller that does not have the last listing gets the whole list. For use on any thread.
 */
class Listings {
 public:
  /** `devices`: the list as just read. `since`: the number of the caller's last listing. */
  Listing Next(std::vector<ListEntry> devices, std::optional<uint64_t> since);

 private:
  std::mutex mutex_;
  uint64_t number_ = 0;
  /** Sorted by device number; only one device has a number at a time. */
  std::vector<ListEntry> last_;
};

}  // namespace mpathd::dm
