import { compareFacts, unseen, type Wanted, withoutBuiltIn } from '../vm/configurations/compare';

const DEFAULT: Wanted = {
  fact: /^defaults flush_on_last_del$/,
  theirs: /^no$/,
  ours: /^unused$/,
  because: 'the words were changed in 0.10',
};
const SWAP: Wanted = { cases: ['swapped'], fact: / alias$/, because: 'two names are exchanged' };
const OURS_ONLY: Wanted = { fact: /^defaults detect_pgpolicy$/, theirs: null, because: 'came with 0.9.6' };
const TABLE = [DEFAULT, SWAP, OURS_ONLY];

const facts = (entries: Record<string, string>): Map<string, string> => new Map(Object.entries(entries));

test('equal facts: nothing is unwanted, nothing is seen', () => {
  const same = facts({ 'W alias': 'a' });
  expect(compareFacts('plain', same, same, TABLE)).toEqual({ unwanted: [], seen: new Set() });
});

test('a difference that no row covers is told in words', () => {
  const { unwanted } = compareFacts(
    'plain',
    facts({ 'W features': '', 'W alias': 'a' }),
    facts({ 'W features': 'queue_if_no_path' }),
    TABLE,
  );
  expect(unwanted).toEqual(['W alias: theirs "a", ours nothing', 'W features: theirs "", ours "queue_if_no_path"']);
});

test.each([
  ['in its case', 'swapped', { 'W alias': 'a' }, { 'W alias': 'b' }, SWAP],
  [
    'with its values',
    'any',
    { 'defaults flush_on_last_del': 'no' },
    { 'defaults flush_on_last_del': 'unused' },
    DEFAULT,
  ],
  ['where one side has nothing', 'any', {}, { 'defaults detect_pgpolicy': 'yes' }, OURS_ONLY],
])('a wanted difference is seen %s', (_, name, theirs, ours, row) => {
  expect(compareFacts(name, facts(theirs), facts(ours), TABLE)).toEqual({ unwanted: [], seen: new Set([row]) });
});

test.each([
  ['in another case', 'other', { 'W alias': 'a' }, { 'W alias': 'b' }],
  [
    'with another value of theirs',
    'any',
    { 'defaults flush_on_last_del': 'yes' },
    { 'defaults flush_on_last_del': 'unused' },
  ],
  [
    'with another value of ours',
    'any',
    { 'defaults flush_on_last_del': 'no' },
    { 'defaults flush_on_last_del': 'never' },
  ],
  ['where ours has nothing', 'any', { 'defaults flush_on_last_del': 'no' }, {}],
  ['where theirs has something', 'any', { 'defaults detect_pgpolicy': 'no' }, { 'defaults detect_pgpolicy': 'yes' }],
])('a wanted difference does not cover one %s', (_, name, theirs, ours) => {
  expect(compareFacts(name, facts(theirs), facts(ours), TABLE).unwanted).toHaveLength(1);
});

test('a wanted difference that never occurs, or not in one of its cases, is told', () => {
  const none = { unwanted: [], seen: new Set<Wanted>() };
  const verdicts = new Map([
    ['swapped', none],
    ['plain', { unwanted: [], seen: new Set([DEFAULT]) }],
  ]);
  expect(unseen(TABLE, verdicts)).toEqual([
    '/ alias$/ in swapped: two names are exchanged',
    '/^defaults detect_pgpolicy$/ in any case: came with 0.9.6',
  ]);
  expect(unseen([DEFAULT], verdicts)).toEqual([]);
});

test('entries of the built-in tables do not count unless the case changed them', () => {
  const plain = facts({
    'devices/device A:B: prio': 'alua',
    'devices/device A:B: failback': 'manual',
    'blacklist/device C:D:': 'is there',
  });
  const changed = facts({
    'devices/device A:B: prio': 'alua',
    'devices/device A:B: failback': 'immediate',
    'blacklist/device C:D:': 'is there',
    'blacklist/device E:F:': 'is there',
    'defaults prio': 'alua',
  });
  expect([...withoutBuiltIn(changed, plain).keys()]).toEqual([
    'devices/device A:B: failback',
    'blacklist/device E:F:',
    'defaults prio',
  ]);
});
