/** The look that follows a hole in SEQNUM. The test answers its questions itself. */
import { createEngine, type Engine } from '../../../src/engine/engine';
import type { Effect, InputBody } from '../../../src/engine/protocol';
import type { DiskEntry, DmListEntry, KernelSnapshot } from '../../../src/model/facts';
import type { Reading } from '../../../src/model/failure';
import type { Uevent, UeventBatch } from '../../../src/model/uevent';
import { disk } from '../../fixtures';
import { startInput } from '../../configuration';

const SDA = disk({ udev: { ID_SERIAL: 'A', SCSI_IDENT_SERIAL: 'x' } });
const KNOWN: DiskEntry = { name: SDA.name, devt: SDA.devt, diskseq: SDA.diskseq };
const NEW: DiskEntry = { name: 'sdb', devt: '8:16', diskseq: 77 };
const SDB = disk({ ...NEW, devt: '8:16', udev: { ID_SERIAL: 'A', SCSI_IDENT_SERIAL: 'x' } });
const SNAPSHOT: KernelSnapshot = {
  dm: { ok: true, value: [] },
  maps: [],
  blocks: { ok: true, value: [{ name: 'sda', reading: { ok: true, value: SDA } }] },
};

const failed = { ok: false, failure: { code: 'KERNEL_ERROR', operation: 'x', device: 'x', errno: 'ENOENT' } } as const;

/** An engine that has adopted sda. */
class Hand {
  /** The options keep everything else from happening. */
  readonly engine: Engine = createEngine({ heartbeatMs: 1e9, periodicResyncMs: 1e9, fenceTimeoutMs: 1e9 });
  out: Effect[] = [];
  at = 1_000;

  constructor() {
    this.feed(startInput());
    this.drained();
    this.feed({ type: 'fence-written', uuid: this.take('fence').uuid, reading: failed });
    this.feed({ type: 'snapshot', asked: this.take('snapshot').asked, purpose: 'resync', snapshot: SNAPSHOT });
    this.drained();
    this.out = [];
  }

  feed(body: InputBody): void {
    this.out.push(...this.engine.step({ ...body, at: this.at }));
  }

  take<T extends Effect['type']>(type: T): Extract<Effect, { type: T }> {
    const at = this.out.findIndex((effect) => effect.type === type);
    const [effect] = at < 0 ? [] : this.out.splice(at, 1);
    if (effect === undefined) throw new Error(`no ${type} is out`);
    return effect as Extract<Effect, { type: T }>;
  }

  count(type: Effect['type']): number {
    return this.out.filter((effect) => effect.type === type).length;
  }

  batch(more: Partial<UeventBatch>): void {
    this.feed({
      type: 'uevents',
      source: 'kernel',
      batch: { events: [], losses: [], refused: 0, drained: [], ...more },
    });
  }

  drained(): void {
    this.batch({ drained: [{ token: this.take('drain').token, drops: 0 }] });
  }

  hole(): void {
    this.batch({ gap: { count: 1, from: 5, to: 5 } });
  }

  wait(ms: number): void {
    this.at += ms;
    this.feed({ type: 'wake' });
  }

  list(disks: Reading<DiskEntry[]>, maps: Reading<DmListEntry[]> = { ok: true, value: [] }): void {
    this.feed({ type: 'device-list', asked: this.take('list-devices').asked, maps, disks });
  }

  /** The devices that are read again, by name or UUID. */
  read(): string[] {
    return this.out.flatMap((effect) =>
      effect.type === 'read-block'
        ? [effect.name]
        : effect.type === 'read-map' && 'uuid' in effect.by
          ? [effect.by.uuid]
          : [],
    );
  }

  get truth() {
    return this.engine.tables.truth;
  }
}

const listing = (...entries: DiskEntry[]): Reading<DiskEntry[]> => ({ ok: true, value: entries });

const event = (fields: Partial<Uevent>): Uevent => ({
  source: 'kernel',
  action: 'add',
  devpath: '/devices/x/block/sdb',
  subsystem: 'block',
  devtype: 'disk',
  name: 'sdb',
  devt: '8:16',
  diskseq: 77,
  seqnum: 1,
  synthUuid: null,
  env: {},
  ...fields,
});

