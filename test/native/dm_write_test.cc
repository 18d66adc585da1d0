// sources: native/dm_buffer.cc native/dm_ioctl.cc native/dm_identity.cc native/dm_read.cc native/dm_cookie.cc native/dm_write.cc
#include "dm_write.h"

#include <fcntl.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstring>
#include <functional>
#include <map>

#include "check.h"
#include "dm_answers.h"
#include "dm_cookie.h"

using namespace mpathd::dm;

namespace {

const char kUuid[] = "mpath-1";
const char kOther[] = "mpath-2";
const char kParams[] = "0 0 1 1 round-robin 0 1 1 8:0 1";

/** One device of the fake kernel below. */
struct Device {
  std::string name;
  uint64_t dev;
  std::string live;
  std::string inactive;
  bool suspended = false;
};

/** As much of dm-ioctl.c as the sequences under test can tell apart. */
struct Kernel {
  std::map<std::string, Device> devices;
  std::vector<std::string> calls;
  /** Called before each command; an errno makes it fail. */
  std::function<int(const std::string&)> fault = [](const std::string&) { return 0; };
  bool generates_uevents = true;
  uint32_t cookie_of_resume = 0;

  int Ioctl(unsigned long command, uint8_t* bytes);
  int Run(unsigned long command, dm_ioctl& io, const std::string& text, std::string* data);
};

Kernel* kernel;

std::string LabelOf(unsigned long command, const dm_ioctl& io) {
  if (command != DM_DEV_SUSPEND) return CommandName(command);
  return io.flags & DM_SUSPEND_FLAG ? "suspend" : "resume";
}

int Kernel::Ioctl(unsigned long command, uint8_t* bytes) {
  dm_ioctl io;
  std::memcpy(&io, bytes, sizeof io);
  size_t skip = command == DM_TABLE_LOAD   ? sizeof(dm_target_spec)
                : command == DM_TARGET_MSG ? sizeof(dm_target_msg)
                                           : 0;
  std::string text = reinterpret_cast<char*>(bytes) + io.data_start + skip;
  calls.push_back(LabelOf(command, io));
  int error = fault(calls.back());
  std::string data;
  if (error == 0) error = Run(command, io, text, &data);
  if (error != 0) return errno = error, -1;
  io.version[1] = 47;
  io.data_size = data.empty() ? offsetof(dm_ioctl, data) : io.data_start + data.size();
  std::memcpy(bytes, &io, sizeof io);
  std::memcpy(bytes + sizeof io, data.data(), data.size());
  return 0;
}

int Kernel::Run(unsigned long command, dm_ioctl& io, const std::string& text, std::string* data) {
  if (command == DM_DEV_CREATE) {
    if (devices.count(io.uuid)) return EBUSY;
    for (const auto& [uuid, device] : devices) {
      if (device.name == io.name) return EBUSY;
    }
    devices[io.uuid] = {io.name, EncodeDevice(253, 900 + devices.size()), "", "", false};
  }
  auto found = devices.find(io.uuid);
  if (command == DM_DEV_RENAME || (found == devices.end() && io.dev != 0)) {
    for (found = devices.begin(); found != devices.end(); ++found) {
      if (command == DM_DEV_RENAME ? found->second.name == io.name : found->second.dev == io.dev) break;
    }
  }
  if (found == devices.end()) return ENXIO;
  Device& device = found->second;
  if (command == DM_DEV_RENAME) device.name = text;
  if (command == DM_TABLE_LOAD) device.inactive = text;
  if (command == DM_TABLE_CLEAR) device.inactive.clear();
  if (command == DM_DEV_SUSPEND && (io.flags & DM_SUSPEND_FLAG)) device.suspended = true;
  if (command == DM_DEV_SUSPEND && !(io.flags & DM_SUSPEND_FLAG)) {
    if (!device.inactive.empty()) device.live = std::exchange(device.inactive, "");
    device.suspended = false;
    cookie_of_resume = io.event_nr;
  }
  bool sends = command == DM_DEV_RENAME || command == DM_DEV_REMOVE || command == DM_DEV_SUSPEND;
  io.flags = (sends && generates_uevents ? DM_UEVENT_GENERATED_FLAG : 0) | (device.suspended ? DM_SUSPEND_FLAG : 0) |
             (device.live.empty() ? 0 : DM_ACTIVE_PRESENT_FLAG) |
             (device.inactive.empty() ? 0 : DM_INACTIVE_PRESENT_FLAG);
  io.dev = device.dev;
  io.target_count = device.live.empty() ? 0 : 1;
  std::strcpy(io.name, device.name.c_str());
  std::strcpy(io.uuid, found->first.c_str());
  if (command == DM_TABLE_STATUS && !device.live.empty()) *data = answers::Targets({{0, 8, "multipath", device.live}});
  if (command == DM_DEV_REMOVE) devices.erase(found);
  return 0;
}

/** A fake kernel and a control "node" on it; sysfs has a directory for every number in use. */
struct Bench {
  Kernel fake;
  std::string sysfs;

