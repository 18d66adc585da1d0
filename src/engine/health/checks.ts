/** When paths are checked, and what the outcome of a check means. Nothing here waits: outcomes come back as inputs. */
import type { CheckOutcome } from '../../model/facts';
import { type CheckState, isUsable, type Path } from '../../model/path';
import type { Seq } from '../../model/units';
import { identityCopyOf } from '../../policy/compareLuns';
import { type CoreContext, log, markForReconcile } from '../core/core';
import type { TimerKey } from '../core/keys';
import { requestBlock, requestMap } from '../core/questions';
import { pathSettings } from '../settings/pathSettings';
import type { SettingsContext } from '../settings/state';
import { notePathSwitched } from './failbackState';
import { askIfDoubted, doubt, noteEvidence } from './lunIdentity';
import { isOut, noteAccessState } from './priorities';
import { noteUsable } from './rules';

const timerOf = (path: Path): TimerKey => `check ${path.key}`;

/** Checks a path at once, after its first facts have arrived. */
export function scheduleFirstCheck(ctx: SettingsContext, path: Path): void {
  useChecker(ctx, path);
  checkSoon(ctx, path);
}

/** Sets the path's checker by its settings. */
export function useChecker(ctx: SettingsContext, path: Path): void {
  path.check.method = pathSettings(ctx, path)?.checker.value ?? path.check.method;
}

export function checkSoon(ctx: SettingsContext, path: Path): void {
  path.check.intervalMs = ctx.polling.intervalMs;
  path.check.nextAt = ctx.store.now;
  ctx.timers.setSooner(timerOf(path), ctx.store.now);
}

/** Begins a check, as its time has come. */
export function startCheck(ctx: SettingsContext, path: Path): void {
  const settings = pathSettings(ctx, path);
  if (path.check.inFlight || settings === null || isOut(path)) return;
  path.check.inFlight = true;
  path.check.begunAt = ctx.seq;
  path.check.begunTime = ctx.store.now;
  ctx.effects.push({
    type: 'check',
    path: path.key,
    name: path.name,
    devt: path.devt,
    diskseq: path.diskseq,
    method: path.check.method,
    timeoutMs: settings.checkTimeoutMs.value,
    identity: path.facts === null ? null : identityCopyOf(path.facts),
  });
}

export function onCheckDone(ctx: SettingsContext, path: Path, outcome: CheckOutcome): void {
  const begunAt = path.check.begunAt;
  path.check.inFlight = false;
  path.check.lastAt = ctx.store.now;
  noteEvidence(ctx, path, outcome, begunAt);
  if (begunAt < path.failedAt) {
    // The check began before the kernel failed the path. Its outcome does not hold for the path now.
    checkSoon(ctx, path);
    return;
  }
  if (outcome.state === 'removed') requestBlock(ctx, path.name);
  if (outcome.sizeSectors !== null && outcome.sizeSectors !== path.facts?.sizeSectors) requestBlock(ctx, path.name);
  if (path.facts !== null && outcome.sysfsState !== null) path.facts.state = outcome.sysfsState;
  if (outcome.accessState !== null) noteAccessState(ctx, path, outcome.accessState, outcome.preferredPath, begunAt);
  noteState(ctx, path, outcome);
  recheckWwidIfDoubted(ctx, path);
  if (isUsable(path.check.state)) noteUsable(ctx, path);
  reschedule(ctx, path);
  // No event says that the kernel has switched to another group. So the map's status is read at the checkers' pace.
  if (path.map !== null) requestMap(ctx, { uuid: path.map });
}

/**
 * Asks which LUN is behind the path, if this is in doubt. A path that is down may answer, too: a standby port answers
 * INQUIRY but no read. Then the path belongs into its map, and gets no I/O there before it is up.
 */
export function recheckWwidIfDoubted(ctx: CoreContext, path: Path): void {
  const { check, map, wwid } = path;
  if (isUsable(check.state) || (check.state === 'down' && map === null && wwid !== null)) askIfDoubted(ctx, path);
}

function noteState(ctx: SettingsContext, path: Path, outcome: CheckOutcome): void {
  const before = path.check.state;
  const after: CheckState = outcome.state === 'transitioning' ? 'pending' : outcome.state;
  path.check.message = outcome.message;
  if (after === 'pending' && (before === 'up' || before === 'ghost')) return;
  path.check.state = after;
  if (after !== before) {
    path.check.intervalMs = ctx.polling.intervalMs;
    if (isUsable(before)) path.check.failures += 1;
    // While nobody can ask the path, the array may put another LUN behind it. The check itself may have asked again.
    const isProved = isUsable(after) && outcome.identity?.kind === 'same';
    if (isUsable(after) !== isUsable(before) && before !== 'unchecked' && !isProved) doubt(ctx, path);
    if (isUsable(after) !== isUsable(before)) notePathSwitched(ctx, path, isUsable(after));
    log(ctx, levelOf(before, after), `checker (${path.check.method}): ${after}, ${outcome.message}`, path.name);
    markForReconcile(ctx, path.wwid);
  } else if (isUsable(after)) {
    path.check.intervalMs = Math.min(path.check.intervalMs * 2, ctx.polling.maxIntervalMs);
  }
  if (isUsable(after) && path.dmState === 'failed') {
    // Before I/O goes to the path again, it must be proved that the path still leads to the same LUN.
    path.upAt = ctx.seq;
    requestBlock(ctx, path.name);
  } else if (!isUsable(after) && path.dmState === 'active') {
    markForReconcile(ctx, path.wwid);
  }
}

/** The first good outcome of a path is no news. */
function levelOf(before: CheckState, after: CheckState): 'info' | 'notice' | 'warning' {
  if (!isUsable(after)) return 'warning';
  return before === 'unchecked' ? 'info' : 'notice';
}

/**
 * Called after a reading that was asked for at input `asked`. If the path was found usable before that, reconciliation
 * may reinstate it.
 */
export function proveIdentity(ctx: CoreContext, path: Path, asked: Seq): void {
  if (path.upAt > 0 && asked >= path.upAt) markForReconcile(ctx, path.wwid);
}

/** True if a failed path passed a check, and its identity was read again after that. */
export function mayReinstate(path: Path): boolean {
  return path.upAt > 0 && path.known >= path.upAt && path.upAt > path.failedAt && isUsable(path.check.state);
}

function reschedule(ctx: CoreContext, path: Path): void {
  const pause = path.check.state === 'pending' ? 1_000 : path.check.intervalMs;
  path.check.nextAt = ctx.store.now + pause;
  ctx.timers.set(timerOf(path), path.check.nextAt);
}
