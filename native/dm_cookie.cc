#include "dm_cookie.h"

#include <sys/ipc.h>
#include <sys/random.h>
#include <sys/sem.h>

#include <cerrno>

namespace mpathd::dm {

namespace {

constexpr uint32_t kMagic = 0x0D4D;
constexpr int kFlagsShift = 16;
// Tells udev's rules that the event comes from a command and is not synthetic.
constexpr uint32_t kPrimarySourceFlag = 0x0040;
// All users of device-mapper share 65535 keys. A clash is rare; many clashes in a row mean that no key is free.
constexpr int kAttempts = 32;

/** man semctl: the caller has to define it. */
union SemaphoreArgument {
  int val;
  semid_ds* buf;
  unsigned short* array;
};

void Destroy(int semaphore) { semctl(semaphore, 0, IPC_RMID); }

/** The kernel does not give out the semaphore's number again soon. But another program may have its key by now. */
uint64_t NumberOf(int semaphore, uint16_t base) {
  return (static_cast<uint64_t>(static_cast<uint32_t>(semaphore)) << 16) | base;
}

}  // namespace

Cookie::Cookie() {
  for (int i = 0; i < kAttempts; ++i) {
    uint16_t base = 0;
    if (getrandom(&base, sizeof base, GRND_NONBLOCK) != sizeof base || base == 0) continue;
    int semaphore = semget(static_cast<key_t>((kMagic << 16) | base), 1, IPC_CREAT | IPC_EXCL | 0600);
    if (semaphore < 0 && errno == EEXIST) continue;
    if (semaphore < 0) return;
    SemaphoreArgument both{};
    both.val = 2;  // ours and the command's
    semaphore_ = semaphore;
    base_ = base;
    if (semctl(semaphore, 0, SETVAL, both) == 0) return;
    Destroy(semaphore);
    semaphore_ = -1;
    base_ = 0;
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
  int value = number == 0 ? 0 : semctl(semaphore, 0, GETVAL);
  if (number == 0 || (value < 0 && errno != EINTR)) return true;
  if (value != 0 && !even_if_pending) return false;
  Destroy(semaphore);
  return true;
}

}  // namespace mpathd::dm
