#pragma once

#include <linux/dm-ioctl.h>

#include <cstring>
#include <string>
#include <vector>

#include "dm_buffer.h"

/** Answers as the kernel's dm-ioctl.c lays them out, made independently of dm_buffer.cc. */
namespace answers {

using mpathd::dm::Buffer;

inline void Align(std::string& data) { data.resize((data.size() + 7) / 8 * 8); }

template <class T>
void Put(std::string& data, T value) {
  data.append(reinterpret_cast<const char*>(&value), sizeof value);
}

struct Device {
  uint64_t dev;
  uint32_t event_nr;
  std::string name;
  /** Not null: listed with its UUID. */
  const char* uuid;
  /** Before interface 4.44: neither flag. */
  bool old_interface = false;
};

inline std::string List(const std::vector<Device>& devices) {
  std::string data;
  for (size_t i = 0; i < devices.size(); ++i) {
    const Device& device = devices[i];
    std::string entry;
    Put<uint64_t>(entry, device.dev);
    Put<uint32_t>(entry, 0);
    entry += device.name + '\0';
    Align(entry);
    Put<uint32_t>(entry, device.event_nr);
    uint32_t flag = device.uuid != nullptr ? DM_NAME_LIST_FLAG_HAS_UUID : DM_NAME_LIST_FLAG_DOESNT_HAVE_UUID;
    Put<uint32_t>(entry, device.old_interface ? 0 : flag);
    if (device.uuid != nullptr && !device.old_interface) entry += std::string(device.uuid) + '\0';
    Align(entry);
    uint32_t next = i + 1 < devices.size() ? entry.size() : 0;
    std::memcpy(entry.data() + 8, &next, sizeof next);
    data += entry;
  }
  return data;
}

struct Line {
  uint64_t start;
  uint64_t length;
  std::string type;
  std::string params;
};

inline std::string Targets(const std::vector<Line>& lines) {
  std::string data;
  for (const Line& line : lines) {
    dm_target_spec spec = {};
    spec.sector_start = line.start;
    spec.length = line.length;
    std::strncpy(spec.target_type, line.type.c_str(), sizeof spec.target_type - 1);
    std::string bytes = line.params + '\0';
    std::string padded = bytes;
    padded.resize((data.size() + sizeof spec + bytes.size() + 7) / 8 * 8 - data.size() - sizeof spec);
    spec.next = data.size() + sizeof spec + padded.size();
    data.append(reinterpret_cast<const char*>(&spec), sizeof spec);
    data += padded;
  }
  return data;
}

/** A header to start from: interface 4.47, nothing set. */
inline dm_ioctl Fixed() {
  dm_ioctl fixed = {};
  fixed.version[0] = 4;
  fixed.version[1] = 47;
  fixed.data_start = sizeof fixed;
  fixed.data_size = offsetof(dm_ioctl, data);
  return fixed;
}

/** Header and data, in a buffer with `room` bytes to spare. */
inline Buffer Answer(dm_ioctl fixed, const std::string& data, size_t room = 0) {
  if (!data.empty()) fixed.data_size = sizeof fixed + data.size();
  Buffer buffer(sizeof fixed + data.size() + room);
  std::memcpy(buffer.data(), &fixed, sizeof fixed);
  std::memcpy(buffer.data() + sizeof fixed, data.data(), data.size());
  return buffer;
}

}  // namespace answers
