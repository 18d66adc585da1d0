/** When paths are checked, and what an answer means. Nothing here waits: answers come back as inputs. */
import { NO_PRIORITY } from '../policy/grouping';
import { prioritySysfs } from '../policy/priority';
import type { CheckOutcome } from '../model/facts';
import type { CheckState, Path } from '../model/path';
import { log, touch, type Context } from './context';
import { askIfDoubted, doubt } from './liveIdentity';
import { requestBlock, requestBlockSince, requestMap } from './reads';

const timerOf = (path: Path): string => `check ${path.key}`;

/** A path's first facts are there: it is checked at once. */
export function scheduleFirstCheck(ctx: Context, path: Path): void {
  path.check.method = path.facts?.bus === 'scsi' ? 'tur' : 'read';
  checkSoon(ctx, path);
}

export function checkSoon(ctx: Context, path: Path): void {
  path.check.intervalMs = ctx.polling.intervalMs;
  path.check.nextAt = ctx.store.now;
  ctx.timers.setSooner(timerOf(path), ctx.store.now);
}

/** The time for a check has come. */
export function startCheck(ctx: Context, path: Path): void {
  if (path.check.inFlight || path.facts === null || (path.init === 'excluded' && path.map === null)) return;
  path.check.inFlight = true;
  path.check.begunAt = ctx.seq;
  ctx.effects.push({
    type: 'check',
    path: path.key,
    name: path.name,
    devt: path.devt,
    diskseq: path.diskseq,
    method: path.check.method,
    timeoutMs: (path.facts.timeoutSeconds ?? 30) * 1000,
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
  if (isUsable(path.check.state)) askIfDoubted(ctx, path);
  reschedule(ctx, path);
  // A group that the kernel switches to raises no event: the map's status is read at the checkers' pace.
  if (path.map !== null) requestMap(ctx, { uuid: path.map });
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

/**
 * Takes in the ALUA state that a reading asked for at input `asked` has shown; a changed priority
 * may ask for other groups. The array changes whole port groups: what is known of the LUN's other
 * paths is old, too, and groups made of old and new would be wrong.
 */
export function noteAccessState(ctx: Context, path: Path, accessState: string | null, preferred: boolean, asked: number): void {
  const { facts } = path;
  if (facts !== null && (facts.accessState !== accessState || facts.preferredPath !== preferred)) {
    facts.accessState = accessState;
    facts.preferredPath = preferred;
    touch(ctx, path.wwid);
  }
  const priority = accessState === null ? 1 : prioritySysfs(accessState, preferred);
  if (priority === path.priority) return;
  const first = path.priority === NO_PRIORITY;
  path.priority = priority;
  touch(ctx, path.wwid);
  if (first || path.wwid === null) return;
  for (const other of ctx.store.pathsOfWwid(path.wwid)) {
    if (other !== path && other.known < asked) requestBlockSince(ctx, other.name, asked);
  }
}
