/** Checks of paths: sysfs decides first, then a command or a read, within the check's timeout. */
import type { CheckOutcome, CheckedState, IdentityEvidence } from '../model/facts';
import type { SysfsReading } from '../../native/mpathd';
import type { Failure, Reading } from '../model/failure';
import type { ScsiAnswer, ScsiOrder } from '../model/scsi';
import { CHECKERS, WORKS_BY_SYSFS } from '../policy/checkers/checkers';
import { askIdentity, identityOrder, isIdentityAsked, withIdentity } from '../policy/checkers/identity';
import { judgeRead } from '../policy/checkers/read';
import { converse, type Exchange } from '../policy/scsi/exchange';
import { judgeSysfsState } from '../policy/sysfsState';
import type { SysfsVerdict } from '../policy/sysfsState';
import { AttributeError, attributesOf, flagOf, numberOf, textOf } from './attributes';
import type { Attributes } from './attributes';
import { isWrongArgument, messageOf } from './errors';
import type { Addon } from './native';
import { LONGEST_TIMER } from './diskNode';
import type { CheckRequest } from './ports';
import { isDiskName } from '../model/identity';
import { sysfsRead } from './readDisks';
import { readThenSend, sendScsi, sendScsiPair, type ScsiAddon } from './scsi';

/** The part of the addon that checks need. */
export type CheckAddon = ScsiAddon & Pick<Addon, 'sysfsRead' | 'directRead'>;

export interface CheckerOptions {
  addon: CheckAddon;
  /** Milliseconds, monotonic. */
  now: () => number;
}

const ATTRIBUTES = ['dev', 'diskseq', 'size', 'device/state', 'device/access_state', 'device/preferred_path'];

type Sight = Omit<CheckOutcome, 'state' | 'message'>;

type Bus = 'scsi' | 'nvme' | 'other';

/** What sysfs shows under the path's name, and the verdict that follows from it alone. */
interface Look {
  sight: Sight;
  /** unread: sysfs could not be read. This is no answer, and only the device itself can give one. */
  verdict: SysfsVerdict | 'unread';
}

const NOTHING: Sight = {
  sysfsState: null,
  accessState: null,
  preferredPath: false,
  sizeSectors: null,
  identity: null,
};

/** The value of `work`, or `fallback` if sysfs has no value: a check can go on without it. */
function orElse<T>(fallback: T, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof AttributeError) return fallback;
    throw error;
  }
}

function isAsked(request: CheckRequest, attributes: Attributes): boolean {
  if (textOf(attributes, 'dev') !== request.devt) return false;
  return request.diskseq === null || numberOf(attributes, 'diskseq') === request.diskseq;
}

function busOf(name: string, realpath: string): Bus {
  if (/^nvme\d/.test(name)) return 'nvme';
  return /\/\d+:\d+:\d+:\d+\/block\/[^/]+$/.test(realpath) ? 'scsi' : 'other';
}

function sysfsVerdict(request: CheckRequest, bus: Bus, attributes: Attributes): SysfsVerdict {
  if (!isAsked(request, attributes)) return 'removed';
  return judgeSysfsState(bus, textOf(attributes, 'device/state'));
}

function lookOf(request: CheckRequest, reading: SysfsReading): Look {
  if (reading.errno !== null) return { sight: NOTHING, verdict: reading.errno === 'ENOENT' ? 'removed' : 'unread' };
  const bus = busOf(request.name, reading.realpath);
  const attributes = attributesOf(ATTRIBUTES, reading);
  return {
    sight: {
      sysfsState: bus === 'other' ? null : orElse(null, () => textOf(attributes, 'device/state')),
      accessState: orElse(null, () => textOf(attributes, 'device/access_state')),
      preferredPath: orElse(false, () => flagOf(attributes, 'device/preferred_path')),
      sizeSectors: orElse(null, () => numberOf(attributes, 'size')),
      identity: null,
    },
    verdict: orElse('unread', () => sysfsVerdict(request, bus, attributes)),
  };
}

