#pragma once

#include <string>
#include <vector>

namespace mpathd {

/** No attribute of a disk is longer; what is, is refused with EFBIG. */
constexpr size_t kAttributeLimit = 64 * 1024;

/** Some attributes of one directory. */
struct SysfsRequest {
  std::string directory;
  /** Relative paths. One that ends in '/' is a directory: its names are read. */
  std::vector<std::string> attributes;
};

/** An attribute's bytes (a directory's names, each ended by a NUL), or an errno. */
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
 * Reads attributes relative to one handle on the directory, so that all are of one kobject: those
 * of a removed one answer ENOENT or ENODEV, even if its name has been given to another.
 */
SysfsReading ReadSysfs(const SysfsRequest& request);

/** The names in a directory without . and .., in the kernel's order. Returns 0 or an errno. */
int ListDirectory(const std::string& path, std::vector<std::string>* names);

}  // namespace mpathd
