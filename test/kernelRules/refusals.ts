/* The kernel's refusals, with their errnos (dm-table.c, dm-mpath.c, dm-ioctl.c). */
import type { Disk, Rule, RuleMachine, TableSpec } from './machine';
import { done, makeMap, multipath, nextEvents, SECTORS, sight, swap } from './ruleHelpers';

/** Tables by their parameters. $1 and $2 are disks that exist. */
const TABLES: ReadonlyArray<[what: string, params: string, errno: string]> = [
  ['a number that no device has', '0 0 1 1 service-time 0 1 1 8:4000 1', 'ENXIO'],
  ['a major that no driver has', '0 0 1 1 service-time 0 1 1 240:1 1', 'ENXIO'],
  ['one of two devices missing', '0 0 1 1 service-time 0 2 1 $1 1 8:4000 1', 'ENXIO'],
  ['a name that is no node', '0 0 1 1 service-time 0 1 1 sdzz 1', 'ENODEV'],
  ['nothing', '', 'EINVAL'],
  ['a word for the feature count', 'x 0 1 1 service-time 0 1 1 $1 1', 'EINVAL'],
  ['fewer features than counted', '3 queue_if_no_path', 'EINVAL'],
  ['more features than there can be', '9 a b c d e f g h i 0 1 1 service-time 0 1 1 $1 1', 'EINVAL'],
  ['an unknown feature', '1 no_such_feature 0 1 1 service-time 0 1 1 $1 1', 'EINVAL'],
  ['a feature without its value', '1 pg_init_retries 0 1 1 service-time 0 1 1 $1 1', 'EINVAL'],
  ['a feature value too large', '2 pg_init_retries 51 0 1 1 service-time 0 1 1 $1 1', 'EINVAL'],
  ['an unknown queue mode', '2 queue_mode none 0 1 1 service-time 0 1 1 $1 1', 'EINVAL'],
  ['fewer handler words than counted', '0 1', 'EINVAL'],
  ['no number of groups', '0 0', 'EINVAL'],
  ['more groups counted than given', '0 0 2 1 service-time 0 1 1 $1 1', 'EINVAL'],
  ['more groups given than counted', '0 0 1 1 service-time 0 1 1 $1 1 service-time 0 1 1 $2 1', 'EINVAL'],
  ['a first group without groups', '0 0 0 1', 'EINVAL'],
  ['groups without a first one', '0 0 1 0 service-time 0 1 1 $1 1', 'EINVAL'],
  ['an unknown selector', '0 0 1 1 no-such-selector 0 1 1 $1 1', 'EINVAL'],
  ['more selector arguments than given', '0 0 1 1 service-time 5 1 1 $1 1', 'EINVAL'],
  ['fewer paths than counted', '0 0 1 1 service-time 0 2 1 $1 1', 'EINVAL'],
  ['a path without its argument', '0 0 1 1 service-time 0 1 1 $1', 'EINVAL'],
  ['too many path arguments', '0 0 1 1 round-robin 0 1 2 $1 1 1', 'EINVAL'],
  ['a path argument that is no number', '0 0 1 1 service-time 0 1 1 $1 x', 'EINVAL'],
  ['a throughput beyond the most', '0 0 1 1 service-time 0 1 2 $1 1 101', 'EINVAL'],
  ['three path arguments', '0 0 1 1 service-time 0 1 3 $1 1 1 1', 'EINVAL'],
];

