#include "dm_cookie.h"

#include <sys/ipc.h>
#include <sys/random.h>
#include <sys/sem.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace mpathd::dm {

namespace {

constexpr uint32_t kMagic = 0x0D4D;
constexpr int kFlagsShift = 16;
// Tells udev's rules that the event comes from a command and is not synthetic.
constexpr uint32_t kPrimarySourceFlag = 0x0040;
// All users of device-mapper share 65535 keys. A clash is rare; many clashes in a row mean that no key is free.
constexpr int kAttempts = 32;
// The commands are counted by the first semaphore of the set. The second one has the maker's pid (dm_cookie.h).
constexpr int kSemaphores = 2;
constexpr int kCommands = 0;
constexpr int kMaker = 1;

/** man semctl: the caller has to define it. */
union SemaphoreArgument {
  int val;
  semid_ds* buf;
  unsigned short* array;
  seminfo* info;
};

void Destroy(int semaphore) { semctl(semaphore, 0, IPC_RMID); }

/** SETALL sets both values, and makes this process the last one that changed them, in one call. */
bool SetValues(int semaphore) {
  unsigned short values[kSemaphores] = {2 /* ours and the command's */, 0};
  SemaphoreArgument both{};
  both.array = values;
  return semctl(semaphore, 0, SETALL, both) == 0;
}

bool IsOurs(const semid_ds& set) {
  const auto key = static_cast<uint32_t>(set.sem_perm.__key);
  return key >> 16 == kMagic && set.sem_nsems == kSemaphores && set.sem_perm.cuid == geteuid();
}

bool IsLeft(int semaphore, const std::function<bool(int pid)>& is_dead) {
  const int maker = semctl(semaphore, kMaker, GETPID);
  // 0: the maker was killed before it could set the values, or it is in another PID namespace, and nothing is known.
  return maker > 0 ? is_dead(maker) : maker == 0 && semctl(semaphore, kCommands, GETVAL) == 0;
}

/** The kernel does not give out the semaphore's number again soon. But another program may have its key by now. */
uint64_t NumberOf(int semaphore, uint16_t base) {
  return (static_cast<uint64_t>(static_cast<uint32_t>(semaphore)) << 16) | base;
}

}  // namespace

Cookie::Cookie() {
  for (int i = 0; i < kAttempts; ++i) {
    uint16_t base = 0;
    if (getrandom(&base, sizeof base, GRND_NONBLOCK) != sizeof base || base == 0) continue;
    int semaphore = semget(static_cast<key_t>((kMagic << 16) | base), kSemaphores, IPC_CREAT | IPC_EXCL | 0600);
    if (semaphore < 0 && errno == EEXIST) continue;
    if (semaphore < 0) return;
    if (SetValues(semaphore)) {
      semaphore_ = semaphore;
      base_ = base;
    } else {
      Destroy(semaphore);
    }
    return;
  }
}

Cookie::~Cookie() {
  if (semaphore_ >= 0) Destroy(semaphore_);
}

uint32_t Cookie::EventNr(uint32_t flags) const { return EventNrWithoutCookie(flags) | base_; }

uint64_t Cookie::Release(bool uevent_generated) {
  if (semaphore_ < 0) return 0;
  sembuf down{};
  down.sem_num = kCommands;
  down.sem_op = uevent_generated ? -1 : -2;
  down.sem_flg = IPC_NOWAIT;
  // EAGAIN: somebody counted down too often (dmsetup udevcomplete by hand); then no command is pending.
  bool pending = semop(semaphore_, &down, 1) == 0 && semctl(semaphore_, 0, GETVAL) > 0;
  int semaphore = semaphore_;
  semaphore_ = -1;
  if (pending) return NumberOf(semaphore, base_);
  Destroy(semaphore);
  return 0;
}

uint32_t EventNrWithoutCookie(uint32_t flags) { return ((flags & 0xffff) | kPrimarySourceFlag) << kFlagsShift; }

bool FinishCookie(uint64_t number, bool even_if_pending) {
  int semaphore = static_cast<int>(static_cast<uint32_t>(number >> 16));
  int value = number == 0 ? 0 : semctl(semaphore, kCommands, GETVAL);
  if (number == 0 || (value < 0 && errno != EINTR)) return true;
  if (value != 0 && !even_if_pending) return false;
  Destroy(semaphore);
  return true;
}

uint32_t DestroyLeftCookies(const std::function<bool(int pid)>& is_dead) {
  seminfo limits{};
  SemaphoreArgument all{};
  all.info = &limits;
  const int last = semctl(0, 0, SEM_INFO, all);
  uint32_t destroyed = 0;
  for (int index = 0; index <= last; ++index) {
    semid_ds set{};
    SemaphoreArgument one{};
    one.buf = &set;
    // No set has this index, or it is of another user: not ours.
    const int semaphore = semctl(index, 0, SEM_STAT, one);
    if (semaphore < 0 || !IsOurs(set) || !IsLeft(semaphore, is_dead)) continue;
    if (semctl(semaphore, 0, IPC_RMID) == 0) ++destroyed;
  }
  return destroyed;
}

bool IsDeadMaker(int pid) { return pid == getpid() || (kill(pid, 0) < 0 && errno == ESRCH); }

}  // namespace mpathd::dm
