#include "dm_buffer.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace mpathd::dm {

namespace {

// The kernel allocates a line in one piece; a table of a thousand paths has some 30 KiB.
constexpr size_t kMaxLine = 1024 * 1024;
constexpr size_t kEntryName = offsetof(dm_name_list, name);

constexpr size_t Align8(size_t value) { return (value + 7) & ~size_t{7}; }

bool Printable(const std::string& text, char lowest) {
  for (char c : text) {
    if (c < lowest || c > '~') return false;
  }
  return true;
}

/** The data after the answer's header. It never reaches beyond the buffer, even if the header says so. */
struct Data {
  const uint8_t* bytes;
  size_t size;
};

template <class T>
T Read(const Data& data, size_t offset) {
  T value;
  std::memcpy(&value, data.bytes + offset, sizeof value);
  return value;
}

/** The NUL-terminated text at `offset`, shorter than `limit`. */
std::optional<std::string> Text(const Data& data, size_t offset, size_t limit) {
  if (offset >= data.size) return std::nullopt;
  size_t room = std::min(data.size - offset, limit);
  const void* end = std::memchr(data.bytes + offset, 0, room);
  if (end == nullptr) return std::nullopt;
  const char* begin = reinterpret_cast<const char*>(data.bytes + offset);
  return std::string(begin, static_cast<const char*>(end));
}

std::optional<dm_ioctl> Fixed(const Buffer& answer) {
  if (answer.size() < sizeof(dm_ioctl)) return std::nullopt;
  dm_ioctl fixed;
  std::memcpy(&fixed, answer.data(), sizeof fixed);
  return fixed;
}

std::optional<Data> DataOf(const Buffer& answer) {
  std::optional<dm_ioctl> fixed = Fixed(answer);
  if (!fixed || fixed->data_size > answer.size()) return std::nullopt;
  // If there is no data, the kernel copies back only the fixed part, and data_start may point past it.
  if (fixed->data_start >= fixed->data_size) return Data{answer.data(), 0};
  // The kernel aligns its data by address (get_result_buffer); the buffer is aligned, too.
  if (fixed->data_start < sizeof(dm_ioctl) || fixed->data_start % 8 != 0) return std::nullopt;
  return Data{answer.data() + fixed->data_start, fixed->data_size - fixed->data_start};
}

struct Parsed {
  ListEntry entry;
  /** The end of the entry's own bytes, and the beginning of the next entry (0: this is the last one). */
  size_t end;
  size_t next;
};

/** uapi dm-ioctl.h, struct dm_name_list: event number, flags and UUID follow the aligned name. */
std::optional<Parsed> ParseEntry(const Data& data, size_t offset) {
  if (data.size - offset < kEntryName) return std::nullopt;
  std::optional<std::string> name = Text(data, offset + kEntryName, DM_NAME_LEN);
  if (!name || name->empty()) return std::nullopt;
  size_t tail = Align8(offset + kEntryName + name->size() + 1);
  if (tail > data.size || data.size - tail < 2 * sizeof(uint32_t)) return std::nullopt;
  Parsed parsed{{Read<uint64_t>(data, offset), Read<uint32_t>(data, tail), *name, std::nullopt},
                tail + 8,
                Read<uint32_t>(data, offset + offsetof(dm_name_list, next))};
  uint32_t flags = Read<uint32_t>(data, tail + 4);
  if (flags & DM_NAME_LIST_FLAG_HAS_UUID) {
    parsed.entry.uuid = Text(data, tail + 8, DM_UUID_LEN);
    if (!parsed.entry.uuid) return std::nullopt;
    parsed.end += parsed.entry.uuid->size() + 1;
  } else if (flags & DM_NAME_LIST_FLAG_DOESNT_HAVE_UUID) {
    parsed.entry.uuid = "";
  }
  return parsed;
}

}  // namespace

uint64_t EncodeDevice(uint32_t major, uint32_t minor) {
  return (minor & 0xffu) | (uint64_t{major} << 8) | ((uint64_t{minor} & ~uint64_t{0xff}) << 12);
}

uint32_t MajorOf(uint64_t dev) { return (dev >> 8) & 0xfff; }

uint32_t MinorOf(uint64_t dev) { return (dev & 0xff) | ((dev >> 12) & 0xfff00); }

std::string DeviceText(uint64_t dev) { return std::to_string(MajorOf(dev)) + ":" + std::to_string(MinorOf(dev)); }

std::optional<uint64_t> ParseDevice(const std::string& text) {
  size_t colon = text.find(':');
  if (colon == std::string::npos || colon == 0 || colon > 4) return std::nullopt;
  if (text.size() - colon - 1 < 1 || text.size() - colon - 1 > 7) return std::nullopt;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i != colon && (text[i] < '0' || text[i] > '9')) return std::nullopt;
  }
  unsigned long major = std::strtoul(text.c_str(), nullptr, 10);
  unsigned long minor = std::strtoul(text.c_str() + colon + 1, nullptr, 10);
  if (major > 0xfff || minor > 0xfffff || (major == 0 && minor == 0)) return std::nullopt;
  return EncodeDevice(major, minor);
}

bool ValidUuid(const std::string& uuid) {
  return !uuid.empty() && uuid.size() < DM_UUID_LEN && Printable(uuid, ' ') && uuid.find('/') == std::string::npos;
}

