import { differencesOf, type StepAnswer, tableFacts } from '../vm/configurations/facts';
import { theirFacts } from '../vm/configurations/theirs';

/** Lines of multipath 0.9.4, recorded in the test VM with the case `aliases`: one LUN with a path in each group. */
const RECORDED: StepAnswer = {
  name: 'aliases',
  rc: 0,
  log: `603.580900 | sdi: product = FILEIO
603.581176 | sdi: uid_attribute = ID_SERIAL (setting: multipath internal)
603.581192 | sdi: recheck_wwid = 1 (setting: multipath.conf defaults/devices section)
603.582200 | sdi: vpd_vendor_id = 0 "undef" (setting: multipath internal)
603.583587 | sdi: path_checker = tur (setting: storage device autodetected)
603.583668 | sdi: checker timeout = 30 s (setting: kernel sysfs)
603.583899 | sdi: uid = 36001405ade0000000100000000000000 (udev)
603.584384 | sdi: prio = sysfs (setting: storage device autodetected)
603.584443 | sdi: prio args = "" (setting: storage device autodetected)
603.584545 | sdi: sysfs prio = 50
603.877663 | 36001405ade0000000100000000000000: alias = name with blanks (setting: multipath.conf multipaths section)
603.880642 | name with blanks: failback = "immediate" (setting: storage device configuration)
603.880723 | name with blanks: path_selector = "service-time 0" (setting: multipath internal)
603.880750 | name with blanks: no_path_retry = undef (setting: multipath internal)
603.881210 | name with blanks: minio = 1 (setting: multipath internal)
603.881612 | sdi: fast_io_fail_tmo = 8 (setting: multipath.conf overrides protocol section)
603.882175 | name with blanks: set ACT_CREATE (map does not exist)
603.882380 | name with blanks: addmap [0 131072 multipath 1 queue_if_no_path 1 alua 2 1 service-time 0 1 1 8:128 1 service-time 0 1 1 8:144 1]
create: name with blanks (36001405ade0000000100000000000000) undef LIO-ORG,FILEIO
size=64M features='1 queue_if_no_path' hwhandler='1 alua' wp=undef
`,
  config: 'defaults {\n\tverbosity 2\n\tprio_args ""\n\tpath_selector "service-time 0"\n}\n',
  maps: [
    {
      name: 'name\\x20with\\x20blanks',
      uuid: 'mpath-36001405ade0000000100000000000000',
      devt: '253:2',
      node: 'dm-2',
      udev: 'S:mapper/name\nE:DM_SUBSYSTEM_UDEV_FLAG1=1\nV:1\n',
      maxSectorsKb: '8192\n',
    },
    { name: 'vg-lv', uuid: 'LVM-abc', devt: '253:9', node: 'dm-9', udev: null, maxSectorsKb: null },
  ],
  table:
    'name\\x20with\\x20blanks: 0 131072 multipath 1 queue_if_no_path 1 alua 2 1 service-time 0 1 2 8:128 1 1 service-time 0 1 2 8:144 1 1 \n',
  bindings: '# alias wwid\n#\nmpatha 333333330000007d0\n',
  wwids: '# Valid WWIDs:\n/36001405ade0000000100000000000000/\n#333333330000007d0/\n',
  seconds: 3.2,
};

const LUN = '36001405ade0000000100000000000000';

test('settings of paths and maps with where they came from, priorities, tables, and the state files', () => {
  expect(Object.fromEntries(theirFacts(RECORDED))).toEqual({
    'sdi setting uid_attribute': 'ID_SERIAL (default)',
    'sdi setting path_checker': 'tur (detection)',
    'sdi setting checker_timeout': '30 (detection)',
    'sdi setting prio': 'sysfs (detection)',
    'sdi setting prio_args': ' (detection)',
    'sdi setting fast_io_fail_tmo': '8 (protocol)',
    'sdi wwid': LUN,
    'sdi priority': '50',
    [`${LUN} setting alias`]: 'name with blanks (multipaths)',
    [`${LUN} setting failback`]: 'immediate (devices)',
    [`${LUN} setting path_selector`]: 'service-time 0 (default)',
    [`${LUN} setting rr_min_io_rq`]: '1 (default)',
    [`${LUN} loaded features`]: 'queue_if_no_path',
    [`${LUN} loaded handler`]: 'alua',
    [`${LUN} loaded first group`]: '1',
    [`${LUN} loaded groups`]: 'service-time: 8:128(1) | service-time: 8:144(1)',
    [`${LUN} alias`]: 'name\\x20with\\x20blanks',
    [`${LUN} partition maps`]: 'no',
    [`${LUN} max_sectors_kb`]: '8192',
    [`${LUN} features`]: 'queue_if_no_path',
    [`${LUN} handler`]: 'alua',
    [`${LUN} first group`]: '1',
    [`${LUN} groups`]: 'service-time: 8:128(1 1) | service-time: 8:144(1 1)',
    'bound: mpatha': '333333330000007d0',
    [`in the wwids file: ${LUN}`]: 'yes',
    'defaults verbosity': '2',
    'defaults prio_args': '',
    'defaults path_selector': 'service-time 0',
  });
});

test('a table that was loaded in the place of another is a loaded one, too', () => {
  const log = RECORDED.log.replace('addmap [', 'reload [');
  expect(theirFacts({ ...RECORDED, log }).get(`${LUN} loaded handler`)).toBe('alua');
});

test('a word for an origin that is not known is an error: it may be the one that counts', () => {
  const log = '1.5 | sda: prio = const (setting: fresh out of the oven)\n';
  expect(() => theirFacts({ ...RECORDED, log })).toThrow('fresh out of the oven');
});

test('no map and no state file: only the configuration is left', () => {
  const facts = theirFacts({
    ...RECORDED,
    log: '',
    maps: [],
    table: 'No devices found\n',
    bindings: null,
    wwids: null,
  });
  expect([...facts.keys()]).toEqual(['defaults verbosity', 'defaults prio_args', 'defaults path_selector']);
});

test('a map without a table is told as such', () => {
  expect(theirFacts({ ...RECORDED, table: 'No devices found\n' }).get(`${LUN} table`)).toBe('none');
});

test.each([
  ['0 0 0 0', { features: '', handler: '', 'first group': '0', groups: '' }],
  [
    '2 pg_init_retries 5 1 alua 1 1 queue-length 0 2 1 8:0 1 8:16 1',
    { features: 'pg_init_retries 5', groups: 'queue-length: 8:0(1) 8:16(1)' },
  ],
  ['0 0 1 1 historical-service-time 2 512 10 1 2 8:0 1 7', { groups: 'historical-service-time 512 10: 8:0(1 7)' }],
])('table %s', (params, parts) => {
  expect(Object.fromEntries(tableFacts(params))).toMatchObject(parts);
});

test('a table that ends too early is an error', () => {
  expect(() => tableFacts('0 1 alua 1 1 service-time 0 2 1 8:0 1 8:16')).toThrow('ends too early');
});

test('differences are the lines that are not equal, and those that one side does not have', () => {
  const theirs = new Map([
    ['a', '1'],
    ['b', '2'],
    ['c', '3'],
  ]);
  const ours = new Map([
    ['d', '4'],
    ['b', '9'],
    ['a', '1'],
  ]);
  expect(differencesOf(theirs, ours)).toEqual([
    { fact: 'b', theirs: '2', ours: '9' },
    { fact: 'c', theirs: '3', ours: null },
    { fact: 'd', theirs: null, ours: '4' },
  ]);
});
