import { judgeMap, type MapAnswer, type MapDemands, type MapVerdict } from '../../src/policy/mapinfo';

function described(more: Partial<NonNullable<Extract<MapAnswer, { ok: true }>['description']>> = {}): MapAnswer {
  return { ok: true, description: { exists: true, uuid: 'mpath-3600', targets: [{ type: 'multipath' }], ...more } };
}

const OURS: MapDemands = { multipathUuid: true, targetType: 'multipath' };

test.each<[string, MapAnswer, MapDemands, MapVerdict]>([
  ['a map of ours', described(), OURS, 'ok'],
  ['no such device', { ok: false, errno: 'ENXIO' }, OURS, 'not_found'],
  ['out of memory is no answer', { ok: false, errno: 'ENOMEM' }, OURS, 'error'],
  ['a missing control node is no answer', { ok: false, errno: 'ENOENT' }, OURS, 'error'],
  ['a missing driver is no answer', { ok: false, errno: 'ENODEV' }, OURS, 'error'],
  ['a reply that cannot be read', { ok: true, description: null }, OURS, 'error'],
  [
    'a reply that says that it is not there',
    described({ exists: false, uuid: null, targets: null }),
    OURS,
    'not_found',
  ],
  ['a UUID that could not be had', described({ uuid: null }), OURS, 'error'],
  ['a UUID that nobody asked for could not be had', described({ uuid: null }), {}, 'ok'],
  ['a logical volume', described({ uuid: 'LVM-x', targets: [{ type: 'linear' }] }), OURS, 'no_match'],
  ['a partition of a map', described({ uuid: 'part1-mpath-3600' }), OURS, 'no_match'],
  ['a map of ours with a linear table', described({ targets: [{ type: 'linear' }] }), OURS, 'no_match'],
  ['a linear device that was asked for', described({ targets: [{ type: 'linear' }] }), { targetType: 'linear' }, 'ok'],
  ['any type where none was asked for', described({ targets: [{ type: 'crypt' }] }), {}, 'ok'],
  ['two targets', described({ targets: [{ type: 'multipath' }, { type: 'multipath' }] }), OURS, 'no_match'],
  ['no table', described({ targets: [] }), OURS, 'empty'],
  ['the table was not asked for', described({ targets: null }), OURS, 'ok'],
])('%s', (_, answer, demands, verdict) => {
  expect(judgeMap(answer, demands)).toBe(verdict);
});