/** Tables that look wrong and are accepted, with the table line that is read back. */
const TAKEN: ReadonlyArray<[what: string, params: string, line: string]> = [
  ['a first group beyond the last', '0 0 1 2 service-time 0 1 1 $1 1', '0 0 1 1 service-time 0 1 2 $1 1 1 '],
  [
    'a path named twice in a group',
    '0 0 1 1 service-time 0 2 1 $1 1 $1 1',
    '0 0 1 1 service-time 0 2 2 $1 1 1 $1 1 1 ',
  ],
  [
    'a path in two groups',
    '0 0 2 1 service-time 0 1 1 $1 1 service-time 0 1 1 $1 1',
    '0 0 2 1 service-time 0 1 2 $1 1 1 service-time 0 1 2 $1 1 1 ',
  ],
  [
    'features in another order',
    '3 pg_init_retries 7 queue_if_no_path 0 1 1 service-time 0 1 1 $1 1',
    '3 queue_if_no_path pg_init_retries 7 0 1 1 service-time 0 1 2 $1 1 1 ',
  ],
  ['no arguments for a path', '0 0 1 1 service-time 0 1 0 $1', '0 0 1 1 service-time 0 1 2 $1 1 1 '],
  ['a repeat count of none', '0 0 1 1 service-time 0 1 2 $1 0 1', '0 0 1 1 service-time 0 1 2 $1 0 1 '],
  ['a repeat count of many', '0 0 1 1 service-time 0 1 2 $1 1000 1', '0 0 1 1 service-time 0 1 2 $1 1 1 '],
  ['another throughput', '0 0 1 1 service-time 0 1 2 $1 1 100', '0 0 1 1 service-time 0 1 2 $1 1 100 '],
  ['round-robin without an argument', '0 0 1 1 round-robin 0 1 0 $1', '0 0 1 1 round-robin 0 1 1 $1 1 '],
  [
    'two selectors',
    '0 0 2 1 round-robin 0 1 1 $1 1 queue-length 0 1 1 $2 1',
    '0 0 2 1 round-robin 0 1 1 $1 1 queue-length 0 1 1 $2 1 ',
  ],
];

const MESSAGES: ReadonlyArray<[what: string, message: string, errno: string]> = [
  ['of a disk that is in no table', 'fail_path $2', 'EINVAL'],
  ['of a number that no device has', 'fail_path 8:4000', 'ENXIO'],
  ['reinstating a number that no device has', 'reinstate_path 8:4000', 'ENXIO'],
  ['of a name that is no node', 'fail_path sdzz', 'ENODEV'],
  ['without a path', 'fail_path', 'EINVAL'],
  ['with too many words', 'fail_path $1 $1', 'EINVAL'],
  ['unknown', 'no_such_message', 'EINVAL'],
  ['unknown, with an argument', 'no_such_message $1', 'EINVAL'],
  ['of a group that there is not', 'switch_group 2', 'EINVAL'],
  ['of group 0', 'disable_group 0', 'EINVAL'],
  ['of a group that is no number', 'enable_group x', 'EINVAL'],
];

const filled = (text: string, [one, two]: readonly [Disk, Disk, ...Disk[]]): string =>
  text.replaceAll('$1', one.devt).replaceAll('$2', two.devt);

const table = (params: string): TableSpec => ({ type: 'multipath', params, sizeSectors: SECTORS });

async function asked<T>(cases: readonly T[], ask: (one: T) => Promise<string>): Promise<Array<[T, string]>> {
  const answers: Array<[T, string]> = [];
  for (const one of cases) answers.push([one, await ask(one)]);
  return answers;
}

async function nothingHappened(m: RuleMachine, name: string, before: object): Promise<void> {
  expect(await sight(m, name)).toEqual(before);
  expect(await nextEvents(m, 0)).toEqual([]);
}

