/** The check of a disk for udev's rules: it decides by which facts, and in which order, a disk is a path. */
import {
  isValidPath,
  judgeMaybe,
  modeWithoutWwids,
  waitSeconds,
  withRelease,
  type Answer,
  type Probe,
  type PathValidity,
} from '../../config/validPath';
import type { FoundDevice } from '../../kernel/findDevice';
import type { BlockFacts } from '../../model/facts';
import { describeFailure, type Reading } from '../../model/failure';
import type { Wwid } from '../../model/identity';
import { propertyNames } from '../../model/propertyNames';
import { pathRulesOf, type PathRules } from './pathRules';
import type { CheckSystem } from './system';

export interface CheckRequest {
  device: string;
  /** True if udev's rules ask: then a daemon must run. */
  udev: boolean;
  ignoreWwids: boolean;
  /** The environment of the process. In a rule it has the properties that the device has so far. */
  env: Readonly<Record<string, string | undefined>>;
}

/** `maybe`: no program may use the disk until another path has come, or the wait is over. */
export type PathState = 'yes' | 'no' | 'maybe';

/** The answer about the disk. An error says nothing about the disk. */
export type CheckResult =
  | { state: PathState; disk: FoundDevice; wwid: Wwid | null; reason: string; waitUntil: string | null }
  | { state: 'error'; reason: string };

/** The facts of the disk itself. */
interface Probed {
  probe: Probe;
  facts: BlockFacts | null;
}

function answerOf<T>(reading: Reading<T>): Answer<T> {
  return reading.ok
    ? { known: true, value: reading.value }
    : { known: false, reason: describeFailure(reading.failure) };
}

/** The properties in the environment belong to this disk only if the event is about it. */
function propertiesOf(env: CheckRequest['env'], { devt, diskseq }: FoundDevice): Record<string, string> {
  const about = `${env['MAJOR'] ?? ''}:${env['MINOR'] ?? ''}`;
  const seq = env['DISKSEQ'];
  if (about !== devt || (seq !== undefined && diskseq !== null && seq !== String(diskseq))) return {};
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, value]])),
  );
}

/** While a rule runs, its properties are newer than the record in udev's database, which may not exist yet. */
function withProperties(facts: BlockFacts, properties: Record<string, string>): BlockFacts {
  if (Object.keys(properties).length === 0) return facts;
  const names = [...propertyNames(facts), ...Object.keys(properties)];
  return { ...facts, udev: { ...facts.udev, ...properties }, udevNames: [...new Set(names)].sort().join(' ') };
}

async function probeOf(
  system: CheckSystem,
  rules: PathRules,
  disk: FoundDevice,
  properties: Record<string, string>,
): Promise<Probed> {
  const reading = await system.facts(disk.name, rules.properties);
  if (!reading.ok) return { probe: { kind: 'failed', reason: describeFailure(reading.failure) }, facts: null };
  if (reading.value.devt !== disk.devt || reading.value.diskseq !== disk.diskseq) {
    return { probe: { kind: 'failed', reason: `${disk.name} is another disk by now` }, facts: null };
  }
  const facts = withProperties(reading.value, properties);
  return { probe: rules.probe(facts), facts };
}

async function firstVerdict(
  system: CheckSystem,
  rules: PathRules,
  request: CheckRequest,
  disk: FoundDevice,
  probe: Probe,
): Promise<PathValidity> {
  const mode = request.ignoreWwids ? modeWithoutWwids(rules.mode) : rules.mode;
  const wwid = probe.kind === 'ok' ? probe.wwid : null;
  const unasked = <T>(value: T): Promise<Reading<T>> => Promise.resolve({ ok: true, value });
  const [holder, daemonRuns, failedBefore, usedBy, list, mapExists] = await Promise.all([
    system.heldBy(disk.name),
    request.udev ? system.daemonRuns() : null,
    wwid === null ? unasked(false) : system.isFailed(wwid),
    mode === 'greedy' || mode === 'smart' ? system.usedBy(disk.name) : unasked(null),
    system.listed(),
    wwid === null ? unasked(false) : system.mapExists(wwid),
  ]);
  const listed: Reading<boolean> = list.ok ? { ok: true, value: wwid !== null && list.value.includes(wwid) } : list;
  return isValidPath({
    mode,
    holder: answerOf(holder),
    daemonRuns,
    devtype: disk.devtype,
    probe,
    failedBefore: answerOf(failedBefore),
    usedBy: answerOf(usedBy),
    listed: answerOf(listed),
    mapExists: answerOf(mapExists),
  });
}