  Bench() {
    char path[] = "/tmp/dm-write-XXXXXX";
    sysfs = mkdtemp(path);
    kernel = &fake;
    for (int minor = 900; minor < 904; ++minor) {
      std::string directory = sysfs + "/253:" + std::to_string(minor);
      mkdir(directory.c_str(), 0700);
      Write(directory + "/diskseq", std::to_string(minor) + "\n");
    }
  }
  ~Bench() {
    kernel = nullptr;
    CHECK_EQ(std::system(("rm -r " + sysfs).c_str()), 0);
  }
  static void Write(const std::string& path, const std::string& text) {
    int fd = open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    CHECK(write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    close(fd);
  }
  Control Open() { return Control(open("/dev/null", O_RDWR | O_CLOEXEC), sysfs); }
  void Fails(const char* call, int error, int times = 1) {
    fake.fault = [=, left = times](const std::string& now) mutable { return now == call && left-- > 0 ? error : 0; };
  }
  bool Called(const std::string& call) const {
    for (const std::string& made : fake.calls) {
      if (made == call) return true;
    }
    return false;
  }
  Written Create(const char* uuid = kUuid, const char* name = "mpatha") {
    return CreateMap(Open(), name, uuid, {8, false, "multipath", kParams}, 0x20);
  }
  Written Reload(const char* params, bool resume = false) {
    return ReloadMap(Open(), kUuid, {8, false, "multipath", params}, resume, 0x120);
  }
};

void CheckFailure(const Failure& failure, int error, const char* step) {
  CHECK_EQ(failure.error, error);
  CHECK_EQ(std::string(failure.step), step);
}

}  // namespace

/** Stands before libc's, as the fault libraries of the VM tests do by LD_PRELOAD. */
extern "C" int ioctl(int, unsigned long command, ...) noexcept {
  va_list arguments;
  va_start(arguments, command);
  uint8_t* bytes = va_arg(arguments, uint8_t*);
  va_end(arguments);
  return kernel->Ioctl(command, bytes);
}

TEST(a_map_is_created_with_its_flags_and_cookie) {
  Bench bench;
  Written written = bench.Create();
  CHECK_EQ(written.failure.error, 0);
  CHECK_EQ(written.map.uuid, kUuid);
  CHECK(written.map.diskseq == uint64_t{900});
  CHECK_EQ(written.map.targets.at(0).table, kParams);
  // The caller's flags and DM_UDEV_PRIMARY_SOURCE_FLAG in the upper half.
  CHECK_EQ(bench.fake.cookie_of_resume >> 16, 0x60u);
  CHECK_EQ(bench.fake.cookie_of_resume & 0xffff, static_cast<uint32_t>(written.cookie & 0xffff));
  CHECK(!FinishCookie(written.cookie, false));
  CHECK(FinishCookie(written.cookie, true));
}

TEST(the_cookie_is_finished_once_udev_has_counted_down) {
  Cookie cookie;
  uint16_t base = cookie.EventNr(0) & 0xffff;
  uint64_t number = cookie.Release(true);
  int semaphore = semget(static_cast<key_t>(0x0D4D0000u | base), 1, 0);
  CHECK(semaphore >= 0);
  CHECK_EQ(semctl(semaphore, 0, GETVAL), 1);
  CHECK(!FinishCookie(number, false));
  sembuf down{0, -1, IPC_NOWAIT};
  CHECK_EQ(semop(semaphore, &down, 1), 0);
  CHECK(FinishCookie(number, false));
  CHECK(semget(static_cast<key_t>(0x0D4D0000u | base), 1, 0) < 0);
  CHECK(FinishCookie(number, false));
}

/** The semaphore of the cookie, or -1. */
int SemaphoreOf(uint16_t base) { return semget(static_cast<key_t>(0x0D4D0000u | base), 1, 0); }

/** A process that makes a cookie and is killed before (`released`: after) it has given the command. */
std::pair<pid_t, uint16_t> DieWithCookie(bool released) {
  int ends[2];
  CHECK_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    Cookie cookie;
    const uint16_t base = cookie.EventNr(0) & 0xffff;
    if (released) cookie.Release(true);
    if (write(ends[1], &base, sizeof base) == sizeof base) kill(getpid(), SIGKILL);
  }
  uint16_t base = 0;
  CHECK_EQ(read(ends[0], &base, sizeof base), ssize_t{sizeof base});
  CHECK_EQ(waitpid(child, nullptr, 0), child);
  close(ends[0]);
  close(ends[1]);
  return {child, base};
}

