// sources: native/dm_buffer.cc
#include <cstdlib>

#include "dm_answers.h"
#include "dm_buffer.h"

using namespace mpathd::dm;

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

std::string TextOf(const Buffer& buffer) { return std::string(buffer.begin(), buffer.end()); }

}  // namespace

/** Whatever the kernel's bytes: no fault, and nothing that is accepted breaks dm's own limits. */
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Buffer answer(data, data + size);
  if (std::optional<Header> header = ParseHeader(answer)) {
    Require(header->name.size() < DM_NAME_LEN && header->uuid.size() < DM_UUID_LEN);
  }
  if (std::optional<std::vector<ListEntry>> list = ParseList(answer)) {
    // 12 bytes of entry, a name of a byte and its end, event number and flags: 24.
    Require(list->size() <= size / 24);
    for (const ListEntry& entry : *list) {
      Require(!entry.name.empty() && entry.name.size() < DM_NAME_LEN);
      Require(entry.uuid.value_or("").size() < DM_UUID_LEN);
    }
  }
  if (std::optional<std::vector<TargetLine>> targets = ParseTargets(answer)) {
    Require(targets->size() <= size / sizeof(dm_target_spec));
    for (const TargetLine& line : *targets) {
      Require(!line.type.empty() && line.type.size() < DM_MAX_TYPE_NAME && line.params.size() < size);
    }
  }
  ParseTargetVersion(answer);
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (std::optional<uint64_t> dev = ParseDevice(text)) Require(ParseDevice(DeviceText(*dev)) == dev);
  if (ValidName(text)) Require(text.size() < DM_NAME_LEN && text.find('\0') == std::string::npos);
  return 0;
}

std::vector<std::string> FuzzSeeds() {
  dm_ioctl targets = answers::Fixed();
  targets.target_count = 2;
  return {
      TextOf(answers::Answer(answers::Fixed(), "")),
      TextOf(answers::Answer(
          answers::Fixed(),
          answers::List(
              {{0xfd00, 1, "mpatha", "mpath-1"}, {0xfd01, 2, "swap", nullptr}, {0xfd02, 3, "old", nullptr, true}}),
          32)),
      TextOf(answers::Answer(
          targets,
          answers::Targets({{0, 8, "multipath", "0 0 1 1 round-robin 0 1 1 8:0 1"}, {8, 8, "linear", "8:0 0"}}), 32)),
      "253:17",
  };
}
