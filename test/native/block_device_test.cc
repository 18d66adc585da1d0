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

static const mpathd::ScsiCommand kTestUnitReady = {std::vector<uint8_t>(6), 0, {}, 1000};

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
  const mpathd::ReadAnswer answer = mpathd::ReadThenSend({dir / "sda", 8, 0, {}}, kTestUnitReady);
  CHECK_EQ(answer.failure.error, ESTALE);
  CHECK_EQ(answer.bytes, 0u);
  CHECK(!answer.second);
}

TEST(ACommandToTheWrongDeviceIsNotSent) {
  const TemporaryDirectory dir;
  dir.Write("sda", "");
  const mpathd::ScsiAnswers answers =
      mpathd::SendScsiCommands({dir / "sda", 8, 0, 5}, {std::vector<uint8_t>(6), 96, {}, 1000}, kTestUnitReady);
  const mpathd::ScsiAnswer& answer = answers.first;
  CHECK(!answers.second);
  CHECK_EQ(answer.failure.error, ESTALE);
  CHECK_EQ(answer.failure.step, std::string("identity"));
  CHECK(answer.data.empty());
  CHECK(answer.sense.empty());
}

TEST(DataIsNotSentToTheWrongDevice) {
  const TemporaryDirectory dir;
  dir.Write("sda", "");
  const mpathd::ScsiCommand out = {std::vector<uint8_t>(10), 0, std::vector<uint8_t>(24), 1000};
  const mpathd::ScsiAnswer answer = mpathd::SendScsiCommands({dir / "sda", 8, 0, 5}, out, {}).first;
  CHECK_EQ(answer.failure.error, ESTALE);
  CHECK_EQ(answer.failure.step, std::string("identity"));
  CHECK(answer.data.empty());
}