TEST(cookies_of_a_killed_process_are_destroyed_and_no_others) {
  const auto [first, waiting] = DieWithCookie(false);
  const auto [second, pending] = DieWithCookie(true);
  CHECK(SemaphoreOf(waiting) >= 0);
  CHECK(SemaphoreOf(pending) >= 0);
  // As dmsetup makes them, and with a key that is not libdm's.
  const int dmsetup = semget(0x0D4D0000 | (waiting ^ 1), 1, IPC_CREAT | IPC_EXCL | 0600);
  const int other = semget(0x0D4E0000 | waiting, 2, IPC_CREAT | IPC_EXCL | 0600);
  CHECK(dmsetup >= 0 && other >= 0);
  CHECK_EQ(DestroyLeftCookies([](int) { return false; }), 0u);
  std::vector<int> asked;
  CHECK_EQ(DestroyLeftCookies([&](int pid) {
             asked.push_back(pid);
             return pid == first || pid == second;
           }),
           2u);
  CHECK(std::find(asked.begin(), asked.end(), first) != asked.end());
  CHECK_EQ(SemaphoreOf(waiting), -1);
  CHECK_EQ(SemaphoreOf(pending), -1);
  CHECK_EQ(semctl(dmsetup, 0, IPC_RMID), 0);
  CHECK_EQ(semctl(other, 0, IPC_RMID), 0);
  CHECK(IsDeadMaker(first));
  CHECK(IsDeadMaker(getpid()));
  CHECK(!IsDeadMaker(getppid()));
}

TEST(a_cookie_whose_maker_was_killed_before_it_set_the_values_is_destroyed) {
  const auto [pid, base] = DieWithCookie(false);
  CHECK_EQ(semctl(SemaphoreOf(base), 0, IPC_RMID), 0);
  CHECK(semget(0x0D4D0000 | base, 2, IPC_CREAT | IPC_EXCL | 0600) >= 0);
  CHECK_EQ(DestroyLeftCookies([pid = pid](int asked) { return asked == pid; }), 1u);
  CHECK_EQ(SemaphoreOf(base), -1);
}

TEST(the_cookie_of_a_living_daemon_stays) {
  Cookie cookie;
  const uint16_t base = cookie.EventNr(0) & 0xffff;
  const int living = semget(0x0D4D0000 | base, 1, 0);
  CHECK_EQ(DestroyLeftCookies([](int pid) { return pid != getpid(); }), 0u);
  CHECK_EQ(SemaphoreOf(base), living);
}

TEST(without_a_uevent_nothing_is_left_to_finish) {
  Bench bench;
  bench.fake.generates_uevents = false;
  CHECK_EQ(bench.Create().cookie, uint64_t{0});
}

TEST(a_half_made_map_is_removed_by_uuid) {
  for (const auto& [call, step] : std::vector<std::pair<const char*, const char*>>{{"DM_TABLE_LOAD", "DM_TABLE_LOAD"},
                                                                                   {"resume", "DM_DEV_SUSPEND"}}) {
    Bench bench;
    bench.Fails(call, ENOMEM);
    Written written = bench.Create();
    CheckFailure(written.failure, ENOMEM, step);
    CHECK_EQ(written.cookie, uint64_t{0});
    CHECK_EQ(bench.fake.devices.size(), size_t{0});
  }
}

TEST(the_removal_of_a_half_made_map_is_tried_again) {
  Bench bench;
  bench.fake.fault = [busy = 3](const std::string& call) mutable {
    if (call == "DM_TABLE_LOAD") return EINVAL;
    return call == "DM_DEV_REMOVE" && busy-- > 0 ? EBUSY : 0;
  };
  CheckFailure(bench.Create().failure, EINVAL, "DM_TABLE_LOAD");
  CHECK_EQ(bench.fake.devices.size(), size_t{0});
}

