/**
 * What an answer of device-mapper says about a map. Here a map is known, and the vector's answer is the next reading of
 * the map. Where the daemon is stricter on purpose, a named rule changes the expectation.
 */
import { wholeListing } from '../../src/engine/inventory/listing';
import { dmFailure } from '../../src/kernel/dmFailure';
import { mapFactsOf } from '../../src/kernel/mapFacts';
import type { MapFacts } from '../../src/model/facts';
import type { Reading } from '../../src/model/failure';
import { startInput } from '../configuration';
import { nativeMap } from '../fixtures';
import { Hand, NOTHING } from '../engine/hand';
import { flag, list, optional, record, text, type VectorCase, type VectorOutcome, type VectorRunner } from './runner';

/** Rules by which the daemon differs on purpose from the recorded behaviour. */
const STRICTER = {
  "a map's UUID has a WWID in it": (c: VectorCase): boolean => c['uuid'] === 'mpath-',
} as const;

const KNOWN = nativeMap({ uuid: 'mpath-3600a098038302d414b2b4d4453474f62' });

function readingOf(c: VectorCase): Reading<MapFacts> {
  const step = c['ioctl'] === 'info' ? 'DM_DEV_STATUS' : 'DM_TABLE_STATUS';
  const failure = (errno: string): Reading<MapFacts> => ({
    ok: false,
    failure: dmFailure(KNOWN.uuid, { errno, step }),
  });
  if (!flag(c['run_ok'])) return failure(text(c['errno']));
  // The addon's errno for a reply that it cannot read.
  if (!flag(c['info_ok'])) return failure('EBADMSG');
  if (!flag(c['exists'])) return failure('ENXIO');
  const [target] = KNOWN.targets;
  if (target === undefined) throw new Error('a map without a target');
  const targets = optional(c['targets'], list)?.map((one) => ({ ...target, type: text(record(one)['type']) }));
  return mapFactsOf({
    ...KNOWN,
    uuid: optional(c['uuid'], text) ?? KNOWN.uuid,
    hasLiveTable: targets?.length !== 0,
    targets: targets ?? [target],
  });
}

/** A daemon with the map in its table. */
function started(facts: MapFacts): Hand {
  const hand = new Hand();
  hand.feed(startInput([], false));
  const { uuid } = facts;
  hand.resync({
    ...NOTHING,
    dm: { ok: true, value: [facts] },
    maps: [{ uuid, reading: { ok: true, value: facts } }],
  });
  hand.out = [];
  return hand;
}

function read(hand: Hand, reading: Reading<MapFacts>): void {
  hand.event({ action: 'change', name: 'dm-0', devt: KNOWN.devt, diskseq: KNOWN.diskseq });
  const { asked, by } = hand.take('read-map');
  hand.feed({ type: 'map-read', asked, by, reading });
}

/** The daemon's verdict on the next reading of a known map. */
function verdictOnKnown(reading: Reading<MapFacts>): string {
  const facts = mapFactsOf(KNOWN);
  if (!facts.ok) throw new Error('the map of this file is malformed');
  const hand = started(facts.value);
  read(hand, reading);
  const map = hand.engine.tables.maps.get(KNOWN.uuid);
  if (map === undefined) return 'no_match';
  if (map.stale !== null) return 'error';
  if (map.missing.lookedUpAt === null) return map.table === null ? 'empty' : 'ok';
  // One proof of absence. The list of all maps has to confirm it.
  hand.feed({ type: 'dm-list', asked: hand.take('list-maps').asked, reading: { ok: true, value: wholeListing([]) } });
  return hand.engine.tables.maps.has(KNOWN.uuid) ? 'ok' : 'not_found';
}

/** The daemon's verdict on a device that comes with this reading. */
function verdictOnNew(facts: MapFacts): string {
  const hand = new Hand();
  hand.feed(startInput([], false));
  hand.resync(NOTHING);
  hand.out = [];
  read(hand, { ok: true, value: facts });
  return hand.engine.tables.maps.has(facts.uuid) ? 'ok' : 'no_match';
}

export const mapinfo: VectorRunner = {
  file: 'mapinfo',
  run(c): VectorOutcome {
    const flags = list(c['flags']).map(text);
    const reading = readingOf(c);
    // Partitions of maps are the business of kpartx.
    if (flags.includes('part_only') && reading.ok) return { unsupported: 'part_only' };
    const isAnother = reading.ok && reading.value.uuid !== KNOWN.uuid;
    const stricter = Object.values(STRICTER).some((applies) => applies(c));
    const verdict = isAnother ? verdictOnNew(reading.value) : verdictOnKnown(reading);
    expect(verdict).toBe(stricter ? 'no_match' : c['result']);
    return 'passed';
  },
};
