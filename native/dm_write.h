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

/** The outcome of a command. After a failure the cookie is set, too, if udev already works on its event. */
struct Written {
  Failure failure;
  /** For FinishCookie(); 0: there is nothing to finish. */
  uint64_t cookie = 0;
  /** After create and reload: a reading of the device after the write. */
  Map map;
};

/** EINVAL, step `uuid`, `name`, `params` or `message`: the argument is refused here, before any ioctl. */
Failure CheckUuid(const std::string& uuid);
Failure CheckName(const std::string& name);
Failure CheckTable(const Table& table);
Failure CheckMessage(const std::string& message);

/** Create, load, resume. If load or resume fails, the device that was created here is removed again. */
Written CreateMap(const Control& control, const std::string& name, const std::string& uuid, const Table& table,
                  uint32_t udev_flags);
/**
 * Load, and a resume that swaps the table in without a flush. If the resume fails, the inactive table is cleared, and
 * the device runs on with its live table. A device that was suspended before stays suspended then, unless `resume` is
 * set.
 */
Written ReloadMap(const Control& control, const std::string& uuid, const Table& table, bool resume,
                  uint32_t udev_flags);
/**
 * The kernel renames by name alone (dm_hash_rename looks at no UUID). So the old name is read just before. If another
 * device had taken over the old name in between, the rename hits this device: it gets its name back, and the answer is
 * ESTALE, step "identity".
 */
Written RenameMap(const Control& control, const std::string& uuid, const std::string& name, uint32_t udev_flags);
/** EBUSY if the map is open. */
Written RemoveMap(const Control& control, const std::string& uuid, uint32_t udev_flags);
/** Sends the message to the target at sector 0. */
Failure SendMessage(const Control& control, const std::string& uuid, const std::string& message);

}  // namespace mpathd::dm
