import {
  chooseChecker,
  chooseGrouping,
  chooseHandler,
  choosePrioritizer,
  hasPortGroups,
  tpgIdOf,
  type DeviceKind,
} from '../../src/policy/detect';
import { disk } from '../fixtures';

/** NAA name of the LUN, relative port 1, target port group 0x0102. */
const PAGE_WITH_GROUP = '0083001c0103000833333330000007d00114000400000001' + '0115000400000102';

const alua = (more: Partial<DeviceKind> = {}): DeviceKind => disk(more);
const plain = (more: Partial<DeviceKind> = {}): DeviceKind =>
  disk({ tpgs: 'none', accessState: null, deviceHandler: null, ...more });
/** A device that announces port groups. The kernel has attached no handler to it yet. */
const unattached = (more: Partial<DeviceKind> = {}): DeviceKind =>
  plain({ tpgs: 'implicit', vpd83: PAGE_WITH_GROUP, ...more });

test('the target port group is found behind other designators', () => {
  const naa = '0103000833333330000007d0';
  const relativePort = '0114000400000001';
  const group = '0115000400000203';
  const body = naa + relativePort + group;
  expect(tpgIdOf({ bus: 'scsi', vpd83: `008300${(body.length / 2).toString(16)}${body}` })).toBe(0x203);
  expect(tpgIdOf({ bus: 'scsi', vpd83: PAGE_WITH_GROUP })).toBe(0x0102);
});

test.each([
  ['no page', null],
  ['another page', '0080000454455354'],
  ['a page cut in its header', '0083'],
  ['a designator that is cut', '00830008011500'],
  ['a designator longer than the page', '0083000801150004'],
  ['a port group of another length', '00830006011500020001'],
  ['the same designator of the logical unit', '0083000801050004000000ff'],
  ['no hexadecimal', 'zz'],
])('%s has no target port group', (_, page) => {
  expect(tpgIdOf({ bus: 'scsi', vpd83: page })).toBeNull();
});

test.each<[string, DeviceKind, boolean]>([
  ['announced, and the kernel has its state', alua(), true],
  ['announced, with a port group named', unattached(), true],
  ['announced, and no port group named', plain({ tpgs: 'explicit' }), false],
  ['not announced', plain(), false],
  ['not announced, whatever handler is attached', alua({ tpgs: 'none' }), false],
  ['not told, but the kernel has its state', alua({ tpgs: null }), true],
  ['not told, with a port group named', plain({ tpgs: null, vpd83: PAGE_WITH_GROUP }), false],
  ['NVMe', unattached({ bus: 'nvme' }), false],
])('port groups: %s', (_, device, has) => {
  expect(hasPortGroups(device)).toBe(has);
});

describe('choosePrioritizer', () => {
  const weighted = { name: 'weightedpath', args: 'devname sda 3' };
  test.each<[string, DeviceKind, { name: string; args: string }, boolean, string, RegExp | null]>([
    ['detected by sysfs', alua(), weighted, true, 'sysfs', /access state/],
    ['detected without the kernel having the state', unattached(), weighted, true, 'alua', /port groups/],
    [
      'RDAC with implicit groups',
      alua({ deviceHandler: 'rdac', vpd83: PAGE_WITH_GROUP }),
      weighted,
      true,
      'alua',
      /port groups/,
    ],
    [
      'RDAC with explicit groups',
      alua({ deviceHandler: 'rdac', tpgs: 'both', vpd83: PAGE_WITH_GROUP }),
      weighted,
      true,
      'sysfs',
      /access state/,
    ],
    ['nothing to detect', plain(), weighted, true, 'weightedpath', null],
    ['detection is off', alua(), weighted, false, 'weightedpath', null],
    ['alua without port groups', plain(), { name: 'alua', args: '' }, false, 'const', /no target port groups/],
    ['alua as configured', alua(), { name: 'alua', args: 'exclusive_pref_bit' }, false, 'alua', null],
    ['one that is not there yet', plain(), { name: 'emc', args: '' }, true, 'const', /emc is not there yet/],
    [
      'one that is not there yet, and sysfs knows',
      alua(),
      { name: 'rdac', args: '' },
      false,
      'sysfs',
      /rdac is not there yet/,
    ],
  ])('%s', (_, device, configured, detect, name, why) => {
    const chosen = choosePrioritizer(device, configured, detect);
    expect(chosen.value.name).toBe(name);
    expect(chosen.value.args).toBe(why === null ? configured.args : '');
    if (why === null) expect(chosen.why).toBeNull();
    else expect(chosen.why).toMatch(why);
  });
});

