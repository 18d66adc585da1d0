/** Complete readings of disks, a few hundred in each call of the addon. */
import type { SysfsReading, SysfsRequest } from '../../native/mpathd';
import type { BlockFacts } from '../model/facts';
import type { Failure, Reading } from '../model/failure';
import { isDiskName } from '../model/identity';
import { AttributeError, bytesOf } from './attributes';
import type { Attributes } from './attributes';
import { DISK_ATTRIBUTES, IDENTITY_ATTRIBUTES, diskAttributes, diskFactsOf } from './blockFacts';
import type { DiskFacts } from './blockFacts';
import { isWrongArgument } from './errors';
import type { Addon } from './native';
import { failed, read } from './nativeFailure';
import { routeOf, routeRequests, transportFactsOf } from './pathRoute';
import type { Route } from './pathRoute';
import { namesOfRecord } from '../model/propertyNames';
import { usedValues } from '../policy/usedProperties';
import { parseUdevRecord } from './udevRecord';
import { createSharedTexts, withSharedTexts, type SharedTexts } from './sharedTexts';

/** The part of the addon that reads sysfs. */
export type SysfsAddon = Pick<Addon, 'sysfsRead' | 'listDirectory'>;

/** The number of disks that one call of the addon reads. */
const CHUNK = 200;

/** If a disk goes and comes back under its name during its reading, it is read again. */
const ATTEMPTS = 3;

const UDEV_DATABASE = '/run/udev/data';

interface Half {
  name: string;
  realpath: string;
  attributes: Attributes;
  facts: DiskFacts;
  route: Route;
}

type Attempt<T> = { ok: true; value: T } | { ok: false; failure: Failure };

function attempt<T>(name: string, work: () => T): Attempt<T> {
  try {
    return read(work());
  } catch (error) {
    if (error instanceof AttributeError) return failed(error.failure(name));
    throw error;
  }
}

function openFailure(name: string, errno: string): Failure {
  return { code: 'KERNEL_ERROR', operation: 'sysfs', device: name, errno, detail: 'open' };
}

function half(name: string, reading: SysfsReading): Half {
  const attributes = diskAttributes(reading);
  const facts = diskFactsOf(name, reading.realpath, attributes);
  return { name, realpath: reading.realpath, attributes, facts, route: routeOf(facts.bus, name, facts.devpath) };
}

/**
 * The further requests for a disk. After them the identity is read again: the udev record and the transport classes are
 * found by number and name, which another disk may have by then.
 */
function moreRequests(disk: Half): SysfsRequest[] {
  return [
    { directory: UDEV_DATABASE, attributes: [`b${disk.facts.devt}`] },
    ...routeRequests(disk.route),
    { directory: disk.realpath, attributes: [...IDENTITY_ATTRIBUTES] },
  ];
}

function udevOf(
  { devt, diskseq }: DiskFacts,
  reading: SysfsReading | undefined,
): Pick<BlockFacts, 'udev' | 'udevNames'> {
  const name = `b${devt}`;
  const answer = reading?.errno ?? reading?.values[0] ?? 'ENOENT';
  // A record larger than any that rules make is no record: the disk goes by what it says of itself.
  const record = answer === 'EFBIG' ? null : bytesOf(new Map([[name, answer]]), name);
  const udev = record === null ? null : parseUdevRecord(record, diskseq);
  return { udev, udevNames: udev === null ? '' : namesOfRecord(udev) };
}

function textValue(value: Buffer | string | undefined): string | null {
  return Buffer.isBuffer(value) ? value.toString('latin1').trim() : null;
}

function isStill(facts: DiskFacts, reading: SysfsReading | undefined): boolean {
  if (reading === undefined || reading.errno !== null) return false;
  const diskseq = textValue(reading.values[1]);
  return textValue(reading.values[0]) === facts.devt && diskseq === (facts.diskseq?.toString() ?? null);
}

function whole(disk: Half, readings: SysfsReading[]): BlockFacts {
  if (!isStill(disk.facts, readings.at(-1))) throw new AttributeError('dev', { kind: 'torn' });
  return {
    ...disk.facts,
    ...udevOf(disk.facts, readings[0]),
    transport: transportFactsOf(disk.route, readings.slice(1, -1), disk.attributes),
  };
}

