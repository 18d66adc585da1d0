#include "uevent_parse.h"

#include <arpa/inet.h>

#include <cstring>

namespace mpathd {

namespace {

constexpr uint64_t kLargestNumber = (uint64_t{1} << 53) - 1;  // of JavaScript's exact integers

// libudev's monitor header (systemd: src/libsystemd/sd-device/device-monitor.c). The magic is big endian, all other
// fields have the sender's byte order. The filter hashes after the magic are for BPF only.
constexpr std::string_view kUdevPrefix("libudev\0", 8);
constexpr uint32_t kUdevMagic = 0xfeedcafe;
constexpr size_t kMagicAt = 8;
constexpr size_t kPropertiesOffAt = 16;
constexpr size_t kPropertiesLenAt = 20;
constexpr size_t kUdevHeaderBytes = 40;

uint32_t WordAt(std::string_view message, size_t offset) {
  uint32_t word;
  std::memcpy(&word, message.data() + offset, sizeof word);
  return word;
}

bool ParseNumber(std::string_view text, uint64_t* number) {
  if (text.empty()) return false;
  uint64_t value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<uint64_t>(c - '0');
    if (value > kLargestNumber) return false;
  }
  *number = value;
  return true;
}

bool IsDeviceNumber(std::string_view text) {
  uint64_t number;
  return ParseNumber(text, &number) && number <= UINT32_MAX;
}

/** Each key that the daemon's decisions use may come only once: with two values none could be trusted. */
class Fields {
 public:
  bool Take(std::string_view key, std::string_view value) {
    for (Field& field : fields_) {
      if (field.key != key) continue;
      if (field.seen) return false;
      field.seen = true;
      field.value = value;
      return true;
    }
    return true;
  }

  bool Has(std::string_view key) const { return Find(key) != nullptr; }
  std::string_view Get(std::string_view key) const {
    const Field* field = Find(key);
    return field == nullptr ? std::string_view() : field->value;
  }

 private:
  struct Field {
    std::string_view key;
    bool seen = false;
    std::string_view value = {};
  };

  const Field* Find(std::string_view key) const {
    for (const Field& field : fields_) {
      if (field.key == key) return field.seen ? &field : nullptr;
    }
    return nullptr;
  }

  Field fields_[11] = {{"ACTION"}, {"DEVPATH"}, {"SUBSYSTEM"},  {"SEQNUM"},    {"DEVTYPE"}, {"MAJOR"},
                       {"MINOR"},  {"DISKSEQ"}, {"SYNTH_UUID"}, {"DM_ACTION"}, {"SDEV_UA"}};
};

bool ReadFields(std::string_view properties, Fields* fields) {
  size_t at = 0;
  while (at < properties.size()) {
    size_t end = properties.find('\0', at);
    if (end == std::string_view::npos) return false;
    std::string_view pair = properties.substr(at, end - at);
    size_t equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0) return false;
    if (!fields->Take(pair.substr(0, equals), pair.substr(equals + 1))) return false;
    at = end + 1;
  }
  return true;
}

bool Fill(const Fields& fields, UeventView* event) {
  event->subsystem = fields.Get("SUBSYSTEM");
  event->devtype = fields.Get("DEVTYPE");
  event->major = fields.Get("MAJOR");
  event->minor = fields.Get("MINOR");
  event->synth_uuid = fields.Get("SYNTH_UUID");
  event->dm_action = fields.Get("DM_ACTION");
  event->has_unit_attention = fields.Has("SDEV_UA");
  if (fields.Has("MAJOR") != fields.Has("MINOR")) return false;
  if (fields.Has("MAJOR") && (!IsDeviceNumber(event->major) || !IsDeviceNumber(event->minor))) return false;
  if (fields.Has("DISKSEQ")) {
    uint64_t number;
    if (!ParseNumber(fields.Get("DISKSEQ"), &number)) return false;
    event->diskseq = number;
  }
  return ParseNumber(fields.Get("SEQNUM"), &event->seqnum);
}

