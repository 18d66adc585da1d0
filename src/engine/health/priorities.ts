/** Priorities of paths, from sysfs, the checks and the disks' own answers. */
import { describeFailure } from '../../model/failure';
import { isUsable, NO_PRIORITY, type Path } from '../../model/path';
import type { Seq } from '../../model/units';
import type { DiskQuestion } from '../../policy/diskQuestions';
import { prioritizerRule } from '../../policy/prioritizers/prioritizers';
import { log, markForReconcile } from '../core/core';
import { requestBlockSince, requestDiskSince } from '../core/questions';
import { currentPriority, pathSettings } from '../settings/pathSettings';
import type { PathSettings, SettingsContext } from '../settings/state';
import { groupAnew } from './failbackState';
import type { Answer, HealthRule } from './rule';

/**
 * Until the array's first answer about its port groups, sysfs shows active/optimized for each new disk
 * (drivers/scsi/scsi_dh_alua.c queues the question; sdev->access_state is 0 before). So any state that sysfs shows in
 * this time, ms, after a disk came counts as the first one, whatever it showed before. The time is long enough for
 * three checks.
 */
const ALUA_FIRST_ANSWER_MS = 30_000;

/** True if the path will not be multipathed, and no map has it. */
export const isOut = (path: Path): boolean => path.init === 'excluded' && path.map === null;

/** Takes in the ALUA state that a check showed. The check began at input `asked`. */
export function noteAccessState(
  ctx: SettingsContext,
  path: Path,
  accessState: string,
  preferredPath: boolean,
  asked: Seq,
): void {
  const { facts } = path;
  if (facts === null || (facts.accessState === accessState && facts.preferredPath === preferredPath)) return;
  // A new object, because settings are cached by the facts that they rest on.
  path.facts = { ...facts, accessState, preferredPath };
  markForReconcile(ctx, path.wwid);
  updatePriority(ctx, path, asked);
}

/**
 * Sets the priority by the path's facts, which come from a reading that was asked for at input `asked`. The array
 * changes whole port groups. So the facts of the LUN's other paths are old, too, and groups of old and new priorities
 * would be wrong.
 */
export function updatePriority(ctx: SettingsContext, path: Path, asked: Seq): void {
  const settings = pathSettings(ctx, path);
  if (path.facts === null || settings === null || isOut(path)) return;
  const answer = path.priorityAnswer?.question === questionOf(settings) ? path.priorityAnswer.text : null;
  const priority = currentPriority(ctx, path.facts, settings, answer);
  // A path that is down may not answer. Then its old priority stays.
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
    if (other === path) continue;
    if (other.known < asked) requestBlockSince(ctx, other.name, asked);
    if ((other.priorityAnswer?.asked ?? asked) < asked) askPriority(ctx, other, asked);
  }
}

/** The question of the path's prioritizer to the disk; null: facts alone decide the priority. */
function questionOf({ prioritizer }: PathSettings): DiskQuestion | null {
  const { name } = prioritizer.value;
  return prioritizerRule(name)?.ask === undefined ? null : `priority ${name}`;
}

/** Asks the disk after a check that found the path usable, unless a question since input `since` is under way. */
function askPriority(ctx: SettingsContext, path: Path, since: Seq = ctx.seq): void {
  const settings = path.facts?.bus === 'scsi' ? pathSettings(ctx, path) : null;
  const question = settings === null ? null : questionOf(settings);
  if (settings === null || question === null || isOut(path)) return;
  requestDiskSince(ctx, path, { question, timeoutMs: settings.checkTimeoutMs.value }, since);
}

/** The disk's answer to the prioritizer's question of input `asked`. */
function onPriorityAnswered(ctx: SettingsContext, path: Path, { question, asked, reading }: Answer): void {
  if (!reading.ok && path.priorityAnswer?.text !== null)
    log(
      ctx,
      'warning',
      `no answer to ${question} (${describeFailure(reading.failure)}): the disk is asked again after its next check`,
      path.name,
    );
  path.priorityAnswer = { question, text: reading.ok ? reading.value : null, asked };
  updatePriority(ctx, path, asked);
}

export const PRIORITIES: HealthRule = {
  onUsable: (ctx, path) => askPriority(ctx, path),
  asks: (question) => question.startsWith('priority '),
  onAnswer: onPriorityAnswered,
  facts: (_, { priority }) => (priority >= 0 ? [['priority', String(priority)]] : []),
};
