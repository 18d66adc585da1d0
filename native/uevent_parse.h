#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace mpathd {

/** The multicast groups of NETLINK_KOBJECT_UEVENT. */
enum class UeventGroup : uint32_t {
  /** The kernel's own: `action@devpath\0KEY=VALUE\0...` (lib/kobject_uevent.c). */
  kKernel = 1,
  /** The events that udevd sends after its rules: libudev's monitor header, then properties. */
  kUdev = 2,
};

/**
 * The `KEY=VALUE\0` strings of a message, one by one. Only ParseUevent makes this object, after checking the strings.
 */
class UeventProperties {
 public:
  UeventProperties() = default;
  explicit UeventProperties(std::string_view bytes) : rest_(bytes) {}

  /** False at the end. */
  bool Next(std::string_view* key, std::string_view* value);

 private:
  std::string_view rest_;
};

/** One uevent as views into its message. Parsing allocates nothing, so the listener never waits for memory. */
struct UeventView {
  std::string_view action;
  /** Below /sys, begins with a slash. */
  std::string_view devpath;
  std::string_view subsystem;
  /** Empty if the event has none; so are `major` and `minor`, `synth_uuid`, `dm_action`. */
  std::string_view devtype;
  std::string_view major;
  std::string_view minor;
  std::string_view synth_uuid;
  std::string_view dm_action;
  bool has_unit_attention = false;
  std::optional<uint64_t> diskseq;
  uint64_t seqnum = 0;
  UeventProperties properties;
};

/**
 * True if the message begins with libudev's prefix and magic: any other message to the udev group is not from udevd.
 */
bool HasUdevMagic(std::string_view message);

/** Parses a message; nothing if the message is malformed in any way. Numbers are at most 2^53 - 1. */
std::optional<UeventView> ParseUevent(std::string_view message, UeventGroup group);

/** True if the daemon needs the event: disks, NVMe controllers, SCSI unit attentions, fences. */
bool IsOfInterest(const UeventView& event);

/** True for a synthetic event whose writer gave it a UUID other than 0, to recognise it (sysfs-uevent ABI). */
bool IsFence(const UeventView& event);

/** True if the two events are equal except for SEQNUM. */
bool SaysTheSame(const UeventView& a, const UeventView& b);

}  // namespace mpathd
