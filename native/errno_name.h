#pragma once

#include <cstring>

namespace mpathd {

/** The name of an errno, `ENOMEM`; `EUNKNOWN` for a number the C library has no name for. */
inline const char* ErrnoName(int number) {
  const char* name = strerrorname_np(number);
  return name != nullptr ? name : "EUNKNOWN";
}

}  // namespace mpathd