describe('a look', () => {
  it.each<[string, DiskEntry[], string[]]>([
    ['equal: nothing', [KNOWN], []],
    ['a disk more: that one', [KNOWN, NEW], ['sdb']],
    ['a disk less: that one', [], ['sda']],
    ['another disk under the name', [{ ...KNOWN, diskseq: 99 }], ['sda']],
    ['another number under the name', [{ ...KNOWN, devt: '8:32' }], ['sda']],
    ['a disk that cannot be told: nothing', [{ name: 'sda', devt: null, diskseq: null }], []],
    ['devices that are no paths: nothing', [KNOWN, { name: 'loop0', devt: '7:0', diskseq: 3 }], []],
  ])('reads what differs and nothing else (%s)', (_, entries, expected) => {
    const hand = new Hand();
    hand.hole();
    hand.list(listing(...entries));
    expect(hand.read()).toEqual(expected);
    expect(hand.engine.tables.pathByName('sda')).toBeDefined();
    expect(hand.truth.losses.gap).toBe(0);
    expect(hand.count('snapshot') + hand.count('drain')).toBe(0);
  });

  it('reads maps that differ, too, and no device that is not ours', () => {
    const hand = new Hand();
    hand.hole();
    hand.list(listing(KNOWN), {
      ok: true,
      value: [
        { name: 'mpatha', uuid: 'mpath-A', devt: '253:0', eventNr: 0 },
        { name: 'root', uuid: 'LVM-x', devt: '253:1', eventNr: 0 },
      ],
    });
    expect(hand.read()).toEqual(['mpath-A']);
  });

  it('is made one at a time, and holes that come meanwhile lead to one more, later', () => {
    const hand = new Hand();
    for (let i = 0; i < 10; i++) hand.hole();
    expect(hand.count('list-devices')).toBe(1);
    hand.list(listing(KNOWN));
    for (let i = 0; i < 10; i++) hand.hole();
    hand.wait(9_999);
    expect(hand.count('list-devices')).toBe(0);
    hand.wait(1);
    expect(hand.count('list-devices')).toBe(1);
  });

  it('that finds nothing doubles the pause, up to its bound', () => {
    const hand = new Hand();
    const pauses: number[] = [];
    for (let i = 0; i < 9; i++) {
      hand.hole();
      hand.wait(hand.truth.gaps.pauseMs);
      hand.list(listing(KNOWN));
      pauses.push(hand.truth.gaps.pauseMs);
    }
    expect(pauses).toEqual([10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 320_000, 320_000, 320_000]);
  });

  it('that fails does not count as one that finds nothing, and is made again', () => {
    const hand = new Hand();
    hand.hole();
    hand.list(failed);
    expect(hand.truth.gaps.pauseMs).toBe(5_000);
    hand.wait(5_000);
    expect(hand.count('list-devices')).toBe(1);
    expect(hand.engine.tables.paths.size).toBe(1);
  });
});

describe('a disk that the look shows and the tables do not have', () => {
  function looked(): Hand {
    const hand = new Hand();
    hand.hole();
    hand.list(listing(KNOWN, NEW));
    return hand;
  }
  const found = (hand: Hand): void =>
    hand.feed({
      type: 'block-read',
      asked: hand.take('read-block').asked,
      name: 'sdb',
      reading: { ok: true, value: SDB },
    });

  it('is a loss if the reading confirms it and no event came', () => {
    const hand = looked();
    found(hand);
    hand.wait(1_000);
    expect(hand.truth.losses.gap).toBe(1);
    expect(hand.truth.gaps.pauseMs).toBe(5_000);
  });

  it('is no loss if it is gone again', () => {
    const hand = looked();
    hand.feed({ type: 'block-read', asked: hand.take('read-block').asked, name: 'sdb', reading: failed });
    hand.wait(1_000);
    expect(hand.truth.losses.gap).toBe(0);
  });

  it.each<[string, Partial<Uevent>, number]>([
    ['the event itself', {}, 0],
    ['one that somebody wrote', { action: 'change', synthUuid: '0' }, 1],
    ["udevd's", { source: 'udev' }, 1],
    ['one of another device', { devt: '8:32', name: 'sdc' }, 1],
  ])('may have its event after all: %s', (_, fields, losses) => {
    const hand = looked();
    found(hand);
    hand.batch({ events: [event(fields)] });
    hand.wait(1_000);
    expect(hand.truth.losses.gap).toBe(losses);
  });

  it('is no loss if it is already being read because of its event', () => {
    const hand = new Hand();
    hand.hole();
    hand.batch({ events: [event({})] });
    hand.list(listing(KNOWN, NEW));
    found(hand);
    hand.wait(1_000);
    expect(hand.truth.losses.gap).toBe(0);
  });
});
