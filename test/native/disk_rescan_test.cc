// sources: native/disk_rescan.cc
#include "disk_rescan.h"

#include <errno.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "check.h"
#include "temporary_directory.h"

using mpathd::BlockError;
using mpathd::RescanDisk;

namespace {

std::string TextOf(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/** A directory as sysfs has one for sda, number 8:0 and sequence number 12. */
class Disk : public TemporaryDirectory {
 public:
  Disk() {
    Write("dev", "8:0\n");
    Write("diskseq", "12\n");
    Write("device/rescan", "");
    Write("uevent", "");
  }
  std::string Written() const { return TextOf(*this / "device/rescan") + "|" + TextOf(*this / "uevent"); }
};

}  // namespace

TEST(AsksTheDiskAndThenUdev) {
  const Disk disk;
  CHECK_EQ(RescanDisk({disk.path(), "8:0", 12}).error, 0);
  CHECK_EQ(disk.Written(), std::string("1|change"));
}

TEST(GoesByTheNumberWhereTheKernelHasNoSequenceNumbers) {
  const Disk disk;
  std::filesystem::remove(disk / "diskseq");
  CHECK_EQ(RescanDisk({disk.path(), "8:0", {}}).error, 0);
  CHECK_EQ(disk.Written(), std::string("1|change"));
}

TEST(WritesNothingForAnotherDiskUnderTheName) {
  const Disk disk;
  for (const mpathd::DiskDirectory& other :
       {mpathd::DiskDirectory{disk.path(), "8:16", 12}, {disk.path(), "8:0", 13}, {disk.path(), "8:0", 1}}) {
    const BlockError failure = RescanDisk(other);
    CHECK_EQ(failure.error, ESTALE);
    CHECK_EQ(std::string(failure.step), std::string("identity"));
  }
  CHECK_EQ(disk.Written(), std::string("|"));
}

TEST(SaysWhichStepFailed) {
  const Disk disk;
  CHECK_EQ(std::string(RescanDisk({disk / "nowhere", "8:0", 12}).step), std::string("open"));
  std::filesystem::remove(disk / "uevent");
  CHECK_EQ(std::string(RescanDisk({disk.path(), "8:0", 12}).step), std::string("uevent"));
  std::filesystem::remove(disk / "diskseq");
  const BlockError without = RescanDisk({disk.path(), "8:0", 12});
  CHECK_EQ(without.error, ENOENT);
  CHECK_EQ(std::string(without.step), std::string("diskseq"));
  std::filesystem::remove(disk / "device/rescan");
  CHECK_EQ(std::string(RescanDisk({disk.path(), "8:0", 12}).step), std::string("device/rescan"));
}

TEST(ANumberThatIsTooLongIsAnotherOne) {
  const Disk disk;
  disk.Write("dev", std::string(4096, '8'));
  CHECK_EQ(RescanDisk({disk.path(), std::string(4096, '8'), 12}).error, ESTALE);
}
