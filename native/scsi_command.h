#pragma once

#include <cstdint>
#include <vector>

#include "block_device.h"

namespace mpathd {

/** A SCSI command that reads data, sends data or moves none. */
struct ScsiCommand {
  std::vector<uint8_t> cdb;
  /** Room for data from the device; 0 if the command reads no data. */
  uint32_t data_in_bytes = 0;
  /** Data to the device; empty if the command sends no data. Never together with data_in_bytes. */
  std::vector<uint8_t> data_out;
  uint32_t timeout_ms = 0;
};

/** The answer to a command, without a judgement. */
struct ScsiAnswer {
  BlockError failure;
  uint8_t status = 0;
  uint16_t host_status = 0;
  uint16_t driver_status = 0;
  std::vector<uint8_t> sense;
  /** The data that came; empty if the command read no data. */
  std::vector<uint8_t> data;
};

/** Sends the command by SG_IO (version 3) after the proof of identity. May block for longer than the timeout. */
ScsiAnswer SendScsiCommand(const BlockDevice& device, const ScsiCommand& command);

}  // namespace mpathd
