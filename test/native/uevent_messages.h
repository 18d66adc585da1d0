#pragma once

#include <arpa/inet.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

using Pairs = std::vector<std::pair<std::string, std::string>>;

inline std::string Properties(const Pairs& pairs) {
  std::string bytes;
  for (const auto& [key, value] : pairs) bytes += key + "=" + value + std::string(1, '\0');
  return bytes;
}

/** As lib/kobject_uevent.c writes it. */
inline std::string KernelMessage(const std::string& action, const std::string& devpath, const Pairs& more) {
  Pairs pairs = {{"ACTION", action}, {"DEVPATH", devpath}};
  pairs.insert(pairs.end(), more.begin(), more.end());
  return action + "@" + devpath + std::string(1, '\0') + Properties(pairs);
}

inline std::string DiskMessage(const std::string& action, const std::string& name, unsigned diskseq, unsigned seqnum,
                               const Pairs& more = {}) {
  Pairs pairs = {{"SUBSYSTEM", "block"}, {"MAJOR", "8"},      {"MINOR", "16"},
                 {"DEVNAME", name},      {"DEVTYPE", "disk"}, {"DISKSEQ", std::to_string(diskseq)}};
  pairs.insert(pairs.end(), more.begin(), more.end());
  pairs.emplace_back("SEQNUM", std::to_string(seqnum));
  return KernelMessage(action, "/devices/virtual/block/" + name, pairs);
}

struct UdevHeader {
  char prefix[8] = {'l', 'i', 'b', 'u', 'd', 'e', 'v', '\0'};
  uint32_t magic = htonl(0xfeedcafe);
  uint32_t header_size = 40;
  uint32_t properties_off = 40;
  uint32_t properties_len = 0;
  uint32_t hashes[4] = {0, 0, 0, 0};
};
static_assert(sizeof(UdevHeader) == 40);

inline std::string WithHeader(UdevHeader header, const std::string& properties) {
  std::string bytes(sizeof header, '\0');
  std::memcpy(&bytes[0], &header, sizeof header);
  return bytes + properties;
}

/** As libudev's monitor sends it. */
inline std::string UdevMessage(const Pairs& pairs) {
  UdevHeader header;
  std::string properties = Properties(pairs);
  header.properties_len = static_cast<uint32_t>(properties.size());
  return WithHeader(header, properties);
}
