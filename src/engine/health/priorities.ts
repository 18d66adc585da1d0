/** Priorities of paths, by what sysfs and the checks say of their ports. */
import { isUsable, type Path } from '../../model/path';
import type { Seq } from '../../model/units';
import { NO_PRIORITY } from '../../policy/grouping';
import { markForReconcile } from '../core/core';
import { requestBlockSince } from '../core/questions';
import { currentPriority, pathSettings } from '../settings/pathSettings';
import type { SettingsContext } from '../settings/state';
import { groupAnew } from './failbackState';

/**
 * Until the array's first answer about its port groups sysfs says active/optimized of each new disk
 * (drivers/scsi/scsi_dh_alua.c queues the question; sdev->access_state is 0 before). So what it says so soon,
 * ms, after a disk has come counts as the first word, whatever was said before: three checks at least.
 */
const ALUA_FIRST_ANSWER_MS = 30_000;

/** It will not be multipathed, and nobody does already. */
export const isOut = (path: Path): boolean => path.init === 'excluded' && path.map === null;

/** Takes in the ALUA state that a check begun at input `asked` has shown. */
export function noteAccessState(
  ctx: SettingsContext,
  path: Path,
  accessState: string,
  preferredPath: boolean,
  asked: Seq,
): void {
  const { facts } = path;
  if (facts === null || (facts.accessState === accessState && facts.preferredPath === preferredPath)) return;
  // Anew, as settings are worked out by the facts that they rest on.
  path.facts = { ...facts, accessState, preferredPath };
  markForReconcile(ctx, path.wwid);
  updatePriority(ctx, path, asked);
}

/**
 * The priority by the path's facts, which a reading asked for at input `asked` has shown. The array
 * changes whole port groups: what is known of the LUN's other paths is old, too, and groups made of
 * old and new would be wrong.
 */
export function updatePriority(ctx: SettingsContext, path: Path, asked: Seq): void {
  const settings = pathSettings(ctx, path);
  if (path.facts === null || settings === null || isOut(path)) return;
  const priority = currentPriority(ctx, path.facts, settings);
  // A path that is down may not tell it: what it was counts on.
  if (priority === path.priority || (priority === NO_PRIORITY && !isUsable(path.check.state))) return;
  const isFirst = path.priority === NO_PRIORITY;
  const isProvisional = isFirst || ctx.store.now - path.enteredTime < ALUA_FIRST_ANSWER_MS;
  path.priority = priority;
  ctx.changed.paths.add(path);
  markForReconcile(ctx, path.wwid);
  const map = path.map === null ? undefined : ctx.store.maps.get(path.map);
  if (isProvisional && map !== undefined) groupAnew(map);
  if (isFirst || path.wwid === null) return;
  for (const other of ctx.store.pathsOfWwid(path.wwid)) {
    if (other !== path && other.known < asked) requestBlockSince(ctx, other.name, asked);
  }
}
