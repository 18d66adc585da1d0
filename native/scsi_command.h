#pragma once

#include <cstdint>
#include <optional>
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

/** The answer to a command, and the one to a command that was sent right behind it. */
struct ScsiAnswers {
  ScsiAnswer first;
  /** Absent if no second command was sent. */
  std::optional<ScsiAnswer> second;
};

/**
 * Sends the command by SG_IO after the proof of identity, and then `second`, if there is one, on the same open device:
 * only if the first command worked. May block for longer than the timeouts.
 */
ScsiAnswers SendScsiCommands(const BlockDevice& device, const ScsiCommand& command,
                             const std::optional<ScsiCommand>& second);

/** The answer to a direct read, and the one to a command that was sent right behind it. */
struct ReadAnswer {
  BlockError failure;
  size_t bytes = 0;
  /** Absent if no command was sent. */
  std::optional<ScsiAnswer> second;
};

/** One direct read after the proof of identity, and then `second`, if there is one and the read worked. */
ReadAnswer ReadThenSend(const BlockDevice& device, const std::optional<ScsiCommand>& second);

}  // namespace mpathd
