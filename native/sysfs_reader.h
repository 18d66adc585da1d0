#pragma once

#include <string>
#include <vector>

namespace mpathd {

/** No attribute of a disk is longer. A longer file gives EFBIG. */
constexpr size_t kAttributeLimit = 64 * 1024;

/** Some attributes of one directory. */
struct SysfsRequest {
  std::string directory;
  /** Relative paths. A path that ends in '/' is a directory: the names in it are read. */
  std::vector<std::string> attributes;
};

/** The bytes of an attribute, or the names in a directory (each ended by a NUL), or an errno. */
struct SysfsValue {
  int error = 0;
  std::string bytes;
};

/** The answer to a SysfsRequest; with an error there are no values. */
struct SysfsReading {
  int error = 0;
  std::string realpath;
  std::vector<SysfsValue> values;
};

/**
 * Reads attributes relative to one handle on the directory, so that all of them are of one kobject. The attributes of a
 * removed kobject give ENOENT or ENODEV, even if another kobject has its name by then.
 */
SysfsReading ReadSysfs(const SysfsRequest& request);

/** The names in a directory without . and .., in the kernel's order. Returns 0 or an errno. */
int ListDirectory(const std::string& path, std::vector<std::string>* names);

}  // namespace mpathd
