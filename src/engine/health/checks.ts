/** When paths are checked, and what an answer means. Nothing here waits: answers come back as inputs. */
import { NO_PRIORITY } from '../../policy/grouping';
import type { CheckOutcome } from '../../model/facts';
import type { CheckState, Path } from '../../model/path';
import { log, touch, type Context } from '../context';
import { groupAnew, notePathSwitched } from '../reconcile/failback';
import { askIfDoubted, doubt } from './lunIdentity';
import { currentPriority, pathSettings } from '../settings/pathSettings';
import { requestBlock, requestBlockSince, requestMap } from '../core/questions';
import { askVendorPage } from './vendorPage';

const timerOf = (path: Path): string => `check ${path.key}`;

/**
 * Until the array's first answer about its port groups sysfs says active/optimized of each new disk
 * (drivers/scsi/scsi_dh_alua.c queues the question; sdev->access_state is 0 before). So what it says so soon,
 * ms, after a disk has come counts as the first word, whatever was said before: three checks at least.
 */
const ALUA_FIRST_ANSWER_MS = 30_000;

/** A path's first facts are there: it is checked at once. */
export function scheduleFirstCheck(ctx: Context, path: Path): void {
  useChecker(ctx, path);
  checkSoon(ctx, path);
}

/** The path's checker by its settings. */
export function useChecker(ctx: Context, path: Path): void {
  path.check.method = pathSettings(ctx, path)?.checker.value ?? path.check.method;
}

export function checkSoon(ctx: Context, path: Path): void {
  path.check.intervalMs = ctx.polling.intervalMs;
  path.check.nextAt = ctx.store.now;
  ctx.timers.setSooner(timerOf(path), ctx.store.now);
}

/** It will not be multipathed, and nobody does already. */
const isOut = (path: Path): boolean => path.init === 'excluded' && path.map === null;

/** The time for a check has come. */
export function startCheck(ctx: Context, path: Path): void {
  const settings = pathSettings(ctx, path);
  if (path.check.inFlight || settings === null || isOut(path)) return;
  path.check.inFlight = true;
  path.check.begunAt = ctx.seq;
  ctx.effects.push({
    type: 'check',
    path: path.key,
    name: path.name,
    devt: path.devt,
    diskseq: path.diskseq,
    method: path.check.method,
    timeoutMs: settings.checkTimeoutMs.value,
  });
}

export function onCheckDone(ctx: Context, path: Path, outcome: CheckOutcome): void {
  const begunAt = path.check.begunAt;
  path.check.inFlight = false;
  path.check.lastAt = ctx.store.now;
  if (begunAt < path.failedAt) {
    // Begun before the kernel failed the path: it says nothing about the path now.
    checkSoon(ctx, path);
    return;
  }
  if (outcome.state === 'removed') requestBlock(ctx, path.name);
  if (outcome.sizeSectors !== null && outcome.sizeSectors !== path.facts?.sizeSectors) requestBlock(ctx, path.name);
  if (path.facts !== null && outcome.sysfsState !== null) path.facts.state = outcome.sysfsState;
  if (outcome.accessState !== null) noteAccessState(ctx, path, outcome.accessState, outcome.preferredPath, begunAt);
  noteState(ctx, path, outcome);
  askWhoItIs(ctx, path);
  if (isUsable(path.check.state)) askVendorPage(ctx, path);
  reschedule(ctx, path);
  // A group that the kernel switches to raises no event: the map's status is read at the checkers' pace.
  if (path.map !== null) requestMap(ctx, { uuid: path.map });
}

/**
 * If that is in doubt. One that is down may know (a standby port answers INQUIRY, and no read), and then
 * belongs in its map; once it is there it gets no I/O before it is up.
 */
export function askWhoItIs(ctx: Context, path: Path): void {
  const { check, map, wwid } = path;
  if (isUsable(check.state) || (check.state === 'down' && map === null && wwid !== null)) askIfDoubted(ctx, path);
}

