#pragma once

#include <string>

#include "dm_read.h"

namespace mpathd::dm {

/** A table of one target from sector 0 on. */
struct Table {
  uint64_t length = 0;
  bool read_only = false;
  std::string type;
  std::string params;
};

/** What became of a command; the cookie is set after failures, too, if udev is at work already. */
struct Written {
  Failure failure;
  /** For FinishCookie(); 0: nothing to finish. */
  uint64_t cookie = 0;
  /** After create and reload: the device as it is then. */
  Map map;
};

/** EINVAL, step `uuid`, `name`, `params` or `message`: refused here, the kernel was not asked. */
Failure CheckUuid(const std::string& uuid);
Failure CheckName(const std::string& name);
Failure CheckTable(const Table& table);
Failure CheckMessage(const std::string& message);

/** Create, load, resume. If load or resume fails the device, if made here, is removed again. */
Written CreateMap(const Control& control, const std::string& name, const std::string& uuid, const Table& table,
                  uint32_t udev_flags);
/**
 * Load, and a resume that swaps the table in without flushing. If it fails, the inactive table is
 * cleared and the device goes back to running with what it has, unless it was found suspended.
 */
Written ReloadMap(const Control& control, const std::string& uuid, const Table& table, uint32_t udev_flags);
/**
 * The kernel renames by name alone (dm_hash_rename looks at no UUID), so the name is read just
 * before, and a device that had taken it over in between gets it back: ESTALE, step "identity".
 */
Written RenameMap(const Control& control, const std::string& uuid, const std::string& name, uint32_t udev_flags);
/** EBUSY if it is open. */
Written RemoveMap(const Control& control, const std::string& uuid, uint32_t udev_flags);
/** To the target at sector 0. */
Failure SendMessage(const Control& control, const std::string& uuid, const std::string& message);

}  // namespace mpathd::dm
