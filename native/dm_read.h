#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "dm_ioctl.h"

namespace mpathd::dm {

/** One target, with its table line and its status line. */
struct Target {
  uint64_t start;
  uint64_t length;
  std::string type;
  std::string table;
  std::string status;
};

/** One device. All parts are proved to be of the same device. */
struct Map {
  std::string uuid;
  std::string name;
  uint64_t dev = 0;
  std::optional<uint64_t> diskseq;
  uint32_t event_nr = 0;
  int32_t open_count = 0;
  bool suspended = false;
  bool read_only = false;
  bool has_live_table = false;
  bool has_inactive_table = false;
  std::vector<Target> targets;
};

/** The device list, and for each device of interest its reading or a failure. */
struct Snapshot {
  std::vector<ListEntry> devices;
  std::vector<std::pair<std::string, Outcome<Map>>> maps;
};

/** The interface's version. */
Outcome<std::array<uint32_t, 3>> ReadVersion(const Control& control);
/** The version of a target type; the kernel loads the type's module if it can. EINVAL: the kernel has no such type. */
Outcome<std::array<uint32_t, 3>> ReadTargetVersion(const Control& control, const std::string& type);
/** All devices. EOPNOTSUPP, step DM_VERSION, before interface 4.37, whose list has no event numbers. */
Outcome<std::vector<ListEntry>> ListDevices(const Control& control);
/**
 * Reads a device by UUID or device number. ESTALE, step "identity", if another device took its place during the
 * reading.
 */
Outcome<Map> ReadMap(const Control& control, const Address& address);
/** The list, and a reading of every device whose UUID begins with the prefix. */
Outcome<Snapshot> ReadSnapshot(const Control& control, const std::string& uuid_prefix);

}  // namespace mpathd::dm
