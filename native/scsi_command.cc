#include "scsi_command.h"

#include <errno.h>
#include <fcntl.h>
#include <scsi/sg.h>
#include <sys/ioctl.h>

#include <algorithm>

namespace mpathd {

namespace {

// SPC-4 4.5.1: sense data is never longer than 252 bytes.
constexpr size_t kSenseBytes = 252;

void SetTransfer(sg_io_hdr_t* header, int direction, std::vector<uint8_t>* data) {
  header->dxfer_direction = direction;
  header->dxferp = data->data();
  header->dxfer_len = static_cast<unsigned>(data->size());
}

ScsiAnswer SendOn(int fd, const ScsiCommand& command) {
  ScsiAnswer answer;
  std::vector<uint8_t> cdb = command.cdb;
  std::vector<uint8_t> data_out = command.data_out;
  answer.sense.resize(kSenseBytes);
  answer.data.resize(command.data_in_bytes);
  sg_io_hdr_t header{};
  header.interface_id = 'S';
  header.cmdp = cdb.data();
  header.cmd_len = static_cast<unsigned char>(cdb.size());
  header.sbp = answer.sense.data();
  header.mx_sb_len = static_cast<unsigned char>(kSenseBytes);
  header.dxfer_direction = SG_DXFER_NONE;
  if (!answer.data.empty()) SetTransfer(&header, SG_DXFER_FROM_DEV, &answer.data);
  if (!data_out.empty()) SetTransfer(&header, SG_DXFER_TO_DEV, &data_out);
  header.timeout = command.timeout_ms;
  if (ioctl(fd, SG_IO, &header) != 0) {
    answer.failure = {errno, "SG_IO"};
    return answer;
  }
  answer.status = header.status;
  answer.host_status = header.host_status;
  answer.driver_status = header.driver_status;
  answer.sense.resize(std::min<size_t>(header.sb_len_wr, kSenseBytes));
  // The residual count comes from the target, so it is limited to the size of the buffer.
  const size_t missing = static_cast<size_t>(std::max(header.resid, 0));
  answer.data.resize(answer.data.size() - std::min(missing, answer.data.size()));
  return answer;
}

}  // namespace

// The device is opened for reading, whatever the command does (drivers/scsi/scsi_ioctl.c, scsi_cmd_allowed; before
// Linux 5.15 block/scsi_ioctl.c, blk_verify_command):
// - With CAP_SYS_RAWIO, SG_IO accepts every command, and the open mode does not count.
// - Without it, PERSISTENT RESERVE IN and OUT are refused (EPERM), even on a device that is open for writing. An open
//   for writing would do harm. sd_open refuses it (EROFS) if the disk is write-protected. And udevd watches disks for
//   IN_CLOSE_WRITE: at the close it would send a `change` event and read the disk anew.
//
// That file has two more rules. The kernel waits for at least 7 s (BLK_MIN_SG_TIMEOUT), even if the timeout is shorter.
// The call fails with EIO if there is more data than the queue takes at once (queue_max_hw_sectors).
ScsiAnswers SendScsiCommands(const BlockDevice& device, const ScsiCommand& command,
                             const std::optional<ScsiCommand>& second) {
  ScsiAnswers answers;
  const UniqueFd fd = OpenBlockDevice(device, 0, &answers.first.failure);
  if (!fd.ok()) return answers;
  answers.first = SendOn(fd.get(), command);
  const ScsiAnswer& first = answers.first;
  const bool worked = first.failure.error == 0 && first.status == 0 && first.host_status == 0;
  if (second && worked) answers.second = SendOn(fd.get(), *second);
  return answers;
}

ReadAnswer ReadThenSend(const BlockDevice& device, const std::optional<ScsiCommand>& second) {
  ReadAnswer answer;
  const UniqueFd fd = OpenBlockDevice(device, O_DIRECT, &answer.failure);
  if (!fd.ok()) return answer;
  answer.failure = DirectRead(fd.get(), &answer.bytes);
  if (second && answer.failure.error == 0) answer.second = SendOn(fd.get(), *second);
  return answer;
}

}  // namespace mpathd