/** The addon's answers. If the pool has no thread (memory is short), every requested device gets an errno. */
export async function sysfsRead(addon: Pick<Addon, 'sysfsRead'>, requests: SysfsRequest[]): Promise<SysfsReading[]> {
  try {
    return await addon.sysfsRead(requests);
  } catch (error) {
    if (isWrongArgument(error)) throw error;
    return requests.map(() => ({ errno: 'EAGAIN', realpath: '', values: [] }));
  }
}

async function readOnce(addon: SysfsAddon, names: string[]): Promise<Map<string, Reading<BlockFacts>>> {
  const results = new Map<string, Reading<BlockFacts>>();
  const first = await sysfsRead(
    addon,
    names.map((name) => ({ directory: `/sys/block/${name}`, attributes: [...DISK_ATTRIBUTES] })),
  );
  const halves: Half[] = [];
  for (const [i, name] of names.entries()) {
    const reading = first[i];
    if (reading === undefined || reading.errno !== null) {
      results.set(name, failed(openFailure(name, reading?.errno ?? 'EIO')));
      continue;
    }
    const result = attempt(name, () => half(name, reading));
    if (result.ok) halves.push(result.value);
    else results.set(name, result);
  }
  if (halves.length === 0) return results;
  const requests = halves.map(moreRequests);
  const second = await sysfsRead(addon, requests.flat());
  let at = 0;
  for (const [i, disk] of halves.entries()) {
    const count = requests[i]?.length ?? 0;
    const readings = second.slice(at, at + count);
    at += count;
    results.set(
      disk.name,
      attempt(disk.name, () => whole(disk, readings)),
    );
  }
  return results;
}

function isTorn(reading: Reading<BlockFacts> | undefined): boolean {
  return reading !== undefined && !reading.ok && reading.failure.code === 'WRONG_DEVICE';
}

async function readChunk(addon: SysfsAddon, names: string[]): Promise<Map<string, Reading<BlockFacts>>> {
  const results = await readOnce(addon, names);
  for (let n = 1; n < ATTEMPTS; n++) {
    const torn = names.filter((name) => isTorn(results.get(name)));
    if (torn.length === 0) break;
    for (const [name, reading] of await readOnce(addon, torn)) results.set(name, reading);
  }
  return results;
}

/**
 * Reads disks by kernel name, in the given order. For each disk the answer is its facts; KERNEL_ERROR with ENOENT if no
 * disk has the name; WRONG_DEVICE if the disk changed during each attempt; REFUSED for a name that no disk can have.
 * `used`: udev properties whose values are needed, in addition to those that are always needed. `words`: the texts of
 * earlier readings.
 */
export async function readDisks(
  addon: SysfsAddon,
  names: readonly string[],
  used: ReadonlySet<string>,
  sharedTexts: SharedTexts = createSharedTexts(),
): Promise<Array<{ name: string; reading: Reading<BlockFacts> }>> {
  const readable = names.filter(isDiskName);
  const results = new Map<string, Reading<BlockFacts>>();
  for (let at = 0; at < readable.length; at += CHUNK) {
    for (const [name, reading] of await readChunk(addon, readable.slice(at, at + CHUNK)))
      results.set(name, keptOf(reading, used, sharedTexts));
  }
  return names.map((name) => ({ name, reading: results.get(name) ?? failed(refused(name)) }));
}

/** Drops the other values of the record, because the rules of a site may put anything into it. */
function keptOf(
  reading: Reading<BlockFacts>,
  used: ReadonlySet<string>,
  sharedTexts: SharedTexts,
): Reading<BlockFacts> {
  if (!reading.ok) return reading;
  const { udev } = reading.value;
  return {
    ok: true,
    value: withSharedTexts(sharedTexts, { ...reading.value, udev: udev === null ? null : usedValues(udev, used) }),
  };
}

function refused(name: string): Failure {
  return { code: 'REFUSED', operation: 'sysfs', device: name, errno: null, detail: 'not a name of a disk' };
}
