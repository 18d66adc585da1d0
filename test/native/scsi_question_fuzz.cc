// sources: native/scsi_question.cc native/hex.cc
#include <cstdlib>
#include <vector>

#include "hex.h"
#include "scsi_question.h"

using namespace mpathd;

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

/** The fields between the slashes; empty: not given. */
std::vector<std::string> FieldsOf(const std::string& text) {
  std::vector<std::string> fields(1);
  for (const char letter : text) {
    if (letter == '/') {
      fields.emplace_back();
    } else {
      fields.back() += letter;
    }
  }
  fields.resize(5);
  return fields;
}

}  // namespace

/** Whatever is asked: no fault, and a command that is not refused is one that SG_IO can take. */
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::vector<std::string> fields = FieldsOf(std::string(reinterpret_cast<const char*>(data), size));
  ScsiQuestion question{
      fields[0], fields[1], {}, {}, static_cast<uint32_t>(std::strtoul(fields[4].c_str(), nullptr, 10))};
  if (!fields[2].empty()) question.length = std::strtoull(fields[2].c_str(), nullptr, 10);
  if (!fields[3].empty()) question.data = fields[3];
  ScsiCommand command;
  if (!ParseScsiQuestion(question, &command).text.empty()) return 0;
  Require(command.cdb.size() >= 6 && command.cdb.size() <= 16 && 2 * command.cdb.size() == fields[0].size());
  Require(command.timeout_ms > 0);
  Require(command.data_in_bytes <= kMostScsiData && command.data_out.size() <= kMostScsiData);
  Require(command.data_in_bytes == 0 || command.data_out.empty());
  Require((command.data_in_bytes > 0) == (fields[1] == "in"));
  Require((!command.data_out.empty()) == (fields[1] == "out"));
  Require(BytesOfHex(HexOf(command.cdb)) == command.cdb);
  return 0;
}

std::vector<std::string> FuzzSeeds() {
  return {
      "000000000000/none///1000",
      "12018300ff00/in/255//5000",
      "5f000000000000001800/out//0000000000000000abcdef0123456789000000000000000000000000/30000",
      "a30a00000000000000ff0000/in/65536//1",
      "9e10000000000000000000000020000/in/32//4294967295",
      "9e100000000000000000000000200000/in/32//4294967295",
  };
}
