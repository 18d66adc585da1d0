#include "dm_write.h"

#include <cerrno>
#include <chrono>
#include <thread>

#include "dm_cookie.h"
#include "dm_identity.h"

namespace mpathd::dm {

namespace {

// The kernel keeps queued I/O. If a map queues with no path up, a flush would wait for ever.
constexpr uint32_t kKeepIo = DM_NOFLUSH_FLAG | DM_SKIP_LOCKFS_FLAG;
// An undo must not give up at the first EINTR, or because udev has the device open.
constexpr int kAttempts = 10;
constexpr std::chrono::milliseconds kPause{50};

Failure Invalid(const char* step) { return {EINVAL, step}; }

Written Failed(Failure failure) { return {failure, 0, {}}; }

Request LoadRequest(const std::string& uuid, const Table& table) {
  Request request = ByUuid(uuid, table.read_only ? DM_READONLY_FLAG : 0);
  request.target_count = 1;
  request.payload = TablePayload(table.length, table.type, table.params);
  return request;
}

/** Runs a command that sends a uevent, with a cookie. */
Outcome<Header> CallWithCookie(const Control& control, unsigned long command, Request request, uint32_t udev_flags,
                               uint64_t* number) {
  Cookie cookie;
  request.event_nr = cookie.EventNr(udev_flags);
  Outcome<Header> answer = control.Call(command, request);
  bool generated = !answer.failure && (answer.value.flags & DM_UEVENT_GENERATED_FLAG);
  *number = cookie.Release(generated);
  return answer;
}

/** Reads the map after a write that worked. If the reading fails, the cookie is not lost. */
Written ReadBack(const Control& control, const std::string& uuid, uint64_t cookie) {
  Outcome<Map> map = ReadMap(control, ByUuid(uuid).address);
  return {map.failure, cookie, std::move(map.value)};
}

std::optional<uint64_t> DiskseqOf(const Control& control, uint64_t dev) {
  DeviceDirectory directory;
  if (directory.Open(control.sysfs(), dev)) return std::nullopt;
  return directory.diskseq();
}

/** Removes the device that was made here under the number `made`, if it is still the same device. */
void RemoveHalfMade(const Control& control, const std::string& uuid, uint64_t made, std::optional<uint64_t> diskseq) {
  for (int i = 0; i < kAttempts; ++i) {
    Outcome<Header> status = control.Call(DM_DEV_STATUS, ByUuid(uuid));
    if (status.failure.error == ENXIO) return;
    if (!status.failure) {
      if (status.value.dev != made || (diskseq && DiskseqOf(control, made) != diskseq)) return;
      Request remove = ByUuid(uuid);
      remove.event_nr = EventNrWithoutCookie(0);
      if (!control.Call(DM_DEV_REMOVE, remove).failure) return;
    }
    std::this_thread::sleep_for(kPause);
  }
}

/** Clears the inactive table, and ends the suspension unless the map was suspended before. */
void UndoReload(const Control& control, const std::string& uuid, bool was_suspended) {
  for (int i = 0; i < kAttempts; ++i) {
    Outcome<Header> cleared = control.Call(DM_TABLE_CLEAR, ByUuid(uuid));
    if (!cleared.failure || cleared.failure.error == ENXIO) break;
    std::this_thread::sleep_for(kPause);
  }
  if (was_suspended) return;
  // If the clearing failed, this resume makes the new table live. That is the wanted table, and better than I/O that
  // hangs.
  for (int i = 0; i < kAttempts; ++i) {
    Request resume = ByUuid(uuid, kKeepIo);
    resume.event_nr = EventNrWithoutCookie(0);
    Outcome<Header> resumed = control.Call(DM_DEV_SUSPEND, resume);
    if (!resumed.failure || resumed.failure.error == ENXIO) return;
    std::this_thread::sleep_for(kPause);
  }
}

/** The rename hit another device, which had taken over the name. This device gets its name back. */
void RenameBack(const Control& control, const std::string& wrong, const std::string& old) {
  Request back;
  back.address.name = wrong;
  back.event_nr = EventNrWithoutCookie(0);
  back.payload = NamePayload(old);
  control.Call(DM_DEV_RENAME, back);
}

}  // namespace

Failure CheckUuid(const std::string& uuid) { return ValidUuid(uuid) ? Failure{} : Invalid("uuid"); }

Failure CheckName(const std::string& name) { return ValidName(name) ? Failure{} : Invalid("name"); }

Failure CheckTable(const Table& table) {
  bool type = !table.type.empty() && table.type.size() < DM_MAX_TYPE_NAME && ValidName(table.type);
  return type && table.length > 0 && ValidLine(table.params) ? Failure{} : Invalid("params");
}

Failure CheckMessage(const std::string& message) { return ValidLine(message) ? Failure{} : Invalid("message"); }

Written CreateMap(const Control& control, const std::string& name, const std::string& uuid, const Table& table,
                  uint32_t udev_flags) {
  for (Failure failure : {CheckUuid(uuid), CheckName(name), CheckTable(table)}) {
    if (failure) return Failed(failure);
  }
  Request create = ByUuid(uuid);
  create.address.name = name;
  // EBUSY: another device has the name or the UUID. It belongs to somebody else and is left alone.
  Outcome<Header> created = control.Call(DM_DEV_CREATE, create);
  if (created.failure) return Failed(created.failure);
  const uint64_t dev = created.value.dev;

  Outcome<Header> loaded = control.Call(DM_TABLE_LOAD, LoadRequest(uuid, table));
  // The device gets its disk, with the sequence number, with the first table (since 5.15).
  std::optional<uint64_t> diskseq = DiskseqOf(control, dev);
  uint64_t cookie = 0;
  Outcome<Header> resumed;
  if (!loaded.failure) {
    resumed = CallWithCookie(control, DM_DEV_SUSPEND, ByUuid(uuid), udev_flags, &cookie);
  }
  Failure failure = loaded.failure ? loaded.failure : resumed.failure;
  if (!failure) return ReadBack(control, uuid, cookie);
  RemoveHalfMade(control, uuid, dev, diskseq);
  return Failed(failure);
}

Written ReloadMap(const Control& control, const std::string& uuid, const Table& table, bool resume,
                  uint32_t udev_flags) {
  for (Failure failure : {CheckUuid(uuid), CheckTable(table)}) {
    if (failure) return Failed(failure);
  }
  Outcome<Header> loaded = control.Call(DM_TABLE_LOAD, LoadRequest(uuid, table));
  if (loaded.failure) return Failed(loaded.failure);
  const bool was_suspended = loaded.value.flags & DM_SUSPEND_FLAG;

  // The resume suspends, swaps and resumes in one call (dm-ioctl.c, do_resume): if the daemon were killed between two
  // calls, the map would stay suspended, and all its I/O would hang.
  uint64_t cookie = 0;
  Outcome<Header> answer = CallWithCookie(control, DM_DEV_SUSPEND, ByUuid(uuid, kKeepIo), udev_flags, &cookie);
  if (!answer.failure) return ReadBack(control, uuid, cookie);
  UndoReload(control, uuid, was_suspended && !resume);
  return Failed(answer.failure);
}

Written RenameMap(const Control& control, const std::string& uuid, const std::string& name, uint32_t udev_flags) {
  for (Failure failure : {CheckUuid(uuid), CheckName(name)}) {
    if (failure) return Failed(failure);
  }
  Outcome<Header> device = control.Call(DM_DEV_STATUS, ByUuid(uuid));
  if (device.failure) return Failed(device.failure);
  if (device.value.name == name) return {};

  Request rename;
  rename.address.name = device.value.name;
  rename.payload = NamePayload(name);
  Written written;
  Outcome<Header> renamed = CallWithCookie(control, DM_DEV_RENAME, rename, udev_flags, &written.cookie);
  // ENXIO is about the old name, which the device does not have any more. It says nothing about the UUID.
  if (renamed.failure.error == ENXIO) return Failed({ESTALE, kIdentityStep});
  if (!renamed.failure && renamed.value.dev != device.value.dev) {
    RenameBack(control, name, device.value.name);
    written.failure = {ESTALE, kIdentityStep};
    return written;
  }
  written.failure = renamed.failure;
  return written;
}

Written RemoveMap(const Control& control, const std::string& uuid, uint32_t udev_flags) {
  Written written;
  written.failure = CheckUuid(uuid);
  if (written.failure) return written;
  written.failure = CallWithCookie(control, DM_DEV_REMOVE, ByUuid(uuid), udev_flags, &written.cookie).failure;
  return written;
}

Failure SendMessage(const Control& control, const std::string& uuid, const std::string& message) {
  for (Failure failure : {CheckUuid(uuid), CheckMessage(message)}) {
    if (failure) return failure;
  }
  Request request = ByUuid(uuid);
  request.payload = MessagePayload(message);
  return control.Call(DM_TARGET_MSG, request).failure;
}

}  // namespace mpathd::dm
