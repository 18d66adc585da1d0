#pragma once

#include <linux/dm-ioctl.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mpathd::dm {

/** A whole ioctl buffer: struct dm_ioctl and the data after it. */
using Buffer = std::vector<uint8_t>;

/**
 * How a request names its device. The kernel takes exactly one of the three (dm-ioctl.c, __find_device_hash_cell). The
 * exception is DM_DEV_CREATE, which takes name and UUID.
 */
struct Address {
  std::string uuid;
  std::string name;
  /** As the kernel encodes it, see EncodeDevice(); 0: not set. */
  uint64_t dev = 0;
};

/** What goes into an ioctl. */
struct Request {
  Address address;
  uint32_t flags = 0;
  /** For commands that send a uevent: the value of the udev cookie. */
  uint32_t event_nr = 0;
  uint32_t target_count = 0;
  /** Data after struct dm_ioctl, from one of the ...Payload functions. */
  std::string payload;
};

/** The fixed part of an answer. */
struct Header {
  uint32_t version[3];
  uint32_t flags;
  uint32_t event_nr;
  int32_t open_count;
  uint32_t target_count;
  uint64_t dev;
  std::string name;
  std::string uuid;
};

/** One entry of DM_LIST_DEVICES. */
struct ListEntry {
  uint64_t dev;
  uint32_t event_nr;
  std::string name;
  /** Empty if the device has none; not set before interface 4.44, which does not list UUIDs. */
  std::optional<std::string> uuid;
};

/** One target of DM_TABLE_STATUS; `params` is the table or the status line, whichever the request asks for. */
struct TargetLine {
  uint64_t start;
  uint64_t length;
  std::string type;
  std::string params;
};

/** The kernel's 64-bit encoding of a device number (include/linux/kdev_t.h, huge_encode_dev). */
uint64_t EncodeDevice(uint32_t major, uint32_t minor);
uint32_t MajorOf(uint64_t dev);
uint32_t MinorOf(uint64_t dev);
/** `"253:0"`. */
std::string DeviceText(uint64_t dev);
/** The device number of such a text; nothing if the text is not a device number of 12 and 20 bits. */
std::optional<uint64_t> ParseDevice(const std::string& text);

/** A UUID that can address a device: 1..128 printable ASCII characters, no slash. */
bool ValidUuid(const std::string& uuid);
/**
 * A name to give to a device: 1..127 ASCII characters, printable and not blank, no slash, and none of the names that
 * /dev/mapper uses itself. Other names have to be mangled (\x20) first.
 */
bool ValidName(const std::string& name);
/** A target's parameters or a message: printable ASCII, not empty, bounded. */
bool ValidLine(const std::string& line);

/** DM_TABLE_LOAD with one target that begins at sector 0. */
std::string TablePayload(uint64_t length, const std::string& type, const std::string& params);
/** DM_TARGET_MSG to the target at sector 0. */
std::string MessagePayload(const std::string& message);
/** DM_DEV_RENAME. */
std::string NamePayload(const std::string& name);

/** The request as a buffer with `room` bytes for the data of request and answer; the rest is zero. */
Buffer Encode(const Request& request, size_t room);

/** The header of an answer; nothing if the buffer cannot be the answer to a dm ioctl. */
std::optional<Header> ParseHeader(const Buffer& answer);
/** Needs interface 4.37: in older ones the entries have no event number. Nothing if malformed. */
std::optional<std::vector<ListEntry>> ParseList(const Buffer& answer);
/** The header's target_count lines. Nothing if malformed. */
std::optional<std::vector<TargetLine>> ParseTargets(const Buffer& answer);
/** The first version of DM_GET_TARGET_VERSION. Nothing if malformed. */
std::optional<std::vector<uint32_t>> ParseTargetVersion(const Buffer& answer);

}  // namespace mpathd::dm
