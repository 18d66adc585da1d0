#pragma once

#include <cstdint>

namespace mpathd::dm {

/**
 * libdm's udev protocol (libdevmapper.h, dmsetup(8) udevcomplete): a SysV semaphore under the key
 * 0x0D4Dxxxx counts those that udev is waited for; xxxx travels with the command into the uevent
 * (DM_COOKIE), and udev's last rule counts the semaphore down by `dmsetup udevcomplete`. Here
 * nobody waits: whoever asked looks at the semaphore from time to time, and destroys it at 0.
 */
class Cookie {
 public:
  /** Takes a fresh semaphore; without one (ENOSPC, say) there is nothing to finish, and that is all. */
  Cookie();
  Cookie(const Cookie&) = delete;
  Cookie& operator=(const Cookie&) = delete;
  /** Destroys the semaphore unless Release() gave it away. */
  ~Cookie();

  /** For dm_ioctl.event_nr: the flags for udev's rules and the cookie. `flags` are 16 bits. */
  uint32_t EventNr(uint32_t flags) const;
  /**
   * After the command: takes back our own count, and the command's if it sent no uevent. Returns
   * the number for FinishCookie(), 0 if there is nothing left to finish.
   */
  uint64_t Release(bool uevent_generated);

 private:
  int semaphore_ = -1;
  uint16_t base_ = 0;
};

/** DM_UDEV_PRIMARY_SOURCE_FLAG and the caller's flags, without a semaphore. */
uint32_t EventNrWithoutCookie(uint32_t flags);

/**
 * Never blocks. True once udev has finished (the semaphore is then destroyed) or it is gone; with
 * `even_if_pending` it is destroyed in any case.
 */
bool FinishCookie(uint64_t number, bool even_if_pending);

}  // namespace mpathd::dm
