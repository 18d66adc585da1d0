import { mapRow, mapRows } from '../../src/ipc/rows';
import { topology } from '../../src/ipc/topology';
import { scsiDebug } from './fixtures';
import { makeMap, makePath, makeTables } from '../fixtures';

const creating = { kind: 'create', id: 1, asked: 0, since: 0, reason: 'new' } as const;

test('is the tree of multipathd, with columns as wide as any path in the tables needs', () => {
  const tables = scsiDebug();
  for (const map of tables.maps.values()) map.operation = creating;
  const sda = tables.pathByName('sda');
  if (sda !== undefined) {
    sda.dmState = 'failed';
    sda.check.state = 'down';
  }
  expect(topology(tables, mapRows(tables))).toBe(
    [
      'create: 1Linux_scsi_debug_2000 dm-0 Linux,scsi_debug',
      "size=8.0M features='0' hwhandler='1 alua' wp=rw",
      "|-+- policy='service-time 0' prio=50 status=active",
      '| |- 0:0:0:0 sda 8:0   failed faulty running',
      '| `- 3:0:0:0 sdg 8:96  active ready  running',
      "|-+- policy='service-time 0' prio=10 status=enabled",
      '| `- 1:0:0:0 sdc 8:32  active ready  running',
      "`-+- policy='service-time 0' prio=1 status=enabled",
      '  `- 2:0:0:0 sde 8:64  active ready  running',
      'create: 1Linux_scsi_debug_2001 dm-1 Linux,scsi_debug',
      "size=8.0M features='0' hwhandler='1 alua' wp=rw",
      "|-+- policy='service-time 0' prio=50 status=active",
      '| |- 0:0:0:1 sdb 8:16  active ready  running',
      '| `- 3:0:0:1 sdh 8:112 active ready  running',
      "|-+- policy='service-time 0' prio=10 status=enabled",
      '| `- 1:0:0:1 sdd 8:48  active ready  running',
      "`-+- policy='service-time 0' prio=1 status=enabled",
      '  `- 2:0:0:1 sdf 8:80  active ready  running',
      '',
    ].join('\n'),
  );
});

test('names the WWID if it is not the alias, and the operation if one runs', () => {
  const map = makeMap({
    name: 'mpatha',
    wwid: '36001',
    devt: '253:12',
    sectors: 41_943_040,
    features: ['queue_if_no_path'],
    groups: [],
    facts: { readOnly: true },
    map: { operation: { kind: 'rename', id: 1, asked: 0, since: 0, reason: '', to: 'x' } },
  });
  const tables = makeTables([], [map]);
  expect(topology(tables, [mapRow(tables, map)])).toBe(
    "rename: mpatha (36001) dm-12 ##,##\nsize=20G features='1 queue_if_no_path' hwhandler='0' wp=ro\n",
  );
});

test('shows a member of the table that is no known path, and leaves out no member', () => {
  const known = makePath({ name: 'sda', devt: '8:0', path: { map: 'mpath-w', dmState: 'active', priority: 7 } });
  const map = makeMap({
    name: 'w',
    wwid: 'w',
    devt: '253:0',
    groups: [{ state: 'enabled', devts: ['8:0', '65:160'] }],
  });
  const tables = makeTables([known], [map]);
  expect(
    topology(tables, [mapRow(tables, map)])
      .split('\n')
      .slice(2),
  ).toEqual([
    "`-+- policy='service-time 0' prio=7 status=enabled",
    '  |- 0:0:0:0 sda 8:0    active ready running',
    '  `- #:#:#:# -   65:160 active undef unknown',
    '',
  ]);
});

test('of a map without a readable table has two lines and no group', () => {
  const map = makeMap({ name: 'w', wwid: 'w', devt: '253:0', groups: [], map: { table: null, status: null } });
  const tables = makeTables([], [map]);
  expect(topology(tables, [mapRow(tables, map)])).toBe("w dm-0 ##,##\nsize=8.0M features='0' hwhandler='0' wp=rw\n");
});
