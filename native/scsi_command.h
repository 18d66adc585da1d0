#pragma once

#include <cstdint>
#include <vector>

#include "block_device.h"

namespace mpathd {

/** A SCSI command that reads data or moves none. */
struct ScsiCommand {
  std::vector<uint8_t> cdb;
  uint32_t data_in_bytes = 0;
  uint32_t timeout_ms = 0;
};

/** What came back, unjudged. */
struct ScsiAnswer {
  BlockError failure;
  uint8_t status = 0;
  uint16_t host_status = 0;
  uint16_t driver_status = 0;
  std::vector<uint8_t> sense;
  std::vector<uint8_t> data;
};

/** Sends the command by SG_IO (version 3) after the proof of identity. Blocks up to its timeout and longer. */
ScsiAnswer SendScsiCommand(const BlockDevice& device, const ScsiCommand& command);

}  // namespace mpathd
