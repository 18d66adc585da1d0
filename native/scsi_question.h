#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "scsi_command.h"

namespace mpathd {

/** A command as JavaScript words it: bytes are hex text. */
struct ScsiQuestion {
  std::string command;
  /** `none`, `in` or `out`. */
  std::string direction;
  /** `in` alone: the room for data, in bytes. */
  std::optional<uint64_t> length;
  /** `out` alone. */
  std::optional<std::string> data;
  uint32_t timeout_ms = 0;
};

/** Why a question is refused, in words that name the argument. */
struct ScsiRefusal {
  /** Of the right kind, but too long, too short, too much: a RangeError. */
  bool range = false;
  /** Empty: the question is not refused. */
  std::string text;
};

/** The largest transfer: more than any command that a multipath daemon has. */
constexpr size_t kMostScsiData = 64 * 1024;

/** The command of a question. If it is refused, the command is not to be sent. */
ScsiRefusal ParseScsiQuestion(const ScsiQuestion& question, ScsiCommand* command);

}  // namespace mpathd
