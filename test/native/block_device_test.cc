// sources: native/block_device.cc native/scsi_command.cc
#include "block_device.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "check.h"
#include "scsi_command.h"
#include "temporary_directory.h"

using mpathd::BlockError;
using mpathd::OpenBlockDevice;

TEST(AMissingNodeFailsAtOpen) {
  BlockError failure;
  CHECK(!OpenBlockDevice({"/nonexistent/sda", 8, 0, {}}, 0, &failure).ok());
  CHECK_EQ(failure.error, ENOENT);
  CHECK_EQ(failure.step, std::string("open"));
}

TEST(AFileIsNotTheDeviceMeant) {
  const TemporaryDirectory dir;
  dir.Write("sda", "no device");
  BlockError failure;
  CHECK(!OpenBlockDevice({dir / "sda", 8, 0, {}}, 0, &failure).ok());
  CHECK_EQ(failure.error, ESTALE);
  CHECK_EQ(failure.step, std::string("identity"));
}

TEST(ACharacterDeviceOfTheSameNumberIsNotTheDeviceMeant) {
  BlockError failure;
  CHECK(!OpenBlockDevice({"/dev/null", 1, 3, {}}, 0, &failure).ok());
  CHECK_EQ(failure.error, ESTALE);
}

TEST(AReadOfTheWrongDeviceReadsNothing) {
  const TemporaryDirectory dir;
  dir.Write("sda", std::string(4096, 'x'));
  size_t bytes = 77;
  const BlockError failure = mpathd::DirectRead({dir / "sda", 8, 0, {}}, &bytes);
  CHECK(failure.error != 0);
  CHECK_EQ(bytes, 77u);
}

TEST(ACommandToTheWrongDeviceIsNotSent) {
  const TemporaryDirectory dir;
  dir.Write("sda", "");
  const mpathd::ScsiAnswer answer =
      mpathd::SendScsiCommand({dir / "sda", 8, 0, 5}, {std::vector<uint8_t>(6), 96, {}, 1000});
  CHECK_EQ(answer.failure.error, ESTALE);
  CHECK_EQ(answer.failure.step, std::string("identity"));
  CHECK(answer.data.empty());
  CHECK(answer.sense.empty());
}

TEST(DataIsNotSentToTheWrongDevice) {
  const TemporaryDirectory dir;
  dir.Write("sda", "");
  const mpathd::ScsiAnswer answer =
      mpathd::SendScsiCommand({dir / "sda", 8, 0, 5}, {std::vector<uint8_t>(10), 0, std::vector<uint8_t>(24), 1000});
  CHECK_EQ(answer.failure.error, ESTALE);
  CHECK_EQ(answer.failure.step, std::string("identity"));
  CHECK(answer.data.empty());
}
