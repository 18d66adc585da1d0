// sources: native/uevent_parse.cc native/uevent_queue.cc
#include <cstdlib>

#include "uevent_messages.h"
#include "uevent_parse.h"
#include "uevent_queue.h"

using mpathd::ParseUevent;
using mpathd::UeventGroup;
using mpathd::UeventView;

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

bool Inside(std::string_view part, std::string_view whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void CheckEvent(std::string_view message, const UeventView& event) {
  for (std::string_view part : {event.action, event.devpath, event.subsystem, event.devtype, event.major, event.minor,
                                event.synth_uuid, event.dm_action}) {
    Require(Inside(part, message));
    Require(part.find('\0') == std::string_view::npos);
  }
  Require(!event.action.empty() && event.devpath.size() >= 2 && event.devpath[0] == '/');
  mpathd::UeventProperties properties = event.properties;
  std::string_view key, value;
  while (properties.Next(&key, &value)) Require(Inside(key, message) && Inside(value, message) && !key.empty());
  Require(SaysTheSame(event, event));
}

void Try(std::string_view message, UeventGroup group, mpathd::UeventQueue* queue) {
  const auto event = ParseUevent(message, group);
  if (!event) return;
  CheckEvent(message, *event);
  (void)mpathd::IsOfInterest(*event);
  if (queue->Add(message, *event, group) == mpathd::UeventQueue::Outcome::kFull) queue->Clear();
  queue->ForEach([&](std::string_view kept) { Require(!kept.empty()); });
}

}  // namespace

std::vector<std::string> FuzzSeeds() {
  return {
      DiskMessage("add", "sda", 7, 1000),
      DiskMessage("change", "dm-0", 8, 1001,
                  {{"DM_TARGET", "multipath"},
                   {"DM_ACTION", "PATH_FAILED"},
                   {"DM_SEQNUM", "3"},
                   {"DM_PATH", "8:0"},
                   {"DM_NR_VALID_PATHS", "1"},
                   {"DM_NAME", "mpatha"},
                   {"DM_UUID", "mpath-3600a"}}),
      DiskMessage("change", "sda", 7, 1002, {{"SYNTH_UUID", "9a3b1f1e-0000-4000-8000-000000000001"}}),
      KernelMessage("change", "/devices/pci0000:00/host0/target0:0:0/0:0:0:1",
                    {{"SUBSYSTEM", "scsi"}, {"SDEV_UA", "CAPACITY_DATA_HAS_CHANGED"}, {"SEQNUM", "1003"}}),
      UdevMessage({{"ACTION", "add"},
                   {"DEVPATH", "/devices/x/block/sda"},
                   {"SUBSYSTEM", "block"},
                   {"SEQNUM", "77"},
                   {"MAJOR", "8"},
                   {"MINOR", "0"},
                   {"DISKSEQ", "7"},
                   {"ID_SERIAL", "3600a"}}),
  };
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static mpathd::UeventQueue queue(16);
  const std::string_view message(reinterpret_cast<const char*>(data), size);
  Try(message, UeventGroup::kKernel, &queue);
  Try(message, UeventGroup::kUdev, &queue);
  return 0;
}
