/** Checks of paths: sysfs decides first, then a command or a read, within the check's timeout. */
import type { CheckOutcome, CheckedState } from '../model/facts';
import type { SysfsReading } from '../../native/mpathd';
import type { Reading } from '../model/failure';
import type { ScsiAnswer, ScsiOrder } from '../model/scsi';
import { CHECKERS, WORKS_BY_SYSFS } from '../policy/checkers/checkers';
import { judgeRead } from '../policy/checkers/read';
import { converse, type Exchange } from '../policy/scsi/exchange';
import { judgeSysfsState } from '../policy/sysfsState';
import type { SysfsVerdict } from '../policy/sysfsState';
import { AttributeError, attributesOf, flagOf, numberOf, textOf } from './attributes';
import type { Attributes } from './attributes';
import { isWrongArgument, messageOf } from './errors';
import type { Addon } from './native';
import { deviceOf, LONGEST_TIMER } from './diskNode';
import type { CheckRequest } from './ports';
import { isDiskName } from '../model/identity';
import { sysfsRead } from './readDisks';
import { sendScsi, type ScsiAddon } from './scsi';

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

const NOTHING: Sight = { sysfsState: null, accessState: null, preferredPath: false, sizeSectors: null };

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
  maybeGone: boolean;
}

/** `abandoned` is set when the caller does not wait for the answer any more. */
interface Wanted {
  abandoned: boolean;
}

function probeOf(errno: string | null, verdict: CheckedState): Probe {
  return {
    verdict: { state: verdict.state, message: verdict.message },
    maybeGone: errno !== null && MAYBE_GONE.has(errno),
  };
}

/** Nobody waits for the check any more: the disk is not to get another command of it. */
const abandoned = (name: string): Reading<ScsiAnswer> => ({
  ok: false,
  failure: { code: 'TIMED_OUT', operation: 'SG_IO', device: name, errno: null, detail: 'the check is over' },
});

async function askDisk(
  addon: CheckAddon,
  request: CheckRequest,
  exchange: Exchange<CheckedState>,
  wanted: Wanted,
): Promise<Probe> {
  const { name, devt, diskseq, timeoutMs } = request;
  let last: Reading<ScsiAnswer> | null = null;
  const send = async (order: ScsiOrder): Promise<Reading<ScsiAnswer>> => {
    if (wanted.abandoned) return abandoned(name);
    last = await sendScsi(addon, { name, devt, diskseq, timeoutMs, ...order });
    return last;
  };
  const verdict = await converse(exchange, send);
  return probeOf(errnoOf(last), verdict);
}

const errnoOf = (answered: Reading<ScsiAnswer> | null): string | null =>
  answered === null || answered.ok ? null : answered.failure.errno;

async function readBlock(addon: CheckAddon, request: CheckRequest): Promise<Probe> {
  const answer = await addon.directRead(deviceOf(request));
  return probeOf(answer.errno, judgeRead(answer, request.method));
}

/** The check could not begin. This says nothing about the path. */
function notBegun(error: unknown): Probe {
  if (isWrongArgument(error)) throw error;
  return { verdict: { state: 'transitioning', message: `not checked: ${messageOf(error)}` }, maybeGone: false };
}

function ask(addon: CheckAddon, request: CheckRequest, wanted: Wanted): Promise<Probe> {
  const rule = CHECKERS[request.method];
  const probe =
    rule.by === 'scsi' ? askDisk(addon, request, rule.exchange(request.name), wanted) : readBlock(addon, request);
  return probe.catch(notBegun);
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
    const name = request.method;
    if (since !== undefined) {
      const seconds = Math.round((now() - since) / 1000);
      const message = `${name} checker timed out (not answered for ${seconds} s)`;
      return { verdict: { state: 'timeout', message }, maybeGone: false };
    }
    outstanding.set(key, now());
    const wanted: Wanted = { abandoned: false };
    const asked = ask(addon, request, wanted).finally(() => outstanding.delete(key));
    const answer = await within(asked, request.timeoutMs);
    if (answer !== null) return answer;
    wanted.abandoned = true;
    return { verdict: { state: 'timeout', message: `${name} checker timed out` }, maybeGone: false };
  }

  return async (request) => {
    if (!isDiskName(request.name)) return { ...NOTHING, state: 'transitioning', message: 'not a name of a disk' };
    const seen = await look(addon, request);
    const early = sysfsOutcome(seen);
    if (early !== null) return early;
    if (CHECKERS[request.method].by === 'sysfs') return { ...seen.sight, ...WORKS_BY_SYSFS };
    const { verdict, maybeGone } = await probe(request);
    // A node that does not lead to the device (any more) is no proof that the device is gone. sysfs gives this proof.
    const later = maybeGone ? sysfsOutcome(await look(addon, request)) : null;
    if (later !== null) return later;
    if (verdict.state === 'up' && seen.sight.sizeSectors === 0) {
      return { ...seen.sight, state: 'ghost', message: `${verdict.message} (size 0)` };
    }
    return { ...seen.sight, ...verdict };
  };
}
