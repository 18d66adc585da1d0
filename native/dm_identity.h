#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "dm_ioctl.h"

namespace mpathd::dm {

/**
 * A block device's directory in sysfs, held open. Another disk may get the number and name. A reading through this
 * handle is always about this one disk (kernfs answers ENODEV once the disk is gone).
 */
class DeviceDirectory {
 public:
  DeviceDirectory() = default;
  DeviceDirectory(const DeviceDirectory&) = delete;
  DeviceDirectory& operator=(const DeviceDirectory&) = delete;
  ~DeviceDirectory();

  /**
   * Opens `root`/major:minor and reads its disk sequence number. A missing directory is no failure (a dm device has no
   * disk before its first table). If the disk goes away during the reading: ESTALE.
   */
  Failure Open(const std::string& root, uint64_t dev);
  /** ESTALE unless the disk is still there with the same disk sequence number. */
  Failure Prove() const;

  bool exists() const { return fd_ >= 0; }
  /** Not set where the kernel has none (before 5.15). */
  const std::optional<uint64_t>& diskseq() const { return diskseq_; }

 private:
  Failure ReadDiskseq(std::optional<uint64_t>* diskseq) const;

  int fd_ = -1;
  std::optional<uint64_t> diskseq_;
};

}  // namespace mpathd::dm
