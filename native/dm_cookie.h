#pragma once

#include <cstdint>
#include <functional>

namespace mpathd::dm {

/**
 * libdm's udev protocol (libdevmapper.h, dmsetup(8) udevcomplete). A SysV semaphore under the key 0x0D4Dxxxx counts the
 * commands that udev has not finished. The command carries xxxx into its uevent (DM_COOKIE), and udev's last rule
 * counts the semaphore down by `dmsetup udevcomplete`. mpathd does not wait on the semaphore: it looks at its value
 * from time to time, and destroys the semaphore at 0.
 *
 * libdm asks for a set of one semaphore. mpathd makes a set of two, which works the same for libdm (semget(2): the set
 * may be larger). Nobody counts the second one: it says from the first moment that the set is mpathd's, and keeps the
 * pid of the process that made the set. So the next daemon finds what a killed daemon left behind.
 */
class Cookie {
 public:
  /**
   * Makes a semaphore. If that fails (ENOSPC, for example), the command runs without a cookie, and there is nothing to
   * finish.
   */
  Cookie();
  Cookie(const Cookie&) = delete;
  Cookie& operator=(const Cookie&) = delete;
  /** Destroys the semaphore unless Release() gave it away. */
  ~Cookie();

  /** For dm_ioctl.event_nr: the flags for udev's rules and the cookie. `flags` are 16 bits. */
  uint32_t EventNr(uint32_t flags) const;
  /**
   * For use after the command: takes back our own count, and the command's count if it sent no uevent. Returns the
   * number for FinishCookie(), 0 if there is nothing to finish.
   */
  uint64_t Release(bool uevent_generated);

 private:
  int semaphore_ = -1;
  uint16_t base_ = 0;
};

/** DM_UDEV_PRIMARY_SOURCE_FLAG and the caller's flags, without a semaphore. */
uint32_t EventNrWithoutCookie(uint32_t flags);

/**
 * Never blocks. True if udev has finished (then the semaphore is destroyed), or if the semaphore is gone. With
 * `even_if_pending` the semaphore is destroyed in any case.
 */
bool FinishCookie(uint64_t number, bool even_if_pending);

/**
 * Destroys the cookies that dead daemons left, and returns their number. The caller excludes every other daemon. A
 * cookie of another program, or of another user, is left alone, and so is one whose maker is alive by `is_dead`. udev
 * may still have the event of a destroyed cookie: its `dmsetup udevcomplete` then finds no semaphore, which has no
 * effect.
 */
uint32_t DestroyLeftCookies(const std::function<bool(int pid)>& is_dead);

/** True if no process has this pid, or only this process, which has made no cookie yet. */
bool IsDeadMaker(int pid);

}  // namespace mpathd::dm
