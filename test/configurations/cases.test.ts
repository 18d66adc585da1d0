import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chosenCases, readCases, sampleOf, stepsOf } from '../vm/configurations/cases';

/** The keywords that shape a map: its name, table, features, or whether it exists. */
const SHAPING = [
  'path_grouping_policy',
  'detect_pgpolicy',
  'detect_pgpolicy_use_tpg',
  'path_selector',
  'features',
  'hardware_handler',
  'retain_attached_hw_handler',
  'prio',
  'prio_args',
  'detect_prio',
  'rr_min_io',
  'rr_min_io_rq',
  'rr_weight',
  'no_path_retry',
  'failback',
  'path_checker',
  'detect_checker',
  'checker_timeout',
  'uid_attribute',
  'uid_attrs',
  'recheck_wwid',
  'user_friendly_names',
  'alias',
  'alias_prefix',
  'find_multipaths',
  'find_multipaths_timeout',
  'devnode',
  'wwid',
  'property',
  'protocol',
  'vendor',
  'product',
  'revision',
  'product_blacklist',
  'flush_on_last_del',
  'deferred_remove',
  'skip_kpartx',
  'max_sectors_kb',
  'ghost_delay',
  'mode',
  'uid',
  'gid',
  'reservation_key',
  'fast_io_fail_tmo',
  'dev_loss_tmo',
  'eh_deadline',
  'type',
  'marginal_pathgroups',
  'marginal_path_err_sample_time',
  'marginal_path_err_rate_threshold',
  'marginal_path_err_recheck_gap_time',
  'marginal_path_double_failed_time',
  'san_path_err_threshold',
  'san_path_err_forget_rate',
  'san_path_err_recovery_time',
  'delay_watch_checks',
  'delay_wait_checks',
] as const;
const SECTIONS = ['defaults', 'blacklist', 'blacklist_exceptions', 'devices', 'overrides', 'multipaths'];

const CASES = readCases();
const everything = CASES.flatMap(({ files }) => Object.values(files)).join('\n');
const stands = (word: string): boolean => new RegExp(`^\\s*"?${word}"?\\s`, 'm').test(everything);

test('there are many, and each says what it is about', () => {
  expect(CASES.length).toBeGreaterThanOrEqual(24);
  expect(CASES.filter(({ about }) => about.length < 10)).toEqual([]);
});

test.each(SHAPING)('%s stands in one of them', (keyword) => {
  expect(stands(keyword)).toBe(true);
});

test.each(SECTIONS)('section %s stands in one of them', (section) => {
  expect(stands(section)).toBe(true);
});

test('what stands beside a file comes with it, in its place below /etc', () => {
  const dropIns = CASES.find(({ name }) => name === 'drop-ins');
  expect(Object.keys(dropIns?.files ?? {}).sort()).toEqual([
    'multipath.conf',
    'multipath/conf.d/10-first.conf',
    'multipath/conf.d/9-second.conf',
    'multipath/conf.d/99-last.conf.off',
  ]);
});

describe('the cases that are made', () => {
  const chosen = (names: string | undefined): string[] => chosenCases(CASES, names, 'plain').map(({ name }) => name);

  test.each([
    { about: 'all, where no test was asked for by name', names: undefined, wanted: CASES.map(({ name }) => name) },
    {
      about: 'the one asked for, and the one it is compared with',
      names: 'aliases-clash',
      wanted: ['aliases-clash', 'plain'],
    },
    { about: 'what that one comes after, too', names: '^renamed', wanted: ['bindings', 'plain', 'renamed'] },
    { about: 'several', names: 'min-io|^values', wanted: ['min-io', 'plain', 'values'] },
    {
      about: 'all, where one of the titles that all have was asked for',
      names: 'what it had planned',
      wanted: CASES.map(({ name }) => name),
    },
    { about: 'only what all are compared with, where none was asked for', names: 'udevd stopped', wanted: ['plain'] },
  ])('$about', ({ names, wanted }) => {
    expect(chosen(names)).toEqual(wanted);
  });
});

describe('steps', () => {
  const one = (name: string, after: string | null = null) => ({
    name,
    about: 'something',
    files: { 'multipath.conf': name },
    after,
  });
  const brief = (cases: Parameters<typeof stepsOf>[0]): string[] =>
    stepsOf(cases).map(({ name, keep }) => `${name} ${keep ? 'kept' : 'new'}`);

  test('each case begins with nothing', () => {
    expect(brief([one('a'), one('b')])).toEqual(['a new', 'b new']);
  });

  test('a case that comes after another finds what that one left', () => {
    expect(brief([one('a'), one('b', 'a'), one('c')])).toEqual(['a new', 'a before b new', 'b kept', 'c new']);
    expect(stepsOf([one('a'), one('b', 'a')])[1]?.files).toEqual({ 'multipath.conf': 'a' });
  });

  test.each([
    ['nothing of that name', [one('b', 'a')]],
    ['one that comes after another itself', [one('a', 'b'), one('b', 'a')]],
  ])('a case cannot come after %s', (_, cases) => {
    expect(() => stepsOf(cases)).toThrow('comes after');
  });
});

describe('files', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'cases-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  test('a file without a first comment is refused', () => {
    writeFileSync(join(directory, 'mute.conf'), 'defaults {\n}\n');
    expect(() => readCases(directory)).toThrow('mute.conf');
  });

  test('the comment may be of either kind; the second line may say after what it comes', () => {
    writeFileSync(join(directory, 'a.conf'), '! what a is about\n');
    writeFileSync(join(directory, 'b.conf'), '# what b is about\n# after: a\n');
    mkdirSync(join(directory, 'b'));
    writeFileSync(join(directory, 'b', 'wwids'), '/W/\n');
    expect(readCases(directory)).toEqual([
      { name: 'a', about: 'what a is about', files: { 'multipath.conf': '! what a is about\n' }, after: null },
      {
        name: 'b',
        about: 'what b is about',
        files: { 'multipath.conf': '# what b is about\n# after: a\n', 'multipath/wwids': '/W/\n' },
        after: 'a',
      },
    ]);
  });
});

describe('a sample of the cases', () => {
  const all = readCases();

  test('has so many of them, the same for the same seed, and others for others', () => {
    const [once, again, other] = [1, 1, 2].map((seed) => sampleOf(all, 6, seed).map(({ name }) => name));
    expect(once!.length).toBeGreaterThanOrEqual(6);
    expect(again).toEqual(once);
    expect(other).not.toEqual(once);
  });

  test('has the case that another one follows', () => {
    const following = all.filter(({ after }) => after !== null);
    expect(following.length).toBeGreaterThan(0);
    for (let seed = 0; seed < 50; seed++) {
      const names = sampleOf(all, 6, seed).map(({ name }) => name);
      for (const { name, after } of following) if (names.includes(name)) expect(names).toContain(after);
    }
  });
});