TEST(a_map_that_was_there_is_never_removed) {
  for (const char* name : {"mpatha", "mpathb"}) {
    Bench bench;
    bench.fake.devices[kUuid] = {"mpatha", EncodeDevice(253, 900), kParams, "", false};
    CheckFailure(bench.Create(std::strcmp(name, "mpatha") ? kUuid : kOther, name).failure, EBUSY, "DM_DEV_CREATE");
    CHECK_EQ(bench.fake.devices.size(), size_t{1});
    CHECK(!bench.Called("DM_DEV_REMOVE"));
  }
}

TEST(a_map_that_somebody_made_anew_meanwhile_is_not_removed) {
  Bench bench;
  bench.fake.fault = [&](const std::string& call) {
    if (call != "DM_TABLE_LOAD") return 0;
    bench.fake.devices[kUuid].dev = EncodeDevice(253, 903);
    return EIO;
  };
  CheckFailure(bench.Create().failure, EIO, "DM_TABLE_LOAD");
  CHECK(!bench.Called("DM_DEV_REMOVE"));
}

TEST(a_created_map_that_cannot_be_read_back_keeps_its_cookie) {
  Bench bench;
  bench.Fails("DM_TABLE_STATUS", EIO);
  Written written = bench.Create();
  CheckFailure(written.failure, EIO, "DM_TABLE_STATUS");
  CHECK(written.cookie != 0);
  CHECK(FinishCookie(written.cookie, true));
  CHECK_EQ(bench.fake.devices.size(), size_t{1});
}

TEST(a_failed_load_does_nothing_more) {
  Bench bench;
  bench.fake.devices[kUuid] = {"mpatha", EncodeDevice(253, 900), kParams, "", false};
  bench.Fails("DM_TABLE_LOAD", EINVAL);
  CheckFailure(bench.Reload("new").failure, EINVAL, "DM_TABLE_LOAD");
  CHECK_EQ(bench.fake.calls.size(), size_t{1});
}

TEST(a_failed_reload_leaves_the_map_running_with_its_old_table) {
  for (bool was_suspended : {false, true}) {
    Bench bench;
    bench.fake.devices[kUuid] = {"mpatha", EncodeDevice(253, 900), kParams, "", was_suspended};
    bench.Fails("resume", EINTR);
    Written written = bench.Reload("new");
    const Device& device = bench.fake.devices[kUuid];
    CheckFailure(written.failure, EINTR, "DM_DEV_SUSPEND");
    CHECK_EQ(device.live, kParams);
    CHECK_EQ(device.inactive, "");
    // Suspended by somebody else: it stays as it was found.
    CHECK_EQ(device.suspended, was_suspended);
    CHECK_EQ(written.cookie, uint64_t{0});
  }
}

TEST(a_failed_reload_that_is_to_resume_the_map_leaves_it_running) {
  Bench bench;
  bench.fake.devices[kUuid] = {"mpatha", EncodeDevice(253, 900), kParams, "", true};
  bench.Fails("resume", EINVAL);
  CheckFailure(bench.Reload("new", true).failure, EINVAL, "DM_DEV_SUSPEND");
  CHECK(!bench.fake.devices[kUuid].suspended);
  CHECK_EQ(bench.fake.devices[kUuid].live, kParams);
}

TEST(a_reload_never_suspends_in_a_call_of_its_own) {
  Bench bench;
  bench.fake.devices[kUuid] = {"mpatha", EncodeDevice(253, 900), kParams, "", false};
  Written written = bench.Reload("new");
  CHECK_EQ(written.failure.error, 0);
  for (const std::string& call : bench.fake.calls) CHECK(call != "suspend");
  CHECK(FinishCookie(written.cookie, true));
}

TEST(the_way_back_from_a_failed_reload_is_tried_again) {
  Bench bench;
  bench.fake.devices[kUuid] = {"mpatha", EncodeDevice(253, 900), kParams, "", false};
  bench.Fails("resume", ENOMEM, 4);
  CheckFailure(bench.Reload("new").failure, ENOMEM, "DM_DEV_SUSPEND");
  CHECK(!bench.fake.devices[kUuid].suspended);
}

TEST(a_rename_of_a_name_that_moved_is_put_back) {
  Bench bench;
  bench.fake.devices[kUuid] = {"mpatha", EncodeDevice(253, 900), kParams, "", false};
  bench.fake.devices[kOther] = {"mpathb", EncodeDevice(253, 901), kParams, "", false};
  bench.fake.fault = [&, moved = false](const std::string& call) mutable {
    if (call == "DM_DEV_RENAME" && !std::exchange(moved, true)) {
      bench.fake.devices[kUuid].name = "tmp";
      bench.fake.devices[kOther].name = "mpatha";
    }
    return 0;
  };
  Written written = RenameMap(bench.Open(), kUuid, "data", 0x20);
  CheckFailure(written.failure, ESTALE, "identity");
  CHECK_EQ(bench.fake.devices[kOther].name, "mpatha");
  CHECK_EQ(bench.fake.devices[kUuid].name, "tmp");
  CHECK(FinishCookie(written.cookie, true));
}

