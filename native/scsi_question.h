#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "scsi_command.h"

namespace mpathd {

/** A command in the form that JavaScript uses: bytes are hex text. */
struct ScsiQuestion {
  std::string command;
  /** `none`, `in` or `out`. */
  std::string direction;
  /** For `in` only: the room for data, in bytes. */
  std::optional<uint64_t> length;
  /** For `out` only: the data. */
  std::optional<std::string> data;
  uint32_t timeout_ms = 0;
};

/** Why a question is refused. The text names the argument. */
struct ScsiRefusal {
  /** True if an argument has the right type and is out of range: a RangeError. */
  bool range = false;
  /** Empty if the question is not refused. */
  std::string text;
};

/** The largest transfer: more than any command of a multipath daemon needs. */
constexpr size_t kMostScsiData = 64 * 1024;

/** Gives the command of a question. If the question is refused, the caller must not send the command. */
ScsiRefusal ParseScsiQuestion(const ScsiQuestion& question, ScsiCommand* command);

}  // namespace mpathd
