#pragma once

#include <cstring>

namespace mpathd {

/** The name of an errno, `ENOMEM`; `EUNKNOWN` for a number without a name in the C library. */
inline const char* ErrnoName(int number) {
  const char* name = strerrorname_np(number);
  return name != nullptr ? name : "EUNKNOWN";
}

}  // namespace mpathd