async function look(addon: CheckAddon, request: CheckRequest): Promise<Look> {
  const unread: Look = { sight: NOTHING, verdict: 'unread' };
  const [reading] = await sysfsRead(addon, [{ directory: `/sys/block/${request.name}`, attributes: ATTRIBUTES }]);
  return reading === undefined ? unread : lookOf(request, reading);
}

function wordsOf(state: string | null): string {
  return state === 'offline' ? 'path offline' : `path is ${state ?? 'without a state'} in sysfs`;
}

/** The outcome, if sysfs alone decides it; null: the check must ask the path. */
function sysfsOutcome({ sight, verdict }: Look): CheckOutcome | null {
  switch (verdict) {
    case 'check':
    case 'unread':
      return null;
    case 'removed':
      // The attributes may be those of another device.
      return { ...NOTHING, state: 'removed', message: 'path removed' };
    case 'down':
    case 'transitioning':
      return { ...sight, state: verdict, message: wordsOf(sight.sysfsState) };
  }
}

/** Errnos that may mean that the device of a node has gone, or that the node leads to another device. */
const MAYBE_GONE: ReadonlySet<string> = new Set(['ESTALE', 'ENOENT', 'ENXIO', 'ENODEV']);

interface Probe {
  verdict: CheckedState;
  identity: IdentityEvidence | null;
  maybeGone: boolean;
}

/** `abandoned` is set when the caller does not wait for the answer any more. */
interface Wanted {
  abandoned: boolean;
}

function probeOf(errno: string | null, verdict: CheckedState): Probe {
  return {
    verdict: { state: verdict.state, message: verdict.message },
    identity: null,
    maybeGone: errno !== null && MAYBE_GONE.has(errno),
  };
}

/** Nobody waits for the check any more: the disk is not to get another command of it. */
const abandoned = (name: string): Reading<ScsiAnswer> => ({
  ok: false,
  failure: { code: 'TIMED_OUT', operation: 'SG_IO', device: name, errno: null, detail: 'the check is over' },
});

/** A probe whose disk may already have been asked for its identity, right behind the checker's own command. */
type Asked = Probe & { answered: Reading<ScsiAnswer> | null };

async function askDisk(
  addon: CheckAddon,
  request: CheckRequest,
  exchange: Exchange<CheckedState>,
  wanted: Wanted,
): Promise<Asked> {
  const { name, devt, diskseq, timeoutMs, identity } = request;
  let last: Reading<ScsiAnswer> | null = null;
  let answered: Reading<ScsiAnswer> | null = null;
  const send = async (order: ScsiOrder): Promise<Reading<ScsiAnswer>> => {
    if (wanted.abandoned) return abandoned(name);
    const then = identity !== null && order.direction === 'none' ? identityOrder(identity) : null;
    const { first, second } = await sendScsiPair(addon, { name, devt, diskseq, timeoutMs, ...order }, then);
    last = first;
    answered = second;
    return first;
  };
  const verdict = await converse(exchange, send);
  return { ...probeOf(errnoOf(last), verdict), answered };
}

const errnoOf = (answered: Reading<ScsiAnswer> | null): string | null =>
  answered === null || answered.ok ? null : answered.failure.errno;

async function readBlock(addon: CheckAddon, request: CheckRequest): Promise<Asked> {
  const then = request.identity === null ? null : identityOrder(request.identity);
  const { first, second } = await readThenSend(addon, request, then, request.timeoutMs);
  return { ...probeOf(first.errno, judgeRead(first, request.method)), answered: second };
}

/** Asks the disk which LUN it is. `answered`: what it has already said. */
async function identityOf(
  addon: CheckAddon,
  request: CheckRequest,
  wanted: Wanted,
  answered: Reading<ScsiAnswer> | null,
): Promise<IdentityEvidence | null> {
  const { name, devt, diskseq, timeoutMs, identity } = request;
  if (identity === null) return null;
  let ready = answered;
  return converse(askIdentity(name, identity), async (order) => {
    const given = ready;
    ready = null;
    if (given !== null) return given;
    return wanted.abandoned ? abandoned(name) : sendScsi(addon, { name, devt, diskseq, timeoutMs, ...order });
  });
}