function noteState(ctx: Context, path: Path, outcome: CheckOutcome): void {
  const before = path.check.state;
  const after: CheckState = outcome.state === 'transitioning' ? 'pending' : outcome.state;
  path.check.message = outcome.message;
  if (after === 'pending' && (before === 'up' || before === 'ghost')) return;
  path.check.state = after;
  if (after !== before) {
    path.check.intervalMs = ctx.polling.intervalMs;
    if (isUsable(before)) path.check.failures += 1;
    // While nobody can ask it, the array may put another LUN behind it.
    if (isUsable(after) !== isUsable(before) && before !== 'unchecked') doubt(ctx, path);
    if (isUsable(after) !== isUsable(before)) notePathSwitched(ctx, path, isUsable(after));
    log(ctx, levelOf(before, after), `checker (${path.check.method}): ${after}, ${outcome.message}`, path.name);
    touch(ctx, path.wwid);
  } else if (isUsable(after)) {
    path.check.intervalMs = Math.min(path.check.intervalMs * 2, ctx.polling.maxIntervalMs);
  }
  if (isUsable(after) && path.dmState === 'failed') {
    // Before I/O is sent to it again, it must be proved to lead to the same LUN still.
    path.upAt = ctx.seq;
    requestBlock(ctx, path.name);
  } else if (!isUsable(after) && path.dmState === 'active') {
    touch(ctx, path.wwid);
  }
}

/** The first good answer of a path is no news. */
function levelOf(before: CheckState, after: CheckState): 'info' | 'notice' | 'warning' {
  if (!isUsable(after)) return 'warning';
  return before === 'unchecked' ? 'info' : 'notice';
}

/** A reading asked for after the path was found usable again: reconciliation may reinstate it. */
export function proveIdentity(ctx: Context, path: Path, asked: number): void {
  if (path.upAt > 0 && asked >= path.upAt) touch(ctx, path.wwid);
}

/** Whether a failed path answered a check, and its identity was read again after that. */
export function mayReinstate(path: Path): boolean {
  return path.upAt > 0 && path.known >= path.upAt && path.upAt > path.failedAt && isUsable(path.check.state);
}

export function isUsable(state: CheckState): boolean {
  return state === 'up' || state === 'ghost';
}

function reschedule(ctx: Context, path: Path): void {
  const pause = path.check.state === 'pending' ? 1_000 : path.check.intervalMs;
  path.check.nextAt = ctx.store.now + pause;
  ctx.timers.set(timerOf(path), path.check.nextAt);
}

/** Takes in the ALUA state that a check begun at input `asked` has shown. */
function noteAccessState(ctx: Context, path: Path, accessState: string, preferredPath: boolean, asked: number): void {
  const { facts } = path;
  if (facts === null || (facts.accessState === accessState && facts.preferredPath === preferredPath)) return;
  // Anew, as settings are worked out by the facts that they rest on.
  path.facts = { ...facts, accessState, preferredPath };
  touch(ctx, path.wwid);
  updatePriority(ctx, path, asked);
}

/**
 * The priority by the path's facts, which a reading asked for at input `asked` has shown. The array
 * changes whole port groups: what is known of the LUN's other paths is old, too, and groups made of
 * old and new would be wrong.
 */
export function updatePriority(ctx: Context, path: Path, asked: number): void {
  const settings = pathSettings(ctx, path);
  if (path.facts === null || settings === null || isOut(path)) return;
  const priority = currentPriority(ctx, path.facts, settings);
  // A path that is down may not tell it: what it was counts on.
  if (priority === path.priority || (priority === NO_PRIORITY && !isUsable(path.check.state))) return;
  const isFirst = path.priority === NO_PRIORITY;
  const isProvisional = isFirst || ctx.store.now - path.enteredTime < ALUA_FIRST_ANSWER_MS;
  path.priority = priority;
  ctx.changed.paths.add(path);
  touch(ctx, path.wwid);
  const map = path.map === null ? undefined : ctx.store.maps.get(path.map);
  if (isProvisional && map !== undefined) groupAnew(map);
  if (isFirst || path.wwid === null) return;
  for (const other of ctx.store.pathsOfWwid(path.wwid)) {
    if (other !== path && other.known < asked) requestBlockSince(ctx, other.name, asked);
  }
}
