#include "dm_read.h"

#include <cerrno>

#include "dm_identity.h"

namespace mpathd::dm {

namespace {

// Since interface 4.37 list entries have event numbers (and DM_DEV_ARM_POLL exists).
constexpr uint32_t kMinorWithEvents = 37;
// If a table changes this often between two ioctls, somebody reloads it all the time.
constexpr int kTableReads = 4;

struct Lines {
  Header header;
  std::vector<TargetLine> lines;
};

Outcome<Lines> ReadLines(const Control& control, const Address& address, uint32_t flags) {
  Request request;
  request.address = address;
  // Without NOFLUSH a status request may first make the target commit its cached data (uapi dm-ioctl.h).
  request.flags = flags | DM_NOFLUSH_FLAG;
  Outcome<Lines> outcome;
  Buffer answer;
  outcome.failure = control.Ask(DM_TABLE_STATUS, request, &outcome.value.header, &answer);
  if (outcome.failure) return outcome;
  std::optional<std::vector<TargetLine>> lines = ParseTargets(answer);
  if (!lines) return {{EBADMSG, CommandName(DM_TABLE_STATUS)}, {}};
  outcome.value.lines = std::move(*lines);
  return outcome;
}

bool SameDevice(const Header& a, const Header& b) { return a.dev == b.dev && a.uuid == b.uuid; }

bool SameTable(const std::vector<TargetLine>& a, const std::vector<TargetLine>& b, bool with_params) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].start != b[i].start || a[i].length != b[i].length || a[i].type != b[i].type) return false;
    if (with_params && a[i].params != b[i].params) return false;
  }
  return true;
}

/** Table and status of one moment: the table is the same before and after the status. */
Failure ReadTable(const Control& control, const Address& address, const Header& device, Map* map) {
  for (int i = 0; i < kTableReads; ++i) {
    Outcome<Lines> table = ReadLines(control, address, DM_STATUS_TABLE_FLAG);
    if (table.failure) return table.failure;
    Outcome<Lines> status = ReadLines(control, address, 0);
    if (status.failure) return status.failure;
    Outcome<Lines> again = ReadLines(control, address, DM_STATUS_TABLE_FLAG);
    if (again.failure) return again.failure;
    for (const Lines* part : {&table.value, &status.value, &again.value}) {
      if (!SameDevice(part->header, device)) return {ESTALE, kIdentityStep};
    }
    if (!SameTable(table.value.lines, again.value.lines, true)) continue;
    if (!SameTable(table.value.lines, status.value.lines, false)) continue;
    const Header& last = again.value.header;
    map->name = last.name;
    // The oldest of the event numbers: an event after the first ioctl then shows as a number that has moved.
    map->event_nr = table.value.header.event_nr;
    map->open_count = last.open_count;
    map->suspended = last.flags & DM_SUSPEND_FLAG;
    map->read_only = last.flags & DM_READONLY_FLAG;
    map->has_live_table = last.flags & DM_ACTIVE_PRESENT_FLAG;
    map->has_inactive_table = last.flags & DM_INACTIVE_PRESENT_FLAG;
    for (size_t n = 0; n < table.value.lines.size(); ++n) {
      TargetLine& line = table.value.lines[n];
      map->targets.push_back({line.start, line.length, std::move(line.type), std::move(line.params),
                              std::move(status.value.lines[n].params)});
    }
    return {};
  }
  return {EAGAIN, CommandName(DM_TABLE_STATUS)};
}

/**
 * Before interface 4.44 the list has no UUIDs, so each device is asked for its own. A device that is gone by now drops
 * out.
 */
Failure AddUuids(const Control& control, std::vector<ListEntry>* entries) {
  std::vector<ListEntry> known;
  for (ListEntry& entry : *entries) {
    if (!entry.uuid) {
      Request request;
      request.address.dev = entry.dev;
      Outcome<Header> status = control.Call(DM_DEV_STATUS, request);
      if (status.failure.error == ENXIO) continue;
      if (status.failure) return status.failure;
      entry.name = status.value.name;
      entry.uuid = status.value.uuid;
      entry.event_nr = status.value.event_nr;
    }
    known.push_back(std::move(entry));
  }
  *entries = std::move(known);
  return {};
}

}  // namespace

