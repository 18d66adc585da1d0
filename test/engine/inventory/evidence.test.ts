/**
 * Late answers at the border of a resync: histories that the model of the resync protocol found
 * (docs/model.md, "Three rules that the engine lacked").
 */
import { wholeListing } from '../../../src/engine/inventory/listing';
import type { Effect } from '../../../src/engine/protocol';
import type { DmListEntry, KernelSnapshot } from '../../../src/model/facts';
import { disk, mapFacts } from '../../fixtures';
import { startInput } from '../../configuration';
import { failed, Hand, NOTHING } from '../hand';

const UUID = 'mpath-36001405';
const SDA = disk({ udev: { ID_SERIAL: 'A', SCSI_IDENT_SERIAL: 'x' } });

const entry: DmListEntry = { name: 'mpatha', uuid: UUID, devt: '253:0', eventNr: 0 };
const facts = mapFacts(entry);

const ALL: KernelSnapshot = {
  dm: { ok: true, value: [entry] },
  maps: [{ uuid: UUID, reading: { ok: true, value: facts } }],
  blocks: { ok: true, value: [{ name: 'sda', reading: { ok: true, value: SDA } }] },
};

function started(snapshot: KernelSnapshot): Hand {
  const hand = new Hand();
  hand.feed(startInput());
  hand.resync(snapshot);
  hand.out = [];
  return hand;
}

describe('an answer that is older than a snapshot and comes after it', () => {
  it('"the disk is there", with its removal lost: the question is asked again', () => {
    const hand = started(NOTHING);
    hand.event({ action: 'change', name: 'sda' });
    const early = hand.take('read-block');
    hand.feed({ type: 'command', request: 1, command: { kind: 'resync' } });
    hand.resync(NOTHING);
    hand.feed({ type: 'block-read', asked: early.asked, name: 'sda', reading: { ok: true, value: SDA } });
    expect(hand.engine.tables.pathByName('sda')).toBeDefined();
    const again = hand.take('read-block');
    hand.feed({ type: 'block-read', asked: again.asked, name: 'sda', reading: failed('sysfs', 'ENOENT') });
    expect(hand.engine.tables.pathByName('sda')).toBeUndefined();
  });

  it('"there is no such disk", although the snapshot showed the disk: the path stays, and is read again', () => {
    const hand = started(ALL);
    hand.feed({ type: 'command', request: 1, command: { kind: 'resync' } });
    let late: Extract<Effect, { type: 'read-block' }> | null = null;
    hand.resync(ALL, () => {
      hand.feed({ type: 'command', request: 2, command: { kind: 'add-path', path: 'sda' } });
      late = hand.take('read-block');
    });
    const { asked } = late as unknown as Extract<Effect, { type: 'read-block' }>;
    hand.feed({ type: 'block-read', asked, name: 'sda', reading: failed('sysfs', 'ENOENT') });
    expect(hand.engine.tables.pathByName('sda')).toBeDefined();
    expect(hand.take('read-block').name).toBe('sda');
  });

  it('"there is no such map" by a look-up and a listing, although the snapshot showed the map: the map stays', () => {
    const hand = started(ALL);
    hand.feed({ type: 'command', request: 1, command: { kind: 'resync' } });
    const asked: number[] = [];
    hand.resync(ALL, () => {
      hand.event({ action: 'change', name: 'dm-0', devt: '253:0', diskseq: 9 });
      asked.push(hand.take('read-map').asked);
      hand.feed({ type: 'dm-event' });
      asked.push(hand.take('list-maps').asked);
    });
    hand.feed({
      type: 'map-read',
      asked: asked[0] ?? 0,
      by: { uuid: UUID },
      reading: failed('DM_DEV_STATUS', 'ENXIO'),
    });
    hand.feed({ type: 'dm-list', asked: asked[1] ?? 0, reading: { ok: true, value: wholeListing([]) } });
    expect(hand.engine.tables.maps.has(UUID)).toBe(true);
  });
});

describe('a map that is known only from a listing', () => {
  it('is looked up again when a map with its number is removed', () => {
    const unreadable: KernelSnapshot = { ...ALL, maps: [{ uuid: UUID, reading: failed('DM_TABLE_STATUS', 'ENOMEM') }] };
    const hand = started(unreadable);
    expect(hand.engine.tables.maps.get(UUID)?.stale).not.toBeNull();
    hand.event({ action: 'remove', name: 'dm-0', devt: '253:0', diskseq: 9 });
    const look = hand.take('read-map');
    expect(look.by).toEqual({ uuid: UUID });
    hand.feed({ type: 'map-read', asked: look.asked, by: look.by, reading: failed('DM_DEV_STATUS', 'ENXIO') });
    hand.feed({ type: 'dm-list', asked: hand.take('list-maps').asked, reading: { ok: true, value: wholeListing([]) } });
    expect(hand.engine.tables.maps.has(UUID)).toBe(false);
  });
});
