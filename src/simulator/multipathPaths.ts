/** The effects of messages and of failing I/O on a live multipath target, with the kernel's events. */
import { emit, issueDmEvent, type Kernel } from './kernel';
import { pathEvent } from './eventText';
import type { MultipathTarget, SimDisk, SimDm, SimPath } from './world';

const usable = (target: MultipathTarget, group: number): boolean =>
  target.groups[group]?.paths.some((p) => p.active) === true;

function firstUsable(target: MultipathTarget, bypassed: boolean): number {
  return target.groups.findIndex((g, n) => g.bypassed === bypassed && usable(target, n));
}

/**
 * Chooses the group for the next I/O (choose_pgpath): first the requested group, then the current one, then the first
 * one; bypassed groups come last.
 */
export function chooseGroup(target: MultipathTarget): void {
  const asked = target.nextGroup;
  target.nextGroup = null;
  if (asked !== null && usable(target, asked)) {
    target.currentGroup = asked;
    return;
  }
  const current = target.currentGroup;
  if (current !== null && target.groups[current]?.bypassed === false && usable(target, current)) return;
  const normal = firstUsable(target, false);
  const found = normal >= 0 ? normal : firstUsable(target, true);
  if (found >= 0) target.currentGroup = found;
}

/** event_callback in dm.c: the uevents first, then the map's number, then the global event. */
export function raiseEvent(kernel: Kernel, dm: SimDm): void {
  dm.eventNr++;
  issueDmEvent(kernel);
}

function setPath(kernel: Kernel, dm: SimDm, target: MultipathTarget, path: SimPath, active: boolean): void {
  if (path.active === active) return;
  path.active = active;
  if (!active) path.failCount++;
  chooseGroup(target);
  let valid = 0;
  for (const group of target.groups) for (const p of group.paths) if (p.active) valid++;
  dm.pathEvents++;
  emit(kernel, pathEvent(dm, active ? 'PATH_REINSTATED' : 'PATH_FAILED', path.disk.devt, valid));
  raiseEvent(kernel, dm);
}

/**
 * fail_path and reinstate_path; false if the table does not name the device. A second call for the same state changes
 * nothing and sends no event.
 */
export function setPathByDevt(
  kernel: Kernel,
  dm: SimDm,
  target: MultipathTarget,
  devt: string,
  active: boolean,
): boolean {
  let found = false;
  for (const group of target.groups) {
    for (const path of group.paths) {
      if (path.disk.devt !== devt) continue;
      found = true;
      setPath(kernel, dm, target, path, active);
    }
  }
  return found;
}

/** I/O through this disk fails: every live map that uses it fails the path. */
export function failIo(kernel: Kernel, disk: SimDisk): void {
  for (const dm of new Set(disk.holders)) {
    if (dm.live?.kind === 'multipath') setPathByDevt(kernel, dm, dm.live.target, disk.devt, false);
  }
}

/** switch_group, disable_group and enable_group; 1-based. False if there is no group with this number. */
export function groupMessage(kernel: Kernel, dm: SimDm, target: MultipathTarget, verb: string, group: number): boolean {
  const chosen = target.groups[group - 1];
  if (chosen === undefined) return false;
  if (verb === 'switch_group') {
    for (const g of target.groups) g.bypassed = false;
    target.nextGroup = group - 1;
    target.currentGroup = null;
  } else {
    chosen.bypassed = verb === 'disable_group';
  }
  chooseGroup(target);
  raiseEvent(kernel, dm);
  return true;
}
