import type { Wwid } from '../model/identity';

/** A path's WWID by each of its two sources; null where the source has none (now). */
export interface WwidSources {
  /** By udev's record. */
  udev: Wwid | null;
  /** By the VPD pages (or the NVMe wwid) in sysfs. */
  sysfs: Wwid | null;
}

/**
 * Which WWID a path has, and whether its LUN was changed under it.
 *
 * The two sources can disagree for good (udev's rules choose another designator), so a path keeps
 * the one it was identified by. sysfs is the kernel's own copy of the LUN's answer: when that
 * changes, the LUN has changed, whatever an old udev record still says; when only udev's answer
 * changes, the rules have changed, not the LUN.
 */
export function decideWwid(
  before: { sources: WwidSources; wwid: Wwid } | null,
  now: WwidSources,
  mapWwid: Wwid | null,
): Wwid | null {
  if (before === null) {
    const known = mapWwid !== null && (mapWwid === now.udev || mapWwid === now.sysfs);
    return known ? mapWwid : (now.udev ?? now.sysfs);
  }
  const lunChanged = both(before.sources.sysfs, now.sysfs) && before.sources.sysfs !== now.sysfs;
  const udevChanged = now.udev !== null && now.udev !== before.sources.udev;
  if (lunChanged) return udevChanged ? now.udev : now.sysfs;
  if (!udevChanged) return before.wwid;
  // udev's first answer, later than it was waited for: what the other paths of the LUN go by. In a
  // map the path stays where it is, since the LUN is the same.
  const late = before.sources.udev === null && mapWwid === null;
  return late || now.sysfs === null ? now.udev : before.wwid;
}

function both(a: Wwid | null, b: Wwid | null): boolean {
  return a !== null && b !== null;
}
