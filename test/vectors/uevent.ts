/**
 * multipathd filters and merges its queue of uevents, and works them off. mpathd takes them as hints and reads each
 * device. So the test compares where both arrive: the remaining disks, and their WWIDs.
 */
import { configurationOf, blacklistOf, ruleOf, startInput } from '../configuration';
import { failed, Hand } from '../engine/hand';
import { disk } from '../fixtures';
import type { BlockFacts } from '../../src/model/facts';
import type { Reading } from '../../src/model/failure';
import type { Uevent } from '../../src/model/uevent';
import { flag, list, optional, record, text, type VectorCase, type VectorOutcome, type VectorRunner } from './runner';

interface Told {
  action: string;
  device: string;
  wwid: string | null;
}

function told(value: unknown): Told {
  const fields = record(value);
  return { action: text(fields['action']), device: text(fields['dev']), wwid: optional(fields['wwid'], text) };
}

const isDm = (device: string): boolean => device.startsWith('dm-');

/** `bus` and number for a name, as the drivers give them. */
function placeOf(device: string): Pick<BlockFacts, 'bus' | 'devt'> {
  const index = device.charCodeAt(device.length - 1);
  if (isDm(device)) return { bus: 'dm', devt: '253:0' };
  if (device.startsWith('nvme')) return { bus: 'nvme', devt: `259:${device.charCodeAt(4)}` };
  // On its own bus the blacklist of the hardware table would keep it out.
  if (device.startsWith('dasd')) return { bus: 'scsi', devt: `94:${index}` };
  return device.startsWith('sd') ? { bus: 'scsi', devt: `8:${index}` } : { bus: 'other', devt: `7:${index}` };
}

/** The kernel's disks, which the events concern. They are always in the state after the last event. */
class Disks {
  private readonly there = new Map<string, { diskseq: number; wwid: string | null }>();
  private readonly last = new Map<string, number>();
  private diskseq = 0;

  /** The disks before the first event. */
  constructor(events: readonly Told[]) {
    for (const event of events) {
      if (this.last.has(event.device)) continue;
      this.appear(event);
      if (event.action === 'add') this.there.delete(event.device);
    }
  }

  private appear({ device, wwid }: Told): void {
    this.there.set(device, { diskseq: ++this.diskseq, wwid });
    this.last.set(device, this.diskseq);
  }

  happen(event: Told): void {
    const known = this.there.get(event.device);
    if (event.action === 'remove') this.there.delete(event.device);
    else if (known !== undefined) known.wwid = event.wwid;
    else if (event.action === 'add') this.appear(event);
  }

  event({ action, device }: Told, source: Uevent['source']): Uevent {
    return {
      source,
      action,
      devpath: `/devices/x/block/${device}`,
      subsystem: 'block',
      devtype: 'disk',
      name: device,
      devt: placeOf(device).devt,
      diskseq: this.last.get(device) ?? null,
      seqnum: 1,
      synthUuid: null,
      env: {},
    };
  }

  names(): string[] {
    return [...this.there.keys()].filter((device) => !isDm(device));
  }

  read(device: string): Reading<BlockFacts> {
    const found = this.there.get(device);
    if (found === undefined) return failed('sysfs', 'ENOENT');
    const { diskseq, wwid } = found;
    const named: Record<string, string> = wwid === null ? {} : { ID_SERIAL: wwid, ID_UID: wwid, ID_WWN: wwid };
    const udev = { SCSI_IDENT_SERIAL: 'x', ...named };
    return { ok: true, value: disk({ name: device, ...placeOf(device), diskseq, vpd83: null, vpd80: null, udev }) };
  }
}

/** Answers the engine's questions. Returns how often each disk was read. */
function work(hand: Hand, disks: Disks): Map<string, number> {
  const readings = new Map<string, number>();
  for (let effect = hand.out.shift(); effect !== undefined; effect = hand.out.shift()) {
    if (effect.type === 'read-block') {
      const { asked, name } = effect;
      readings.set(name, (readings.get(name) ?? 0) + 1);
      hand.feed({ type: 'block-read', asked, name, reading: disks.read(name) });
    }
    if (effect.type === 'read-map') {
      const { asked, by } = effect;
      hand.feed({ type: 'map-read', asked, by, reading: failed('DM_DEV_STATUS', 'ENXIO') });
    }
  }
  return readings;
}

function start(c: VectorCase, disks: Disks): Hand {
  const hand = new Hand();
  const pattern = optional(c['blacklist_devnode'], text);
  const rule = pattern === null ? [] : [{ ...ruleOf(pattern.replace(/^!/, ''), 1), inverted: pattern.startsWith('!') }];
  // No maps are made, because other vectors test the place of the paths.
  const settings = flag(c['uid_attrs_set']) ? { uid_attrs: 'sd:ID_SERIAL dasd:ID_SERIAL' } : {};
  const blacklist = blacklistOf({ devnode: rule });
  hand.feed(startInput([], true, configurationOf({ find_multipaths: 'strict', ...settings }, { blacklist })));
  hand.resync({
    dm: { ok: true, value: [] },
    maps: [],
    blocks: { ok: true, value: disks.names().map((name) => ({ name, reading: disks.read(name) })) },
  });
  work(hand, disks);
  return hand;
}

/** In the order in which multipathd would handle them. */
function serviced(queue: unknown): Array<{ action: string; device: string }> {
  const lines = list(queue).flatMap((entry) => {
    const { ev, merged } = record(entry);
    return [...(optional(merged, list) ?? []), ev].map(text);
  });
  return lines.map((line) => {
    const [action = '', device = ''] = line.split(' ');
    return { action, device };
  });
}

function runCase(c: VectorCase): void {
  const batches = list(c['batches']).map(record);
  const events = batches.map((batch) => list(batch['in']).map(told));
  const disks = new Disks(events.flat());
  const left = new Set(disks.names());
  const hand = start(c, disks);

  for (const batch of events) {
    for (const event of batch) disks.happen(event);
    for (const source of ['kernel', 'udev'] as const) {
      const told = batch.map((event) => disks.event(event, source));
      hand.feed({ type: 'uevents', source, batch: { events: told, losses: [], refused: 0, drained: [] } });
      // This holds for any number of events.
      for (const times of work(hand, disks).values()) expect(times).toBeLessThanOrEqual(2);
    }
  }

  const queue = serviced(batches.at(-1)?.['queue_after']);
  for (const { action, device } of queue) {
    if (action === 'add') left.add(device);
    if (action === 'remove') left.delete(device);
  }
  // A device that the queue's filter discards is no path.
  const ofInterest = new Set(queue.map(({ device }) => device));
  const wanted = [...left].filter((device) => !isDm(device) && ofInterest.has(device));
  const paths = [...hand.engine.tables.paths.values()].filter(({ init }) => init !== 'excluded');
  expect(paths.map(({ name }) => name).sort()).toEqual(wanted.sort());
  const latest = new Map(events.flat().map(({ device, wwid }) => [device, wwid]));
  for (const { name, wwid } of paths) expect([name, wwid]).toEqual([name, latest.get(name)]);
}

export const uevent: VectorRunner = {
  file: 'uevent',
  run(c): VectorOutcome {
    runCase(c);
    return 'passed';
  },
};
