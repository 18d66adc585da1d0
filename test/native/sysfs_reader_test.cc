// sources: native/sysfs_reader.cc
#include "sysfs_reader.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "check.h"
#include "temporary_directory.h"

using mpathd::kAttributeLimit;
using mpathd::ReadSysfs;
using mpathd::SysfsReading;

namespace {

mpathd::SysfsValue ReadOne(const std::string& directory, const std::string& attribute) {
  SysfsReading reading = ReadSysfs({directory, {attribute}});
  return reading.values.empty() ? mpathd::SysfsValue{-1, {}} : reading.values[0];
}

}  // namespace

TEST(ReadsEachAttributeOrItsErrno) {
  const TemporaryDirectory dir;
  dir.Write("size", "16384\n");
  dir.Write("device/vendor", "Linux   \n");
  const SysfsReading reading = ReadSysfs({dir.path(), {"size", "missing", "device/vendor", "device"}});
  CHECK_EQ(reading.error, 0);
  CHECK_EQ(reading.realpath, dir.path());
  CHECK_EQ(reading.values.size(), 4u);
  CHECK_EQ(reading.values[0].bytes, std::string("16384\n"));
  CHECK_EQ(reading.values[1].error, ENOENT);
  CHECK_EQ(reading.values[2].bytes, std::string("Linux   \n"));
  CHECK_EQ(reading.values[3].error, EISDIR);
}

TEST(KeepsBytesThatAreNoText) {
  const TemporaryDirectory dir;
  const std::string page("\0\x83\0\xff\n\0", 6);
  dir.Write("vpd_pg83", page);
  CHECK_EQ(ReadOne(dir.path(), "vpd_pg83").bytes, page);
}

TEST(ReadsUpToTheLimitAndRefusesMore) {
  const TemporaryDirectory dir;
  dir.Write("most", std::string(kAttributeLimit, 'x'));
  dir.Write("more", std::string(kAttributeLimit + 1, 'x'));
  CHECK_EQ(ReadOne(dir.path(), "most").bytes.size(), kAttributeLimit);
  CHECK_EQ(ReadOne(dir.path(), "more").error, EFBIG);
  CHECK_EQ(ReadOne(dir.path(), "more").bytes, std::string());
}

TEST(ListsADirectoryThatAnAttributeNames) {
  const TemporaryDirectory dir;
  dir.Write("holders/dm-0", "");
  dir.Write("holders/dm-12", "");
  const std::string names = ReadOne(dir.path(), "holders/").bytes;
  CHECK(names == std::string("dm-0\0dm-12\0", 11) || names == std::string("dm-12\0dm-0\0", 11));
  CHECK_EQ(ReadOne(dir.path(), "nothing/").error, ENOENT);
}

TEST(AnAbsoluteAttributeIsRefused) {
  CHECK_EQ(ReadOne("/tmp", "/etc/passwd").error, EINVAL);
  CHECK_EQ(ReadOne("/tmp", "").error, EINVAL);
}

TEST(ADirectoryThatIsNotThereHasNoValues) {
  const SysfsReading reading = ReadSysfs({"/nonexistent/sda", {"size"}});
  CHECK_EQ(reading.error, ENOENT);
  CHECK_EQ(reading.values.size(), 0u);
  CHECK_EQ(ReadSysfs({"/proc/self/status", {"size"}}).error, ENOTDIR);
}

TEST(ALinkIsFollowedAndItsTargetNamed) {
  const TemporaryDirectory dir;
  dir.Write("devices/sda/size", "1\n");
  CHECK_EQ(symlink((dir / "devices/sda").c_str(), (dir / "sda").c_str()), 0);
  CHECK_EQ(ReadSysfs({dir / "sda", {}}).realpath, dir / "devices/sda");
}

TEST(ALoopOfLinksIsAnError) {
  const TemporaryDirectory dir;
  CHECK_EQ(symlink("loop", (dir / "loop").c_str()), 0);
  CHECK_EQ(ReadSysfs({dir / "loop", {}}).error, ELOOP);
  CHECK_EQ(ReadOne(dir.path(), "loop").error, ELOOP);
}

TEST(AFifoDoesNotBlockTheReader) {
  const TemporaryDirectory dir;
  CHECK_EQ(mkfifo((dir / "fifo").c_str(), 0600), 0);
  CHECK_EQ(ReadOne(dir.path(), "fifo").bytes, std::string());
}

TEST(ListDirectoryLeavesDotsOut) {
  const TemporaryDirectory dir;
  dir.Write("b", "");
  dir.Write("a", "");
  std::vector<std::string> names;
  CHECK_EQ(mpathd::ListDirectory(dir.path(), &names), 0);
  std::sort(names.begin(), names.end());
  CHECK_EQ(names.size(), 2u);
  CHECK_EQ(names.front(), std::string("a"));
  CHECK_EQ(mpathd::ListDirectory(dir / "c", &names), ENOENT);
  CHECK_EQ(mpathd::ListDirectory(dir / "a", &names), ENOTDIR);
}
