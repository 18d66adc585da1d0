import type { Wwid } from '../model/identity';

/** A path's WWID by each of its two sources; null if the source has none (now). */
export interface WwidSources {
  /** The WWID in udev's record. */
  udev: Wwid | null;
  /** The WWID in the VPD pages (or the NVMe wwid) in sysfs. */
  sysfs: Wwid | null;
}

/**
 * Decides which WWID a path has.
 *
 * The two sources can disagree permanently (udev's rules choose another designator), so a path keeps the WWID by which
 * it was identified. sysfs has the kernel's own copy of the LUN's answer. When this copy changes, the LUN has changed,
 * whatever an old udev record still says. When only udev's answer changes, the rules have changed and not the LUN.
 *
 * `mayFallBack`: sysfs may give the WWID if udev has none (sysfs proves a change in any case).
 */
export function decideWwid(
  before: { sources: WwidSources; wwid: Wwid } | null,
  now: WwidSources,
  mapWwid: Wwid | null,
  mayFallBack = true,
): Wwid | null {
  if (before === null) {
    const known = mapWwid !== null && (mapWwid === now.udev || mapWwid === now.sysfs);
    return known ? mapWwid : (now.udev ?? (mayFallBack ? now.sysfs : null));
  }
  const udevChanged = now.udev !== null && now.udev !== before.sources.udev;
  if (isOtherLun(before.sources, now)) return udevChanged ? now.udev : now.sysfs;
  if (!udevChanged) return before.wwid;
  // udev's first answer came after the wait for it. The other paths of the LUN go by this answer, so this path does,
  // too. But a path in a map stays there, since the LUN is the same.
  const late = before.sources.udev === null && mapWwid === null;
  return late || now.sysfs === null ? now.udev : before.wwid;
}

/** Whether the LUN is another one, by the kernel's own copy of the LUN's answer. */
export function isOtherLun(before: WwidSources, now: WwidSources): boolean {
  return both(before.sysfs, now.sysfs) && before.sysfs !== now.sysfs;
}

function both(a: Wwid | null, b: Wwid | null): boolean {
  return a !== null && b !== null;
}
