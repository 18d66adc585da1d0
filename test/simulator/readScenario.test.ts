import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { readScenario, ScenarioError } from '../../src/simulator/readScenario';
import { defaultScenario } from '../../src/simulator/defaultScenario';
import { WWID } from './machine';

const LUN = { name: 'a', wwid: WWID(1), paths: 2 };
const scenario = (more: object): string => JSON.stringify({ luns: [LUN], ...more });

function problems(text: string): readonly string[] {
  try {
    readScenario(text, 'f');
  } catch (error) {
    if (error instanceof ScenarioError) return error.problems;
    throw error;
  }
  return [];
}

test('the smallest scenario, with its defaults', () => {
  expect(readScenario(scenario({}), 'f')).toEqual({
    description: '',
    seed: 1,
    bufferKiB: 64,
    udev: true,
    config: null,
    repeatEvery: null,
    steps: [],
    luns: [
      {
        name: 'a',
        wwid: WWID(1),
        sizeMiB: 8,
        vendor: 'SIM',
        model: 'LUN',
        map: null,
        paths: [
          { hcil: '0:0:0:1', access: 'active/optimized', preferred: false, answer: 'up', present: true },
          { hcil: '1:0:0:1', access: 'active/non-optimized', preferred: false, answer: 'up', present: true },
        ],
      },
    ],
  });
});

test('paths in a list', () => {
  const paths = [{ hcil: '7:1:2:3', access: null, preferred: true, answer: 'ghost', present: false }, {}];
  expect(readScenario(scenario({ luns: [{ ...LUN, paths }] }), 'f').luns[0]?.paths).toEqual([
    { hcil: '7:1:2:3', access: null, preferred: true, answer: 'ghost', present: false },
    { hcil: '1:0:0:1', access: 'active/optimized', preferred: false, answer: 'up', present: true },
  ]);
});

test('steps are put in order, and repeats are written out', () => {
  const steps = [
    { at: 9, do: 'remove-lun', lun: 'a' },
    { at: 1, do: 'flap-path', lun: 'a', path: 1, repeat: 3, every: 0.5 },
    { at: 1.5, do: 'clear-faults' },
  ];
  const read = readScenario(scenario({ steps, repeatEvery: 10 }), 'f');
  expect(read.steps.map((s) => [s.at, s.action.do])).toEqual([
    [1, 'flap-path'],
    [1.5, 'flap-path'],
    [1.5, 'clear-faults'],
    [2, 'flap-path'],
    [9, 'remove-lun'],
  ]);
  expect(read.steps[0]?.action).toEqual({ do: 'flap-path', lun: 'a', path: 1, downMs: 1000 });
});

const step = (fields: object): string => scenario({ steps: [{ at: 1, ...fields }] });

test.each<[object, object]>([
  [{ do: 'fail-path', lun: 'a', path: 0 }, {}],
  [{ do: 'remove-path', lun: 'a', path: 1 }, { io: false }],
  [{ do: 'set-state', lun: 'a', path: 1, state: 'offline' }, {}],
  [{ do: 'set-access', lun: 'a', path: 1, access: 'standby' }, {}],
  [{ do: 'remap-path', lun: 'a', path: 1, to: 'a' }, {}],
  [{ do: 'resize-lun', lun: 'a', sizeMiB: 9 }, {}],
  [{ do: 'rename-map', lun: 'a', name: 'x y' }, {}],
  [{ do: 'swap-map-names', lun: 'a', with: 'a' }, {}],
  [{ do: 'reload-map', lun: 'a', paths: [1, 0] }, {}],
  [{ do: 'overrun', events: 10 }, { awayMs: 500 }],
  [{ do: 'udev', action: 'kill' }, {}],
])('%j', (fields, defaults) => {
  expect(readScenario(step(fields), 'f').steps[0]?.action).toEqual({ ...fields, ...defaults });
});