TEST(a_rename_whose_old_name_is_gone_says_nothing_about_the_map) {
  Bench bench;
  bench.fake.devices[kUuid] = {"mpatha", EncodeDevice(253, 900), kParams, "", false};
  bench.Fails("DM_DEV_RENAME", ENXIO);
  CheckFailure(RenameMap(bench.Open(), kUuid, "data", 0x20).failure, ESTALE, "identity");
}

TEST(a_map_replaced_while_it_is_read_is_stale) {
  Bench bench;
  bench.fake.devices[kUuid] = {"mpatha", EncodeDevice(253, 900), kParams, "", false};
  Address address;
  address.uuid = kUuid;
  bench.fake.fault = [&](const std::string& call) {
    if (call == "DM_TABLE_STATUS") bench.fake.devices[kUuid].dev = EncodeDevice(253, 901);
    return 0;
  };
  CheckFailure(ReadMap(bench.Open(), address).failure, ESTALE, "identity");
  // The same number, another disk.
  bench.fake.devices[kUuid].dev = EncodeDevice(253, 902);
  bench.fake.fault = [&](const std::string& call) {
    if (call == "DM_TABLE_STATUS") Bench::Write(bench.sysfs + "/253:902/diskseq", "77\n");
    return 0;
  };
  CheckFailure(ReadMap(bench.Open(), address).failure, ESTALE, "identity");
}

TEST(a_table_changed_between_its_readings_is_read_again) {
  Bench bench;
  bench.fake.devices[kUuid] = {"mpatha", EncodeDevice(253, 900), kParams, "", false};
  bench.fake.fault = [&, reads = 0](const std::string& call) mutable {
    if (call == "DM_TABLE_STATUS" && ++reads == 2) bench.fake.devices[kUuid].live = "new";
    return 0;
  };
  Address address;
  address.uuid = kUuid;
  Outcome<Map> map = ReadMap(bench.Open(), address);
  CHECK_EQ(map.failure.error, 0);
  CHECK_EQ(map.value.targets.at(0).table, "new");
  CHECK_EQ(map.value.targets.at(0).status, "new");
}

TEST(errnos_of_reads_are_kept_apart) {
  for (int error : {ENXIO, ENOMEM, EINTR, EIO}) {
    for (const char* call : {"DM_DEV_STATUS", "DM_TABLE_STATUS"}) {
      Bench bench;
      bench.fake.devices[kUuid] = {"mpatha", EncodeDevice(253, 900), kParams, "", false};
      bench.Fails(call, error);
      Address address;
      address.uuid = kUuid;
      CheckFailure(ReadMap(bench.Open(), address).failure, error, call);
    }
  }
}

TEST(an_unreadable_disk_sequence_number_is_no_word_on_the_map) {
  Bench bench;
  bench.fake.devices[kUuid] = {"mpatha", EncodeDevice(253, 900), kParams, "", false};
  Address address;
  address.uuid = kUuid;
  Bench::Write(bench.sysfs + "/253:900/diskseq", "no number");
  CheckFailure(ReadMap(bench.Open(), address).failure, EBADMSG, "diskseq");
  // The attribute and the rest of the directory are gone: the disk is going away.
  unlink((bench.sysfs + "/253:900/diskseq").c_str());
  CheckFailure(ReadMap(bench.Open(), address).failure, ESTALE, "identity");
  // Only the attribute is missing: a kernel before 5.15.
  Bench::Write(bench.sysfs + "/253:900/dev", "253:900\n");
  Outcome<Map> map = ReadMap(bench.Open(), address);
  CHECK_EQ(map.failure.error, 0);
  CHECK(!map.value.diskseq);
}

TEST(arguments_are_refused_before_the_kernel_is_asked) {
  Bench bench;
  CheckFailure(bench.Create("a/b").failure, EINVAL, "uuid");
  CheckFailure(bench.Create(kUuid, "..").failure, EINVAL, "name");
  CheckFailure(bench.Reload("").failure, EINVAL, "params");
  CheckFailure(SendMessage(bench.Open(), kUuid, "fail\npath"), EINVAL, "message");
  CHECK(bench.fake.calls.empty());
}
