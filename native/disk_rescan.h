#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "block_device.h"

namespace mpathd {

/** A disk's directory in sysfs (`/sys/block/sda`) and the identity of the disk that must be there. */
struct DiskDirectory {
  std::string path;
  /** As sysfs prints it, `8:0`. */
  std::string devt;
  /** If absent, only `devt` is proved (kernels before 5.15 have no `diskseq`). */
  std::optional<uint64_t> diskseq;
};

/**
 * Has the kernel ask a SCSI disk for its identity: writes `1` to `device/rescan` (scsi_rescan_device reads the VPD
 * pages and the capacity anew), then `change` to `uevent`, so that udev looks at the disk again. ESTALE at step
 * "identity" if another disk has the name. Blocks until the disk answers.
 */
BlockError RescanDisk(const DiskDirectory& disk);

}  // namespace mpathd
