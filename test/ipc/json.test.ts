import { mapJson, mapsJson } from '../../src/ipc/json';
import { mapRow, mapRows } from '../../src/ipc/rows';
import { newFailback, noQueueing } from '../../src/model/map';
import { scsiDebug } from './fixtures';
import { makeMap, makePath, makeTables } from '../fixtures';

const member = (name: string, devt: string, priority: number) =>
  makePath({
    name,
    devt,
    facts: { vendor: 'LIO-ORG', model: 'disk1', revision: '4.0', hcil: '2:0:0:1' },
    transport: { protocol: 'scsi:iscsi', targetWwnn: 'iqn.x' },
    path: { map: 'mpath-36001', dmState: 'active', priority },
  });

const map = makeMap({
  name: 'mpatha',
  wwid: '36001',
  devt: '253:0',
  features: ['queue_if_no_path'],
  map: { queueing: { ...noQueueing(), retry: 'queue' }, failback: { ...newFailback(), policy: 'immediate' } },
  handler: ['alua'],
  groups: [
    { state: 'active', devts: ['8:0'] },
    { state: 'enabled', devts: ['8:16', '8:32'] },
  ],
});

const tables = makeTables([member('sda', '8:0', 50), member('sdb', '8:16', 10)], [map]);

const pathText = (dev: string, devt: string, pri: number): string[] => [
  `            "dev" : "${dev}",`,
  `            "dev_t" : "${devt}",`,
  '            "dm_st" : "active",',
  '            "dev_st" : "running",',
  '            "chk_st" : "ready",',
  '            "checker" : "tur",',
  `            "pri" : ${pri},`,
  '            "host_wwnn" : "[undef]",',
  '            "target_wwnn" : "iqn.x",',
  '            "host_wwpn" : "[undef]",',
  '            "target_wwpn" : "[undef]",',
  '            "host_adapter" : "[undef]",',
  '            "lun_hex" : "0x0001000000000000",',
  '            "marginal_st" : "normal"',
];

const BODY = [
  '      "name" : "mpatha",',
  '      "uuid" : "36001",',
  '      "sysfs" : "dm-0",',
  '      "failback" : "immediate",',
  '      "queueing" : "on",',
  '      "paths" : 2,',
  '      "write_prot" : "rw",',
  '      "dm_st" : "active",',
  '      "features" : "1 queue_if_no_path",',
  '      "hwhandler" : "1 alua",',
  '      "action" : "",',
  '      "path_faults" : 0,',
  '      "vend" : "LIO-ORG",',
  '      "prod" : "disk1",',
  '      "rev" : "4.0",',
  '      "switch_grp" : 0,',
  '      "map_loads" : 1,',
  '      "total_q_time" : 0,',
  '      "q_timeouts" : 0,',
  '      "path_groups": [{',
  '         "selector" : "service-time 0",',
  '         "pri" : 50,',
  '         "dm_st" : "active",',
  '         "marginal_st" : "normal",',
  '         "group" : 1,',
  '         "paths": [{',
  ...pathText('sda', '8:0', 50),
  '         }]',
  '      },{',
  '         "selector" : "service-time 0",',
  '         "pri" : 10,',
  '         "dm_st" : "enabled",',
  '         "marginal_st" : "normal",',
  '         "group" : 2,',
  '         "paths": [{',
  ...pathText('sdb', '8:16', 10),
  '         },{',
  '            "dev" : "-",',
  '            "dev_t" : "8:32",',
  '            "dm_st" : "active",',
  '            "dev_st" : "unknown",',
  '            "chk_st" : "undef",',
  '            "checker" : "(null)",',
  '            "pri" : -1,',
  '            "host_wwnn" : "[undef]",',
  '            "target_wwnn" : "[undef]",',
  '            "host_wwpn" : "[undef]",',
  '            "target_wwpn" : "[undef]",',
  '            "host_adapter" : "[undef]",',
  '            "lun_hex" : "0xffffffffffffffff",',
  '            "marginal_st" : "normal"',
  '         }]',
  '      }]',
];

const HEAD = ['{', '   "major_version": 0,', '   "minor_version": 1,'];

test('all maps: keys, their order and every blank are those of multipathd', () => {
  expect(mapsJson(mapRows(tables))).toBe([...HEAD, '   "maps": [{', ...BODY, '   }]', '}', ''].join('\n'));
});

test('one map', () => {
  expect(mapJson(mapRow(tables, map))).toBe([...HEAD, '   "map":{', ...BODY, '   }', '}', ''].join('\n'));
});

test('no map', () => {
  expect(mapsJson([])).toBe([...HEAD, '   "maps": []', '}', ''].join('\n'));
});

test('two maps are separated like other elements', () => {
  const text = mapsJson(mapRows(scsiDebug()));
  expect(text).toContain('\n      }]\n   },{\n      "name" : "1Linux_scsi_debug_2001",\n');
  expect(JSON.parse(text)).toMatchObject({ major_version: 0, minor_version: 1, maps: [{ paths: 4 }, { paths: 4 }] });
});

test('strings are escaped, so that any name gives valid JSON', () => {
  const name = 'a"b\\c\n';
  const odd = makeMap({ name, wwid: 'w', devt: '253:0', groups: [] });
  expect(JSON.parse(mapsJson(mapRows(makeTables([], [odd]))))).toMatchObject({ maps: [{ name, path_groups: [] }] });
});
