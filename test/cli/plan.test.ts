import { planText } from '../../src/cli/commands/plan';
import { createStyle } from '../../src/cli/style';
import type { Plan, PlannedMap } from '../../src/engine/plan/plan';

const plain = createStyle(false, {});

const state = (alias: string, table: string) => ({ alias, sizeSectors: 2048, readOnly: false, table });

const same: PlannedMap = {
  wwid: '36a',
  action: 'nothing',
  before: state('mpatha', 't'),
  after: state('mpatha', 't'),
  steps: [],
  trouble: null,
};
const reloaded: PlannedMap = {
  ...same,
  wwid: '36b',
  action: 'reload',
  before: state('mpathb', 'old'),
  after: state('mpathb', 'new'),
  steps: [{ step: 'reload', reason: 'features are none, wanted are queue_if_no_path' }],
};
const renamed: PlannedMap = {
  ...same,
  wwid: '36c',
  action: 'rename',
  before: state('mpathc', 't'),
  after: state('data', 't'),
  steps: [{ step: 'rename', to: 'data', reason: 'its alias' }],
};
const created: PlannedMap = {
  ...same,
  wwid: '36d',
  action: 'create',
  before: null,
  after: { ...state('36d', 'made'), readOnly: true },
  steps: [{ step: 'create', alias: '36d', reason: '2 paths, and no map' }],
};
const removed: PlannedMap = {
  ...same,
  wwid: '36e',
  action: 'remove',
  before: state('mpathe', 'gone'),
  after: null,
  steps: [{ step: 'remove', reason: 'blacklisted' }],
};
const unknown: PlannedMap = {
  ...same,
  wwid: '36f',
  action: 'unknown',
  before: null,
  after: null,
  trouble: 'it cannot be read (DM_TABLE_STATUS mpath-36f: ENOMEM)',
};
const told: PlannedMap = {
  ...same,
  wwid: '36g',
  action: 'change',
  steps: [{ step: 'message', message: 'queue_if_no_path', reason: 'no_path_retry' }],
};

const text = (...maps: PlannedMap[]): string => planText({ maps, complete: true } satisfies Plan, plain);

test('maps that change come first, with reason and both tables; other maps take a line', () => {
  expect(text(same, reloaded)).toBe(
    [
      'mpathb (36b): reload',
      '  reload: features are none, wanted are queue_if_no_path',
      '  - 0 2048 multipath old',
      '  + 0 2048 multipath new',
      'mpatha (36a): nothing',
      '2 maps: reload 1, nothing 1. Nothing was done.',
      '',
    ].join('\n'),
  );
});

test.each<[string, PlannedMap, string[]]>([
  ['a new name, and no table', renamed, ['mpathc (36c): rename', '  rename to data: its alias']],
  [
    'a map that is made',
    created,
    ['36d: create', '  create 36d: 2 paths, and no map', '  + 0 2048 multipath made (read-only)'],
  ],
  ['a map that goes', removed, ['mpathe (36e): remove', '  remove: blacklisted', '  - 0 2048 multipath gone']],
  ['one that nobody can tell of', unknown, ['36f: unknown: it cannot be read (DM_TABLE_STATUS mpath-36f: ENOMEM)']],
  ['a message', told, ['mpatha (36g): change', '  message queue_if_no_path: no_path_retry']],
])('%s', (_what, map, lines) => {
  expect(text(map).split('\n').slice(0, -2)).toEqual(lines);
});

test('no maps', () => expect(text()).toBe('0 maps. Nothing was done.\n'));

test('a plan that was cut off says so', () => {
  expect(planText({ maps: [same], complete: false }, plain)).toContain('cut off');
});

test('the output has no control characters', () => {
  expect(text({ ...renamed, steps: [{ step: 'rename', to: '\u001b[2J', reason: 'x' }] })).not.toContain('\u001b');
});
