// sources: native/process_maps.cc
#include "process_maps.h"

#include <fstream>

#include "check.h"

using mpathd::FileMapping;

namespace {

const std::string kNumbers = "55d4e3a2b000-55d4e3a2f000 ";

bool IsLocked(const std::string& rest) { return FileMapping(kNumbers + rest).has_value(); }

}  // namespace

TEST(CodeAndConstantsOfFilesAreTaken) {
  CHECK(IsLocked("r-xp 00002000 fe:01 1234                       /usr/bin/node"));
  CHECK(IsLocked("r--p 00000000 fe:01 1234                       /usr/lib/libc.so.6"));
  CHECK(IsLocked("r--s 00000000 00:1b 99999999999                /usr/lib/locale/C.utf8/LC_CTYPE"));
  CHECK(IsLocked("r-xp 00000000 fe:01 77                         /opt/with blank/mpathd.node"));
  CHECK(IsLocked("r-xp 00000000 fe:01 77                         /usr/lib/old.so (deleted)"));
}

TEST(TheRangeIsThatOfTheLine) {
  const auto range = FileMapping(kNumbers + "r-xp 00002000 fe:01 1234 /usr/bin/node");
  CHECK(range.has_value());
  CHECK_EQ(range->start, 0x55d4e3a2b000u);
  CHECK_EQ(range->length, 0x4000u);
}

TEST(WhatCanBeWrittenOrNotReadIsLeft) {
  CHECK(!IsLocked("rw-p 00002000 fe:01 1234 /usr/bin/node"));
  CHECK(!IsLocked("rwxp 00002000 fe:01 1234 /usr/bin/node"));
  CHECK(!IsLocked("---p 00002000 fe:01 1234 /usr/bin/node"));
  CHECK(!IsLocked("--xp 00002000 fe:01 1234 /usr/bin/node"));
}

TEST(WhatIsNoFileIsLeft) {
  CHECK(!IsLocked("r-xp 00000000 00:00 0"));
  CHECK(!IsLocked("r-xp 00000000 00:00 0    [vdso]"));
  CHECK(!IsLocked("r--p 00000000 00:00 0    [vvar]"));
  CHECK(!IsLocked("r--p 00000000 00:00 0    [anon:v8]"));
  CHECK(!IsLocked("r--s 00000000 00:05 7    /dev/zero (deleted)"));
  CHECK(!IsLocked("r-xs 00000000 00:01 7    /memfd:doublemapper (deleted)"));
  CHECK(!IsLocked("r--s 00000000 00:01 7    /SYSV00000000 (deleted)"));
}

TEST(DamagedLinesAreLeft) {
  CHECK(!FileMapping("").has_value());
  CHECK(!FileMapping("nonsense").has_value());
  CHECK(!FileMapping("2000-1000 r-xp 0 fe:01 1 /usr/bin/node").has_value());
  CHECK(!FileMapping("1000-1000 r-xp 0 fe:01 1 /usr/bin/node").has_value());
  CHECK(!FileMapping("1000-2000 r-xp 0 fe:01").has_value());
  CHECK(!FileMapping("1000-2000").has_value());
}

TEST(TheMappingsOfThisProcessAreLocked) {
  const mpathd::LockedMemory locked = mpathd::LockFileMappings();
  CHECK(locked.bytes > 0 || locked.failures > 0);
  std::ifstream status("/proc/self/status");
  size_t kilobytes = 0;
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmLck:", 0) == 0) kilobytes = std::stoul(line.substr(6));
  }
  CHECK(kilobytes * 1024 <= locked.bytes);
  CHECK(locked.bytes == 0 || kilobytes > 0);
}
