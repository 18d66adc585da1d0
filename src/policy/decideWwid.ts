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
 *
 * `mayFallBack`: sysfs may give the WWID where udev does not (it proves a change in any case).
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
  // udev's first answer, later than it was waited for: what the other paths of the LUN go by. In a
  // map the path stays where it is, since the LUN is the same.
  const late = before.sources.udev === null && mapWwid === null;
  return late || now.sysfs === null ? now.udev : before.wwid;
}

/** By the kernel's own copy of what the LUN says. */
export function isOtherLun(before: WwidSources, now: WwidSources): boolean {
  return both(before.sysfs, now.sysfs) && before.sysfs !== now.sysfs;
}

function both(a: Wwid | null, b: Wwid | null): boolean {
  return a !== null && b !== null;
}