test.each<[object, object]>([
  [{ errno: 'EIO' }, { operations: 'all', lun: null, fault: { errno: 'EIO' }, times: null, probability: 1 }],
  [
    { lateMs: 5, lun: 'a', operations: ['read', 'list'], times: 2, probability: 0.5 },
    { operations: ['read', 'list'], lun: 'a', fault: { lateMs: 5 }, times: 2, probability: 0.5 },
  ],
  [{ hang: true }, { operations: 'all', lun: null, fault: { hang: true }, times: null, probability: 1 }],
])('fault %j', (fields, action) => {
  expect(readScenario(step({ do: 'fault', ...fields }), 'f').steps[0]?.action).toEqual({ do: 'fault', ...action });
});

describe('errors', () => {
  test.each<[string, string]>([
    ['[]', 'scenario: must be an object'],
    ['{}', 'luns: must name at least one LUN'],
    [scenario({ extra: 1 }), 'extra: is not a known field'],
    [scenario({ seed: -1 }), 'seed: must be a whole number from 0 to 4294967295'],
    [scenario({ bufferKiB: 1.5 }), 'bufferKiB: must be a whole number from 4 to 1048576'],
    [scenario({ udev: 'yes' }), 'udev: must be true or false'],
    [scenario({ luns: 'a' }), 'luns: must be a list'],
    [scenario({ luns: [{ ...LUN, wwid: '3600A' }] }), 'luns[0].wwid: must be 3 and 16 or 32 lower-case hex digits'],
    [scenario({ luns: [{ ...LUN, paths: 0 }] }), 'luns[0].paths: must be a whole number from 1 to 64'],
    [scenario({ luns: [{ ...LUN, paths: [] }] }), 'luns[0].paths: must be a number or a list of paths'],
    [scenario({ luns: [{ ...LUN, paths: [{ hcil: '1:2:3' }] }] }), 'luns[0].paths[0].hcil: must be H:C:T:L'],
    [scenario({ luns: [LUN, { ...LUN, wwid: WWID(2) }] }), 'luns[1].name: is the same as luns[0].name'],
    [scenario({ luns: [LUN, { ...LUN, name: 'b' }] }), 'luns[1].wwid: is the same as luns[0].wwid'],
    [
      scenario({ luns: [LUN, { name: 'b', wwid: WWID(2), paths: [{ hcil: '0:0:0:1' }] }] }),
      'luns[1].paths[0].hcil: is the same as luns[0].paths[0].hcil',
    ],
    [scenario({ steps: [{ at: -1, do: 'clear-faults' }] }), 'steps[0].at: must be a number from 0 to 86400'],
    [scenario({ steps: [{ do: 'clear-faults' }] }), 'steps[0].at: must be a number from 0 to 86400'],
    [step({ do: 'clear-faults', path: 1 }), 'steps[0].path: is not a known field'],
    [step({ do: 'clear-faults', every: 1 }), 'steps[0].every: is not a known field'],
    [step({ do: 'clear-faults', repeat: 2 }), 'steps[0].every: must be a number from 0.001 to 86400'],
    [step({ do: 'fail-path', lun: 'b', path: 0 }), 'steps[0].lun: no LUN is called "b"'],
    [step({ do: 'fail-path', lun: 'a', path: 2 }), 'steps[0].path: must be a whole number from 0 to 1'],
    [step({ do: 'reload-map', lun: 'a', paths: [0, 2] }), 'steps[0].paths[1]: is not the number of a path of this LUN'],
    [
      step({ do: 'set-state', lun: 'a', path: 0, state: 'gone' }),
      'steps[0].state: must be one of running, offline, blocked, quiesce, transport-offline',
    ],
    [step({ do: 'fault' }), 'steps[0]: a fault needs exactly one of errno, lateMs and hang'],
    [step({ do: 'fault', errno: 'EIO', lateMs: 3 }), 'steps[0]: a fault needs exactly one of errno, lateMs and hang'],
    [step({ do: 'fault', errno: 'no' }), 'steps[0].errno: must be the name of an errno, as ENOMEM'],
    [step({ do: 'fault', hang: false }), 'steps[0].hang: must be true if given'],
    [
      scenario({ steps: [{ at: 5, do: 'clear-faults' }], repeatEvery: 5 }),
      'repeatEvery: must be more than the time of the last step, 5',
    ],
    ['{"luns": [], "luns": []}', 'luns: is given twice'],
  ])('%s', (text, problem) => {
    expect(problems(text)).toContain(`f:1: ${problem}`);
  });

  test('an unknown action and an unknown operation name the known ones', () => {
    expect(problems(step({ do: 'explode' }))[0]).toMatch(
      /^f:1: steps\[0\]\.do: must be one of fail-path, .*clear-faults$/,
    );
    expect(problems(step({ do: 'fault', hang: true, operations: ['x'] }))[0]).toMatch(
      /^f:1: steps\[0\]\.operations\[0\]: must be one of list, /,
    );
  });

  test('all errors are reported together, each with its line', () => {
    const text =
      '{\n "luns": [\n  {"name": "a",\n   "wwid": "no",\n   "paths": 2}\n ],\n "steps": [\n  {"at": 1, "do": "clear-faults"},\n  {"at": 2,\n   "do": "fail-path", "lun": "b", "path": 0}\n ],\n "colour": "red"\n}';
    expect(problems(text)).toEqual([
      'f:4: luns[0].wwid: must be 3 and 16 or 32 lower-case hex digits',
      'f:10: steps[1].lun: no LUN is called "b"',
      'f:12: colour: is not a known field',
    ]);
  });

  test.each([
    ['{\n "luns": [}\n', 'f:2:11:'],
    ['', 'f:1:1:'],
    ['{"luns": ', 'f:1:10:'],
  ])('%j is not JSON, and the message has the position', (text, place) => {
    expect(problems(text)).toEqual([`${place} not JSON from here on`]);
  });

  test('any JSON is read, or refused with a position', () => {
    const keys = fc.constantFrom(
      'luns',
      'steps',
      'at',
      'do',
      'lun',
      'path',
      'paths',
      'wwid',
      'name',
      '__proto__',
      'repeat',
      'every',
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constant(null),
        fc.boolean(),
        fc.double(),
        fc.string(),
        tie('list'),
        tie('object'),
      ),
      list: fc.array(tie('value'), { maxLength: 4 }),
      object: fc.dictionary(keys, tie('value'), { maxKeys: 4 }),
    }));
    fc.assert(
      fc.property(value, (v) => {
        const text = JSON.stringify(v, null, 1);
        const lines = text.split('\n').length;
        for (const problem of problems(text)) {
          const line = Number(/^f:(\d+):/.exec(problem)?.[1]);
          expect(line >= 1 && line <= lines).toBe(true);
        }
      }),
    );
  });
});

describe('files that come with the project', () => {
  const folder = join(__dirname, '../../docs/examples');
  const files = readdirSync(folder).filter((f) => f.endsWith('.json'));

  test('there is one', () => expect(files).toContain('names-swapped.json'));

  test.each(files)('%s can be played', (file) => {
    expect(readScenario(readFileSync(join(folder, file), 'utf8'), file).steps.length).toBeGreaterThan(0);
  });

  test('the built-in one repeats', () => {
    expect(defaultScenario()).toMatchObject({ repeatEvery: 120, bufferKiB: 64 });
    expect(defaultScenario().luns.map((l) => l.paths.length)).toEqual([4, 4, 4]);
  });

  test('docs/simulate.md names every action and operation', () => {
    const doc = readFileSync(join(__dirname, '../../docs/simulate.md'), 'utf8');
    const choices = [step({ do: '?' }), step({ do: 'fault', hang: true, operations: ['?'] })].flatMap((text) =>
      (/one of (.*)$/.exec(problems(text)[0] ?? '')?.[1] ?? '').split(', '),
    );
    expect(choices.length).toBeGreaterThan(30);
    expect(choices.filter((c) => !doc.includes(`\`${c}\``))).toEqual([]);
  });
});