export const REFUSAL_RULES: readonly Rule[] = [
  {
    name: 'tables that are refused when they are loaded; the live one goes on',
    run: async (m) => {
      const disks = await m.disks();
      const before = await makeMap(m, 'a', [disks[0]]);
      const answers = await asked(TABLES, ([, params]) => m.load('a', table(filled(params, disks))));
      expect(answers.map(([[what], errno]) => `${what}: ${errno}`)).toEqual(
        TABLES.map(([what, , errno]) => `${what}: ${errno}`),
      );
      await nothingHappened(m, 'a', before);
    },
  },
  {
    name: 'tables that are taken although they look odd, and how they are read back',
    run: async (m) => {
      const disks = await m.disks();
      await makeMap(m, 'a', [disks[2]]);
      const lines = await asked(TAKEN, async ([, params]) => {
        await swap(m, 'a', table(filled(params, disks)));
        return (await m.target('a'))?.table ?? 'no table';
      });
      expect(lines.map(([[what], line]) => `${what}: ${line}`)).toEqual(
        TAKEN.map(([what, , line]) => `${what}: ${filled(line, disks)}`),
      );
      await m.events(TAKEN.length);
    },
  },
  {
    name: 'a refused load leaves a table that was loaded before it in its place',
    run: async (m) => {
      const [one, two] = await m.disks();
      await makeMap(m, 'a', [one]);
      await done(m.load('a', multipath([[two]])));
      expect(await m.load('a', table('0 0 1 1 no-such-selector 0 0 1'))).toBe('EINVAL');
      expect(await m.deps('a', 'inactive')).toEqual([two.devt]);
    },
  },
  {
    name: 'other tables that are refused: no sectors, no such target, no such device',
    run: async (m) => {
      const [one] = await m.disks();
      const made = await makeMap(m, 'a', [one]);
      await done(m.create('b'));
      expect(await m.load('a', multipath([[one]], { sizeSectors: 0 }))).toBe('EINVAL');
      expect(await m.load('b', { type: 'no-such-target', params: '', sizeSectors: 8 })).toBe('EINVAL');
      expect(await m.load('b', table('0 0 1 1 service-time 0 1 1 8:4000 1'))).toBe('ENXIO');
      expect(await m.load('nothing', multipath([[one]]))).toBe('ENXIO');
      await nothingHappened(m, 'a', made);
    },
  },
  {
    name: 'a disk that somebody has claimed is EBUSY for a table; a disk in a map is EBUSY to claim',
    run: async (m) => {
      const [one, two] = await m.disks();
      await done(m.claim(two));
      await makeMap(m, 'a', [one]);
      expect(await m.load('a', multipath([[one, two]]))).toBe('EBUSY');
      expect(await m.claim(one)).toBe('EBUSY');
      await m.release(two);
      await swap(m, 'a', multipath([[one, two]]));
      expect(await m.claim(two)).toBe('EBUSY');
      await m.events(1);
    },
  },
  {
    name: 'device-mapper devices share a disk: two maps can hold it',
    run: async (m) => {
      const [one] = await m.disks();
      const [a, b] = [await makeMap(m, 'a', [one]), await makeMap(m, 'b', [one])];
      expect((await m.disk(one.name))?.holders).toEqual(
        [`dm-${a.devt.split(':')[1]}`, `dm-${b.devt.split(':')[1]}`].sort(),
      );
      await done(m.message('a', `fail_path ${one.devt}`));
      expect((await m.target('b'))?.status).toContain(`${one.devt} A 0`);
      await m.events(1);
    },
  },
  {
    name: 'messages that are refused, and change nothing',
    run: async (m) => {
      const disks = await m.disks();
      const before = await makeMap(m, 'a', [disks[0]]);
      const answers = await asked(MESSAGES, ([, message]) => m.message('a', filled(message, disks)));
      expect(answers.map(([[what], errno]) => `${what}: ${errno}`)).toEqual(
        MESSAGES.map(([what, , errno]) => `${what}: ${errno}`),
      );
      expect((await m.target('a'))?.status).toContain(`${disks[0].devt} A 0`);
      await nothingHappened(m, 'a', before);
    },
  },
  {
    name: 'a message names its path by opening it: one that is offline ENXIO, one that is claimed EBUSY, unless the map has it',
    run: async (m) => {
      const [one, two, three] = await m.disks();
      await makeMap(m, 'a', [one]);
      await m.setState(one, 'offline');
      await m.setState(two, 'offline');
      await done(m.claim(three), m.message('a', `fail_path ${one.devt}`));
      expect([await m.message('a', `fail_path ${two.devt}`), await m.message('a', `fail_path ${three.devt}`)]).toEqual([
        'ENXIO',
        'EBUSY',
      ]);
      await m.events(1);
    },
  },
  {
    name: 'messages to what cannot take them: suspended EBUSY, another target EINVAL',
    run: async (m) => {
      const [one] = await m.disks();
      await makeMap(m, 'a', [one]);
      await done(m.suspend('a'));
      expect(await m.message('a', `fail_path ${one.devt}`)).toBe('EBUSY');
      expect(await m.message('a', 'queue_if_no_path')).toBe('EBUSY');
      // Without a live table kernels differ: EINVAL, or success without an effect (Debian's 6.1.0-50).
      await done(m.create('c'), m.load('c', { type: 'error', params: '', sizeSectors: 8 }), m.resume('c'));
      expect(await m.message('c', `fail_path ${one.devt}`)).toBe('EINVAL');
      expect(await m.message('nothing', `fail_path ${one.devt}`)).toBe('ENXIO');
      await m.events(2);
    },
  },
];