/** The check could not begin. This says nothing about the path. */
function notBegun(error: unknown): Probe {
  if (isWrongArgument(error)) throw error;
  const verdict: CheckedState = { state: 'transitioning', message: `not checked: ${messageOf(error)}` };
  return { verdict, identity: null, maybeGone: false };
}

function askedBy(addon: CheckAddon, request: CheckRequest, wanted: Wanted): Promise<Asked> {
  const rule = CHECKERS[request.method];
  switch (rule.by) {
    case 'scsi':
      return askDisk(addon, request, rule.exchange(request.name), wanted);
    case 'read':
      return readBlock(addon, request);
    case 'sysfs':
      return Promise.resolve({ ...probeOf(null, WORKS_BY_SYSFS), answered: null });
  }
}

async function ask(addon: CheckAddon, request: CheckRequest, wanted: Wanted): Promise<Probe> {
  try {
    const { answered, ...probe } = await askedBy(addon, request, wanted);
    if (!isIdentityAsked(probe.verdict)) return probe;
    return { ...probe, identity: await identityOf(addon, request, wanted, answered) };
  } catch (error) {
    return notBegun(error);
  }
}

/** The probe whose answer did not come in time. A checker that sends nothing itself has its verdict all the same. */
function late({ method, name }: CheckRequest, detail: string): Probe {
  const message = `${method} checker timed out${detail}`;
  if (CHECKERS[method].by !== 'sysfs')
    return { verdict: { state: 'timeout', message }, identity: null, maybeGone: false };
  const failure: Failure = { code: 'TIMED_OUT', operation: 'INQUIRY', device: name, errno: null };
  return { verdict: WORKS_BY_SYSFS, identity: { kind: 'no-answer', failure }, maybeGone: false };
}

/** The promise's value, or null if it does not come in time. */
function within<T>(promise: Promise<T>, ms: number): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(null), Math.min(ms, LONGEST_TIMER));
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Makes the `check` of a {@link BlockPort}. Each check gives an outcome within about its timeout. */
export function createChecker({ addon, now }: CheckerOptions): (request: CheckRequest) => Promise<CheckOutcome> {
  /** For each device with an unanswered check the time at which the check began. */
  const outstanding = new Map<string, number>();

  async function probe(request: CheckRequest): Promise<Probe> {
    const key = `${request.devt}#${request.diskseq}`;
    const since = outstanding.get(key);
    if (since !== undefined) return late(request, ` (not answered for ${Math.round((now() - since) / 1000)} s)`);
    outstanding.set(key, now());
    const wanted: Wanted = { abandoned: false };
    const asked = ask(addon, request, wanted).finally(() => outstanding.delete(key));
    const answer = await within(asked, request.timeoutMs);
    if (answer !== null) return answer;
    wanted.abandoned = true;
    return late(request, '');
  }

  return async (request) => {
    if (!isDiskName(request.name)) return { ...NOTHING, state: 'transitioning', message: 'not a name of a disk' };
    const seen = await look(addon, request);
    const early = sysfsOutcome(seen);
    if (early !== null) return early;
    if (CHECKERS[request.method].by === 'sysfs' && request.identity === null)
      return { ...seen.sight, ...WORKS_BY_SYSFS };
    const { verdict: checked, identity, maybeGone } = await probe(request);
    const verdict = withIdentity(checked, identity, request.method);
    // A node that does not lead to the device (any more) is no proof that the device is gone. sysfs gives this proof.
    const later = maybeGone ? sysfsOutcome(await look(addon, request)) : null;
    if (later !== null) return later;
    if (verdict.state === 'up' && seen.sight.sizeSectors === 0) {
      return { ...seen.sight, state: 'ghost', message: `${verdict.message} (size 0)` };
    }
    return { ...seen.sight, ...verdict };
  };
}
