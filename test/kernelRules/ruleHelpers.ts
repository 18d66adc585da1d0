/* Helpers for the rules. */
import type { Answer, Disk, DiskSight, DmSight, RuleMachine, SeenEvent, TableSpec } from './machine';

export const SECTORS = 16384;

/** A multipath table with one group for each list of disks. */
export const multipath = (groups: ReadonlyArray<readonly Disk[]>, more: Partial<TableSpec> = {}): TableSpec => ({
  type: 'multipath',
  params: multipathParams(groups.map((group) => group.map((disk) => disk.devt))),
  sizeSectors: SECTORS,
  ...more,
});

/** The parameters of such a table, by device numbers. A map without paths is allowed. */
export const multipathParams = (groups: ReadonlyArray<readonly string[]>): string =>
  [
    `0 0 ${groups.length} ${Math.min(1, groups.length)}`,
    ...groups.map((group) => `service-time 0 ${group.length} 1 ${group.map((devt) => `${devt} 1`).join(' ')}`),
  ].join(' ');

/** Fails the rule unless the kernel accepted everything. */
export async function done(...answers: Array<Promise<Answer>>): Promise<void> {
  expect(await Promise.all(answers)).toEqual(answers.map(() => 'ok'));
}

/** A running multipath map of these disks in one group. Its events have been read. */
export async function makeMap(
  m: RuleMachine,
  name: string,
  disks: readonly Disk[],
  uuid = `mpath-rule-${name}`,
): Promise<DmSight> {
  expect(await m.create(name, uuid)).toBe('ok');
  expect(await m.load(name, multipath([disks]))).toBe('ok');
  expect(await m.resume(name)).toBe('ok');
  await m.events(2);
  return sight(m, name);
}

/** A map that must exist. */
export async function sight(m: RuleMachine, name: string): Promise<DmSight> {
  const seen = await m.status({ name });
  if (typeof seen === 'string') throw new Error(`${name}: ${seen}`);
  return seen;
}

/** A disk in sysfs that must exist. */
export async function diskSight(m: RuleMachine, name: string): Promise<DiskSight> {
  const seen = await m.disk(name);
  if (seen === null) throw new Error(`no ${name} in /sys/block`);
  return seen;
}

/** The next event. There must be exactly one. */
export async function nextEvent(m: RuleMachine): Promise<SeenEvent> {
  const events = await m.events(1);
  expect(events.map(told)).toHaveLength(1);
  const [event] = events;
  if (event === undefined) throw new Error('no event came');
  return event;
}

/**
 * The events, with that of a SCSI device's unit attention first. A work item sends it (drivers/scsi/scsi_lib.c,
 * scsi_evt_thread). With one CPU it comes after the block device's own event, with two CPUs before or after it.
 */
export const attentionFirst = (events: readonly SeenEvent[]): SeenEvent[] => {
  const rank = ({ env }: SeenEvent): number => (env['SDEV_UA'] === undefined ? 1 : 0);
  return [...events].sort((a, b) => rank(a) - rank(b));
};

/** Loads and resumes, which swaps the table. */
export async function swap(m: RuleMachine, name: string, table: TableSpec): Promise<void> {
  expect(await m.load(name, table)).toBe('ok');
  expect(await m.resume(name)).toBe('ok');
}

/** A line of a target that must exist. */
export async function lineOf(m: RuleMachine, name: string, which: 'table' | 'status'): Promise<string> {
  const target = await m.target(name);
  if (target === null) throw new Error(`${name} has no live table`);
  return target[which];
}

/** `dm-0` */
export const kernelName = (dm: DmSight): string => `dm-${dm.devt.slice(dm.devt.indexOf(':') + 1)}`;

const GENERAL = new Set([
  'ACTION',
  'DEVPATH',
  'SUBSYSTEM',
  'MAJOR',
  'MINOR',
  'DEVNAME',
  'DEVTYPE',
  'DISKSEQ',
  'SEQNUM',
  'DRIVER',
  'MODALIAS',
]);

/** `change dm-0 DM_COOKIE=6291456`: action, device, and the variables that only some events have. */
export const told = (event: SeenEvent): string => {
  const more = Object.entries(event.env).filter(([key]) => !GENERAL.has(key));
  return [
    event.action,
    event.devpath.slice(event.devpath.lastIndexOf('/') + 1),
    ...more.map(([key, value]) => `${key}=${value}`),
  ].join(' ');
};

/** The next `count` events (and any that come with them), in words. */
export const nextEvents = async (m: RuleMachine, count: number): Promise<string[]> => (await m.events(count)).map(told);

/** The flags that libdm sets with a cookie of 0: no library fallback, primary source. */
export const COOKIE = 'DM_COOKIE=6291456';
