import { type Prioritizer, priorityOf } from '../../../src/policy/prioritizers/prioritizers';
import { disk } from '../../fixtures';

const matches = (pattern: string, text: string): boolean => new RegExp(pattern).test(text);

const by = (prioritizer: Prioritizer, facts: Parameters<typeof disk>[0], answer: string | null = null): number =>
  priorityOf(prioritizer, { facts: disk(facts), matches, answer });

test.each([
  ['active/optimized', 50, 50, 130],
  ['active/non-optimized', 10, 90, 90],
  ['lba-dependent', 5, 85, 85],
  ['standby', 1, 81, 81],
  ['unavailable', 0, 80, 80],
  ['offline', 0, 80, 80],
  ['transitioning', 0, 80, 80],
  ['nonsense', 0, 80, 80],
  [null, -1, -1, -1],
])(
  'a path that is %s has priority %i, preferred %i, and with exclusive_pref_bit %i',
  (state, plain, preferred, exclusive) => {
    const facts = { accessState: state };
    expect(by({ name: 'sysfs', args: '' }, facts)).toBe(plain);
    expect(by({ name: 'sysfs', args: '' }, { ...facts, preferredPath: true })).toBe(preferred);
    expect(by({ name: 'sysfs', args: 'exclusive_pref_bit' }, { ...facts, preferredPath: true })).toBe(exclusive);
  },
);

const FC = {
  protocol: 'scsi:fcp',
  hostWwnn: '0x20',
  hostWwpn: '0x21',
  targetWwnn: '0x50',
  targetWwpn: '0x51',
  hostAdapter: null,
};

test.each<[string, string, Partial<Parameters<typeof disk>[0]>, number]>([
  ['const', '', {}, 1],
  ['none', '', {}, 1],
  ['alua', '', { accessState: 'standby' }, 1],
  ['alua', 'exclusive_pref_bit', { preferredPath: true }, 130],
  ['sysfs', 'timeout 5 exclusive_pref_bit', { preferredPath: true }, 130],
  ['sysfs', '', { preferredPath: true }, 50],
  ['sysfs', '', { accessState: null }, -1],
  ['weightedpath', 'hbtl 1:.:.:. 2 0:.:.:. 4', {}, 4],
  ['weightedpath', 'hbtl 1:.:.:. 2', {}, 0],
  ['weightedpath', 'hbtl . 7', { hcil: null }, 0],
  ['weightedpath', 'devname sda 3 sd. 9', {}, 3],
  ['weightedpath', 'devname sd. 9 sda 3', {}, 9],
  ['weightedpath', 'serial 2000 6', {}, 6],
  ['weightedpath', 'wwn 0x20:0x21:0x50:0x51 8', { transport: FC }, 8],
  ['weightedpath', 'colour red 8', {}, 0],
  ['weightedpath', 'devname sda many', {}, 0],
  ['weightedpath', 'devname sda', {}, 0],
  ['weightedpath', '', {}, 0],
  ['iet', 'preferredip=10.0.0.1', { udev: { ID_PATH: 'pci-0-ip-10.0.0.1:3260-iscsi-iqn.x-lun-1' } }, 20],
  ['iet', 'preferredip=10.0.0.1', { udev: { ID_PATH: 'ip-10.0.0.1:3260-iscsi-iqn.x-lun-1' } }, 20],
  ['iet', 'preferredip=10.0.0.1', { udev: { ID_PATH: 'ip-10.0.0.11:3260-iscsi-iqn.x-lun-1' } }, 10],
  ['iet', 'preferredip=10.0.0.1', { udev: null }, 10],
  ['iet', 'preferredip=here', {}, 0],
  ['iet', '', {}, 0],
])('%s with "%s" of %o is %i', (name, args, facts, priority) => {
  expect(by({ name, args }, facts)).toBe(priority);
});

test('random gives 1 to 10, the same number for a disk each time, and different numbers for different disks', () => {
  const drawn = Array.from({ length: 200 }, (_, at) =>
    by({ name: 'random', args: '' }, { devt: `8:${at}`, diskseq: at }),
  );
  for (const [at, priority] of drawn.entries()) {
    expect(priority).toBeGreaterThanOrEqual(1);
    expect(priority).toBeLessThanOrEqual(10);
    expect(by({ name: 'random', args: '' }, { devt: `8:${at}`, diskseq: at })).toBe(priority);
  }
  expect(new Set(drawn).size).toBe(10);
});

test.each([
  ['active', 4],
  ['standby', 2],
  ['failed', 0],
  ['nonsense', -1],
  [null, -1],
])('hp_sw of a controller that is %s is %i', (answer, priority) => {
  expect(by({ name: 'hp_sw', args: '' }, {}, answer)).toBe(priority);
});