async function hasOtherPath(
  system: CheckSystem,
  rules: PathRules,
  disk: FoundDevice,
  wwid: Wwid,
): Promise<Reading<boolean>> {
  const all = await system.allFacts(rules.properties);
  if (!all.ok) return all;
  const isOther = (facts: BlockFacts): boolean => {
    if (facts.devt === disk.devt) return false;
    const probe = rules.probe(facts);
    return probe.kind === 'ok' && probe.wwid === wwid;
  };
  return { ok: true, value: all.value.some(isOther) };
}

async function secondVerdict(
  system: CheckSystem,
  rules: PathRules,
  disk: FoundDevice,
  maybe: Extract<PathValidity, { verdict: 'maybe' }>,
): Promise<PathValidity> {
  const [claimable, otherPath] = await Promise.all([
    system.isClaimable(disk),
    hasOtherPath(system, rules, disk, maybe.wwid),
  ]);
  const holder = await system.heldBy(disk.name);
  return judgeMaybe(maybe, {
    claimable: answerOf(claimable),
    heldBy: holder.ok ? holder.value : null,
    otherPath: answerOf(otherPath),
  });
}

/** The time as text for udev's rules: seconds with six digits after the point. */
function secondsText(us: number): string {
  return `${Math.floor(us / 1e6)}.${String(Math.floor(us % 1e6)).padStart(6, '0')}`;
}

/** Once a wait is over, each answer says so by the time 0. Then the rules end their own wait. */
async function waitUntilOf(system: CheckSystem, disk: FoundDevice): Promise<string | null> {
  const wait = await system.wait(disk);
  return wait.ok && wait.value.state !== 'none' ? '0' : null;
}

/** Waits for another path, unless a wait for this disk has ended already. */
async function waitForOther(
  system: CheckSystem,
  disk: FoundDevice,
  seconds: number,
  maybe: Extract<PathValidity, { verdict: 'maybe' }>,
): Promise<CheckResult> {
  const { wwid, reason } = maybe;
  const wait = await system.waitFor(disk, seconds);
  // A wait without a known end would keep the disk from all other programs for ever.
  if (!wait.ok)
    return {
      state: 'no',
      disk,
      wwid,
      reason: `a wait for another path is not possible: ${describeFailure(wait.failure)}`,
      waitUntil: null,
    };
  if (wait.value.state === 'waiting')
    return { state: 'maybe', disk, wwid, reason, waitUntil: secondsText(wait.value.remainingUs) };
  return { state: 'no', disk, wwid, reason: `no other path to ${wwid} has come in time`, waitUntil: '0' };
}

async function resultOf(
  system: CheckSystem,
  disk: FoundDevice,
  verdict: PathValidity,
  seconds: number,
): Promise<CheckResult> {
  switch (verdict.verdict) {
    case 'error':
      return { state: 'error', reason: verdict.reason };
    case 'maybe':
      return waitForOther(system, disk, seconds, verdict);
    case 'valid':
    case 'not valid':
      return {
        state: verdict.verdict === 'valid' ? 'yes' : 'no',
        disk,
        wwid: verdict.wwid,
        reason: verdict.reason,
        waitUntil: await waitUntilOf(system, disk),
      };
  }
}

/** Decides what the disk is. If the facts cannot be read, the result is an error. */
export async function checkDevice(system: CheckSystem, request: CheckRequest): Promise<CheckResult> {
  const [found, configuration, nativeNvme] = await Promise.all([
    system.find(request.device),
    system.configuration(),
    system.nativeNvme(),
  ]);
  if (!found.ok) return { state: 'error', reason: describeFailure(found.failure) };
  if (!configuration.ok) return { state: 'error', reason: describeFailure(configuration.failure) };
  const disk = found.value;
  const rules = pathRulesOf(configuration.value, nativeNvme);
  const { probe, facts } = await probeOf(system, rules, disk, request.udev ? propertiesOf(request.env, disk) : {});
  const released = request.env['DM_MULTIPATH_DEVICE_PATH'] === '0';
  const first = withRelease(await firstVerdict(system, rules, request, disk, probe), released);
  const verdict = first.verdict === 'maybe' ? await secondVerdict(system, rules, disk, first) : first;
  return resultOf(system, disk, verdict, waitSeconds(rules.timeout, facts !== null && rules.isKnownHardware(facts)));
}
