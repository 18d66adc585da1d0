#include "scsi_question.h"

#include <utility>

#include "hex.h"

namespace mpathd {

namespace {

// SPC-4 4.2.5: the fixed lengths of a CDB. SG_IO takes longer ones on new kernels only.
bool IsCdbLength(size_t bytes) { return bytes == 6 || bytes == 10 || bytes == 12 || bytes == 16; }

ScsiRefusal WrongType(std::string text) { return {false, std::move(text)}; }
ScsiRefusal OutOfRange(std::string text) { return {true, std::move(text)}; }

ScsiRefusal ParseRoom(const ScsiQuestion& question, ScsiCommand* command) {
  if (!question.length) return WrongType("command.length must be a number if command.direction is \"in\"");
  if (*question.length == 0 || *question.length > kMostScsiData) {
    return OutOfRange("command.length must be from 1 to " + std::to_string(kMostScsiData));
  }
  command->data_in_bytes = static_cast<uint32_t>(*question.length);
  return {};
}

ScsiRefusal ParseData(const ScsiQuestion& question, ScsiCommand* command) {
  if (!question.data) return WrongType("command.data must be hex text if command.direction is \"out\"");
  // Checked before the decoding: the text may be of any size, and its length is enough to refuse it.
  if (question.data->empty() || question.data->size() > 2 * kMostScsiData) {
    return OutOfRange("command.data must have from 1 to " + std::to_string(kMostScsiData) + " bytes");
  }
  std::optional<std::vector<uint8_t>> data = BytesOfHex(*question.data);
  if (!data) return WrongType("command.data must be hex text, two digits a byte");
  command->data_out = std::move(*data);
  return {};
}

}  // namespace

ScsiRefusal ParseScsiQuestion(const ScsiQuestion& question, ScsiCommand* command) {
  std::optional<std::vector<uint8_t>> cdb = BytesOfHex(question.command);
  if (!cdb) return WrongType("command.command must be hex text, two digits a byte");
  if (!IsCdbLength(cdb->size())) return OutOfRange("command.command must have 6, 10, 12 or 16 bytes");
  if (question.timeout_ms == 0) return OutOfRange("command.timeoutMs must be from 1");
  const bool in = question.direction == "in";
  const bool out = question.direction == "out";
  if (!in && !out && question.direction != "none") {
    return WrongType("command.direction must be \"none\", \"in\" or \"out\"");
  }
  if (question.length && !in) return WrongType("command.length is for command.direction \"in\" alone");
  if (question.data && !out) return WrongType("command.data is for command.direction \"out\" alone");
  *command = {};
  command->cdb = std::move(*cdb);
  command->timeout_ms = question.timeout_ms;
  if (in) return ParseRoom(question, command);
  if (out) return ParseData(question, command);
  return {};
}

}  // namespace mpathd