Outcome<std::array<uint32_t, 3>> ReadVersion(const Control& control) {
  Outcome<Header> answer = control.Call(DM_VERSION, {});
  if (answer.failure) return {answer.failure, {}};
  return {{}, {answer.value.version[0], answer.value.version[1], answer.value.version[2]}};
}

Outcome<std::array<uint32_t, 3>> ReadTargetVersion(const Control& control, const std::string& type) {
  Request request;
  request.address.name = type;
  Header header;
  Buffer answer;
  Failure failure = control.Ask(DM_GET_TARGET_VERSION, request, &header, &answer);
  if (failure) return {failure, {}};
  std::optional<std::vector<uint32_t>> version = ParseTargetVersion(answer);
  if (!version) return {{EBADMSG, CommandName(DM_GET_TARGET_VERSION)}, {}};
  return {{}, {version->at(0), version->at(1), version->at(2)}};
}

Outcome<std::vector<ListEntry>> ListDevices(const Control& control) {
  Request request;
  // Asks for UUIDs (interface 4.44).
  request.flags = DM_UUID_FLAG;
  Header header;
  Buffer answer;
  Failure failure = control.Ask(DM_LIST_DEVICES, request, &header, &answer);
  if (failure) return {failure, {}};
  if (header.version[1] < kMinorWithEvents) return {{EOPNOTSUPP, CommandName(DM_VERSION)}, {}};
  std::optional<std::vector<ListEntry>> entries = ParseList(answer);
  if (!entries) return {{EBADMSG, CommandName(DM_LIST_DEVICES)}, {}};
  failure = AddUuids(control, &*entries);
  if (failure) return {failure, {}};
  return {{}, std::move(*entries)};
}

Outcome<Map> ReadMap(const Control& control, const Address& address) {
  Request request;
  request.address = address;
  Outcome<Header> status = control.Call(DM_DEV_STATUS, request);
  if (status.failure) return {status.failure, {}};
  const Header& device = status.value;
  bool asked_for = address.uuid.empty() ? device.dev == address.dev : device.uuid == address.uuid;
  if (!asked_for) return {{ESTALE, kIdentityStep}, {}};

  DeviceDirectory directory;
  Failure failure = directory.Open(control.sysfs(), device.dev);
  if (failure) return {failure, {}};

  Map map;
  map.uuid = device.uuid;
  map.dev = device.dev;
  map.diskseq = directory.diskseq();
  // By UUID if the device has one, else by number.
  Address same;
  if (device.uuid.empty())
    same.dev = device.dev;
  else
    same.uuid = device.uuid;
  failure = ReadTable(control, same, device, &map);
  if (failure) return {failure, {}};
  // A device gets its disk with its first table. So if it has a table, it must have had a directory.
  if (map.has_live_table && !directory.exists()) return {{ESTALE, kIdentityStep}, {}};
  failure = directory.Prove();
  if (failure) return {failure, {}};
  return {{}, std::move(map)};
}

Outcome<Snapshot> ReadSnapshot(const Control& control, const std::string& uuid_prefix) {
  Outcome<std::vector<ListEntry>> list = ListDevices(control);
  if (list.failure) return {list.failure, {}};
  Outcome<Snapshot> snapshot;
  for (const ListEntry& entry : list.value) {
    const std::string& uuid = *entry.uuid;
    if (uuid.compare(0, uuid_prefix.size(), uuid_prefix) != 0 || uuid.empty()) continue;
    Address address;
    address.uuid = uuid;
    snapshot.value.maps.emplace_back(uuid, ReadMap(control, address));
  }
  snapshot.value.devices = std::move(list.value);
  return snapshot;
}

}  // namespace mpathd::dm