bool ValidName(const std::string& name) {
  if (name == "control" || name == "." || name == "..") return false;
  return !name.empty() && name.size() < DM_NAME_LEN && Printable(name, '!') && name.find('/') == std::string::npos;
}

bool ValidLine(const std::string& line) { return !line.empty() && line.size() < kMaxLine && Printable(line, ' '); }

std::string TablePayload(uint64_t length, const std::string& type, const std::string& params) {
  dm_target_spec spec = {};
  std::string payload(Align8(sizeof spec + params.size() + 1), '\0');
  spec.length = length;
  spec.next = payload.size();
  type.copy(spec.target_type, sizeof spec.target_type - 1);
  std::memcpy(payload.data(), &spec, sizeof spec);
  params.copy(payload.data() + sizeof spec, params.size());
  return payload;
}

std::string MessagePayload(const std::string& message) {
  return std::string(sizeof(dm_target_msg), '\0') + message + '\0';
}

std::string NamePayload(const std::string& name) { return name + '\0'; }

Buffer Encode(const Request& request, size_t room) {
  Buffer buffer(sizeof(dm_ioctl) + Align8(std::max(room, request.payload.size())));
  dm_ioctl fixed = {};
  // The lowest minor version with all that this code uses: the kernel refuses a version newer than its own.
  fixed.version[0] = DM_VERSION_MAJOR;
  fixed.data_size = buffer.size();
  fixed.data_start = sizeof fixed;
  fixed.target_count = request.target_count;
  fixed.flags = request.flags;
  fixed.event_nr = request.event_nr;
  fixed.dev = request.address.dev;
  request.address.name.copy(fixed.name, sizeof fixed.name - 1);
  request.address.uuid.copy(fixed.uuid, sizeof fixed.uuid - 1);
  std::memcpy(buffer.data(), &fixed, sizeof fixed);
  if (!request.payload.empty()) {
    std::memcpy(buffer.data() + sizeof fixed, request.payload.data(), request.payload.size());
  }
  return buffer;
}

std::optional<Header> ParseHeader(const Buffer& answer) {
  std::optional<dm_ioctl> fixed = Fixed(answer);
  if (!fixed || fixed->version[0] != DM_VERSION_MAJOR) return std::nullopt;
  if (std::memchr(fixed->name, 0, sizeof fixed->name) == nullptr) return std::nullopt;
  if (std::memchr(fixed->uuid, 0, sizeof fixed->uuid) == nullptr) return std::nullopt;
  return Header{{fixed->version[0], fixed->version[1], fixed->version[2]},
                fixed->flags,
                fixed->event_nr,
                fixed->open_count,
                fixed->target_count,
                fixed->dev,
                fixed->name,
                fixed->uuid};
}

std::optional<std::vector<ListEntry>> ParseList(const Buffer& answer) {
  std::optional<Data> data = DataOf(answer);
  if (!data) return std::nullopt;
  std::vector<ListEntry> entries;
  // If there are no devices, list_devices() gives dev 0 in the first entry, or no data at all.
  if (data->size == 0) return entries;
  if (data->size < sizeof(uint64_t)) return std::nullopt;
  if (Read<uint64_t>(*data, 0) == 0) return entries;
  for (size_t offset = 0;;) {
    std::optional<Parsed> parsed = ParseEntry(*data, offset);
    if (!parsed) return std::nullopt;
    entries.push_back(std::move(parsed->entry));
    if (parsed->next == 0) return entries;
    if (parsed->next % 8 != 0 || parsed->next > data->size - offset) return std::nullopt;
    offset += parsed->next;
    if (offset < parsed->end) return std::nullopt;
  }
}

std::optional<std::vector<TargetLine>> ParseTargets(const Buffer& answer) {
  std::optional<Header> header = ParseHeader(answer);
  std::optional<Data> data = DataOf(answer);
  if (!header || !data) return std::nullopt;
  std::vector<TargetLine> lines;
  size_t offset = 0;
  for (uint32_t i = 0; i < header->target_count; ++i) {
    if (offset > data->size || data->size - offset < sizeof(dm_target_spec)) return std::nullopt;
    dm_target_spec spec = Read<dm_target_spec>(*data, offset);
    std::optional<std::string> type =
        Text(*data, offset + offsetof(dm_target_spec, target_type), sizeof spec.target_type);
    std::optional<std::string> params = Text(*data, offset + sizeof spec, data->size);
    if (!type || type->empty() || !params) return std::nullopt;
    size_t end = offset + sizeof spec + params->size() + 1;
    lines.push_back({spec.sector_start, spec.length, *type, std::move(*params)});
    // In an answer `next` counts from the first target, in a request from the target itself.
    if (i + 1 < header->target_count && (spec.next < end || spec.next % 8 != 0)) return std::nullopt;
    offset = spec.next;
  }
  return lines;
}

std::optional<std::vector<uint32_t>> ParseTargetVersion(const Buffer& answer) {
  std::optional<Data> data = DataOf(answer);
  if (!data || data->size < sizeof(dm_target_versions)) return std::nullopt;
  dm_target_versions entry = Read<dm_target_versions>(*data, 0);
  return std::vector<uint32_t>{entry.version[0], entry.version[1], entry.version[2]};
}

}  // namespace mpathd::dm