bool AgreesIfThere(const Fields& fields, std::string_view key, std::string_view value) {
  return !fields.Has(key) || fields.Get(key) == value;
}

std::optional<UeventView> Parse(std::string_view action, std::string_view devpath, std::string_view properties,
                                const Fields& fields) {
  if (action.empty() || devpath.size() < 2 || devpath[0] != '/') return std::nullopt;
  UeventView event;
  event.action = action;
  event.devpath = devpath;
  event.properties = UeventProperties(properties);
  if (!Fill(fields, &event)) return std::nullopt;
  return event;
}

std::optional<UeventView> ParseKernel(std::string_view message) {
  size_t end = message.find('\0');
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view header = message.substr(0, end);
  size_t at = header.find('@');
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view action = header.substr(0, at);
  std::string_view devpath = header.substr(at + 1);
  std::string_view properties = message.substr(end + 1);

  Fields fields;
  if (!ReadFields(properties, &fields)) return std::nullopt;
  // Injected messages may lack these two keys. If they have them, the values must repeat the header.
  if (!AgreesIfThere(fields, "ACTION", action) || !AgreesIfThere(fields, "DEVPATH", devpath)) return std::nullopt;
  return Parse(action, devpath, properties, fields);
}

std::optional<UeventView> ParseUdev(std::string_view message) {
  if (!HasUdevMagic(message) || message.size() < kUdevHeaderBytes) return std::nullopt;
  const uint32_t offset = WordAt(message, kPropertiesOffAt);
  const uint32_t length = WordAt(message, kPropertiesLenAt);
  if (offset < kUdevHeaderBytes || offset > message.size()) return std::nullopt;
  if (length > message.size() - offset) return std::nullopt;
  std::string_view properties = message.substr(offset, length);

  Fields fields;
  if (!ReadFields(properties, &fields)) return std::nullopt;
  return Parse(fields.Get("ACTION"), fields.Get("DEVPATH"), properties, fields);
}

}  // namespace

bool UeventProperties::Next(std::string_view* key, std::string_view* value) {
  const size_t end = rest_.find('\0');
  if (end == std::string_view::npos) return false;
  const std::string_view pair = rest_.substr(0, end);
  const size_t equals = pair.find('=');
  if (equals == std::string_view::npos) return false;
  *key = pair.substr(0, equals);
  *value = pair.substr(equals + 1);
  rest_.remove_prefix(end + 1);
  return true;
}

bool HasUdevMagic(std::string_view message) {
  return message.size() >= kMagicAt + sizeof(uint32_t) && message.substr(0, kUdevPrefix.size()) == kUdevPrefix &&
         WordAt(message, kMagicAt) == htonl(kUdevMagic);
}

std::optional<UeventView> ParseUevent(std::string_view message, UeventGroup group) {
  return group == UeventGroup::kUdev ? ParseUdev(message) : ParseKernel(message);
}

bool IsOfInterest(const UeventView& event) {
  if (event.subsystem == "block" || event.subsystem == "nvme") return true;
  if (event.subsystem == "scsi" && event.action == "change" && event.has_unit_attention) return true;
  return IsFence(event);
}

bool IsFence(const UeventView& event) { return !event.synth_uuid.empty() && event.synth_uuid != "0"; }

bool SaysTheSame(const UeventView& a, const UeventView& b) {
  if (a.action != b.action || a.devpath != b.devpath) return false;
  UeventProperties left = a.properties, right = b.properties;
  for (;;) {
    std::string_view left_key, left_value, right_key, right_value;
    const bool more = left.Next(&left_key, &left_value);
    if (more != right.Next(&right_key, &right_value)) return false;
    if (!more) return true;
    if (left_key != right_key) return false;
    if (left_value != right_value && left_key != "SEQNUM") return false;
  }
}

}  // namespace mpathd
