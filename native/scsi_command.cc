#include "scsi_command.h"

#include <errno.h>
#include <scsi/sg.h>
#include <sys/ioctl.h>

#include <algorithm>

namespace mpathd {

namespace {

// SPC-4 4.5.1: sense data is never longer than 252 bytes.
constexpr size_t kSenseBytes = 252;

}  // namespace

ScsiAnswer SendScsiCommand(const BlockDevice& device, const ScsiCommand& command) {
  ScsiAnswer answer;
  const UniqueFd fd = OpenBlockDevice(device, 0, &answer.failure);
  if (!fd.ok()) return answer;

  std::vector<uint8_t> cdb = command.cdb;
  answer.sense.resize(kSenseBytes);
  answer.data.resize(command.data_in_bytes);
  sg_io_hdr_t header{};
  header.interface_id = 'S';
  header.dxfer_direction = answer.data.empty() ? SG_DXFER_NONE : SG_DXFER_FROM_DEV;
  header.cmdp = cdb.data();
  header.cmd_len = static_cast<unsigned char>(cdb.size());
  header.sbp = answer.sense.data();
  header.mx_sb_len = static_cast<unsigned char>(kSenseBytes);
  header.dxferp = answer.data.data();
  header.dxfer_len = command.data_in_bytes;
  header.timeout = command.timeout_ms;
  if (ioctl(fd.get(), SG_IO, &header) != 0) {
    answer.failure = {errno, "SG_IO"};
    return answer;
  }
  answer.status = header.status;
  answer.host_status = header.host_status;
  answer.driver_status = header.driver_status;
  answer.sense.resize(std::min<size_t>(header.sb_len_wr, kSenseBytes));
  // The residual count is the target's word: never believed beyond the buffer.
  const size_t missing = static_cast<size_t>(std::max(header.resid, 0));
  answer.data.resize(answer.data.size() - std::min(missing, answer.data.size()));
  return answer;
}

}  // namespace mpathd