describe('chooseChecker', () => {
  test.each<[string, DeviceKind, string, boolean, string, RegExp | null]>([
    ['port groups', alua(), 'directio', true, 'tur', /port groups/],
    ['detection is off', alua(), 'directio', false, 'directio', null],
    ['nothing to detect', plain(), 'readsector0', true, 'readsector0', null],
    ['none', plain(), 'none', true, 'none', null],
    ['RDAC', alua({ deviceHandler: 'rdac' }), 'directio', true, 'tur', /rdac is not there yet/],
    ['one that is not there yet', plain(), 'emc_clariion', true, 'tur', /emc_clariion is not there yet/],
    ['tur for NVMe', plain({ bus: 'nvme' }), 'tur', true, 'directio', /not a SCSI device/],
    ['one that is not there yet, for NVMe', plain({ bus: 'nvme' }), 'cciss_tur', true, 'directio', /not a SCSI device/],
    ['none for NVMe', plain({ bus: 'nvme' }), 'none', true, 'none', null],
  ])('%s', (_, device, configured, detect, checker, why) => {
    const chosen = chooseChecker(device, configured, detect);
    expect(chosen.value).toBe(checker);
    if (why === null) expect(chosen.why).toBeNull();
    else expect(chosen.why).toMatch(why);
  });
});

describe('chooseHandler', () => {
  test.each<[string, DeviceKind[], string[], string[], RegExp | null]>([
    ['what the kernel has attached is kept', [plain(), alua({ deviceHandler: 'rdac' })], ['emc'], ['rdac'], /attached/],
    ['as configured', [plain()], ['emc', '1', '2'], ['emc', '1', '2'], null],
    ['nothing', [plain()], [], [], null],
    ['port groups on all paths', [unattached(), unattached()], [], ['alua'], /all paths/],
    ['port groups on some', [unattached(), plain()], [], [], null],
    ['another handler is configured', [unattached()], ['emc'], ['emc'], null],
    ['alua where not all paths have port groups', [unattached(), plain()], ['alua'], [], /not all/],
    ['alua as configured', [unattached()], ['alua'], ['alua'], null],
    ['no paths', [], ['alua'], [], /not all/],
  ])('%s', (_, devices, configured, handler, why) => {
    const chosen = chooseHandler(devices, configured);
    expect(chosen.value).toEqual(handler);
    if (why === null) expect(chosen.why).toBeNull();
    else expect(chosen.why).toMatch(why);
  });
});

describe('chooseGrouping', () => {
  const on = { groups: true, useTpg: false };
  test.each<[string, string[], Parameters<typeof chooseGrouping>[1], Parameters<typeof chooseGrouping>[2], string]>([
    ['ALUA on all paths', ['sysfs', 'alua'], 'multibus', on, 'group_by_prio'],
    ['ALUA on all paths, by port group', ['sysfs'], 'multibus', { groups: true, useTpg: true }, 'group_by_tpg'],
    ['detection is off', ['sysfs'], 'multibus', { groups: false, useTpg: true }, 'multibus'],
    ['ALUA on some paths', ['sysfs', 'const'], 'multibus', on, 'multibus'],
    ['by port group as configured', ['alua'], 'group_by_tpg', { groups: false, useTpg: false }, 'group_by_tpg'],
    ['by port group without ALUA', ['const'], 'group_by_tpg', on, 'failover'],
    ['no paths', [], 'group_by_prio', on, 'group_by_prio'],
  ])('%s', (_, prioritizers, configured, detect, policy) => {
    const chosen = chooseGrouping(prioritizers, configured, detect);
    expect(chosen.value).toBe(policy);
    expect(chosen.why === null).toBe(policy === configured);
  });
});
