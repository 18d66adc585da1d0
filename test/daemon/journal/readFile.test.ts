/** Files that are no journal, or damaged journals: a clear error with the line, soon, and nothing else. */
import fc from 'fast-check';
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { chunksOf, linesOf } from '../../../src/daemon/journal/lines';
import { readJournal } from '../../../src/daemon/journal/readFile';
import { MpathdError } from '../../../src/model/failure';
import { machine, readWhole, replayed, textOf } from './saved';

let whole: string[] = [];
beforeAll(async () => {
  const { journal, rig } = await machine(12, 1 << 26, 10);
  whole = textOf(journal().recording()).toString('utf8').split('\n').slice(0, -1);
  void rig.runtime.stop();
});

const joined = (lines: readonly string[], end = '\n'): Buffer => Buffer.from(lines.join('\n') + end);
const reading =
  (lines: readonly string[], end = '\n') =>
  (): unknown =>
    readWhole(joined(lines, end));
const replaced = (at: number, line: string): string[] => whole.map((old, i) => (i === at ? line : old));
type Json = Record<string, unknown>;
const changed = (at: number, change: (record: Json) => void): string[] => {
  const record = JSON.parse(whole[at] ?? '') as Json;
  change(record);
  return replaced(at, JSON.stringify(record));
};
const checkpoint = (change: (checkpoint: Json) => void): string[] =>
  changed(1, (record) => change(record['checkpoint'] as Json));
const options = (change: (options: Json) => void): string[] =>
  checkpoint((record) => change(record['options'] as Json));
/** The text in the file, which JSON.stringify would not write. */
const raw = (at: number, from: RegExp, to: string): string[] => replaced(at, (whole[at] ?? '').replace(from, to));
const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

describe('a file that is not whole is refused, and the error names the line', () => {
  it('but a whole file is read', () => expect(reading(whole)).not.toThrow());

  it.each<[string, () => () => unknown, RegExp]>([
    ['empty', () => reading([], ''), /line 1: there is no such line/],
    ['no JSON', () => reading(['hello']), /line 1: no JSON/],
    ['another format', () => reading(changed(0, (r) => (r['format'] = 'x'))), /line 1: it is no journal/],
    ['another version', () => reading(changed(0, (r) => (r['version'] = 99))), /line 1: version 99 of the format/],
    ['a header without a time', () => reading(changed(0, (r) => delete r['at'])), /line 1: the header is not whole/],
    ['only a header', () => reading(whole.slice(0, 1)), /line 2: there is no such line/],
    [
      'a checkpoint without paths',
      () => reading(changed(1, (r) => delete (r['checkpoint'] as Record<string, unknown>)['paths'])),
      /line 2: no whole checkpoint/,
    ],
    ['cut off after a line', () => reading(whole.slice(0, 6)), /line 6: the journal ends here without its end record/],
    [
      'cut off in a line',
      () => reading([...whole.slice(0, 6), (whole[6] ?? '').slice(0, 20)], ''),
      /line 7: the line has no end/,
    ],
    ['a damaged line', () => reading(replaced(4, (whole[4] ?? '').slice(5))), /line 5: no JSON/],
    ['a line that is a list', () => reading(replaced(4, '[]')), /line 5: no record/],
    [
      'a missing line',
      () => reading([...whole.slice(0, 4), ...whole.slice(5)]),
      /line 5: input 3 is missing, there is 4/,
    ],
    [
      'an unknown input',
      () => reading(changed(4, (r) => (r['type'] = 'constructor'))),
      /line 5: no input of type constructor/,
    ],
    ['an input without a time', () => reading(changed(4, (r) => delete r['at'])), /line 5: the input has no time/],
    ['more after the end', () => reading([...whole, whole[4] ?? '']), /there is more after the end/],
    [
      'missing inputs before the end',
      () => reading([...whole.slice(0, 4), whole.at(-1) ?? '']),
      /line 5: the journal ends with input \d+, but 2 was the last/,
    ],
    ['a header of no length', () => reading(['x'.repeat(70_000)]), /line 1: it is no journal: there is no header/],
    [
      'a header with a reason that is none',
      () => reading(changed(0, (r) => (r['reason'] = 'constructor'))),
      /line 1: the header is not whole/,
    ],
    [
      'a header with a list for its words',
      () => reading(changed(0, (r) => (r['detail'] = [1]))),
      /line 1: the header is not whole/,
    ],
    [
      'a version that is a record',
      () => reading(changed(0, (r) => (r['version'] = { toString: 1 }))),
      /line 1: version \{"toString":1\} of the format/,
    ],
    [
      'a checkpoint at a time beyond all times',
      () => reading(raw(1, /"now":\d+(\.\d+)?/, '"now":1e999')),
      /line 2: no whole checkpoint/,
    ],
    ['a checkpoint at no number', () => reading(checkpoint((c) => (c['seq'] = 0.5))), /line 2: no whole checkpoint/],
    [
      'an interval of nothing',
      () => reading(options((o) => (o['heartbeatMs'] = 0))),
      /line 2: option heartbeatMs of the checkpoint/,
    ],
    [
      'an interval that is a text',
      () => reading(options((o) => (o['retryMs'] = '5'))),
      /line 2: option retryMs of the checkpoint/,
    ],
    ['no options', () => reading(checkpoint((c) => (c['options'] = null))), /line 2: option list of the checkpoint/],
    [
      'a number of an input that is a record',
      () => reading(changed(4, (r) => (r['n'] = { valueOf: 1 }))),
      /line 5: input 3 is missing, there is \{"valueOf":1\}/,
    ],
    [
      'a time at which intervals are nothing',
      () => reading(changed(4, (r) => (r['at'] = 1e300))),
      /line 5: the input has no time/,
    ],
    [
      'an alias without its list',
      () =>
        reading(
          replaced(
            4,
            '{"n":3,"type":"alias-bound","at":1,"id":1,"wwid":"w","reading":{"ok":true,"value":{"alias":null,"bindings":true}}}',
          ),
        ),
      /line 5: it refers to a list of bindings that is not there/,
    ],
    ['an alias without anything', () => reading(replaced(4, '{"n":3,"type":"alias-bound","at":1}')), /line 5: /],
    [
      'a line of a hundred thousand levels',
      () => reading(replaced(4, `{"n":3,"type":"wake","at":1,"x":${nested(100_000)}}`)),
      /line 5: more than 100 levels/,
    ],
    ['a header of a thousand levels', () => reading([`{"format":${nested(1_000)}}`]), /line 1: more than 100 levels/],
    [
      'bytes that are no text',
      () => () => readWhole(Buffer.from([...Array(3_000).keys()].map((n) => (n * 7) % 256))),
      /line 1: no JSON/,
    ],
  ])('%s', (_what, make, message) => {
    expect(make()).toThrow(message);
    expect(make()).toThrow(MpathdError);
  });

  it('a file that is cut off at any byte', () => {
    const text = joined(whole);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: text.length - 1 }), (length) => {
        expect(() => readWhole(text.subarray(0, length))).toThrow(/line \d+: .*(cut off|no such line)/);
      }),
    );
  });

  it('a checkpoint that cannot be restored', () => {
    const broken = checkpoint((c) => ((c['putOrder'] as { paths: string[] }).paths = ['nobody']));
    expect(() => replayed(joined(broken))).toThrow(
      /line 2: the checkpoint cannot be restored: the checkpoint has no entry nobody/,
    );
  });

  it('an input at which the engine throws ends the replay, and the error says so', () => {
    const at = whole.findIndex((line) => line.includes('"type":"block-read"'));
    expect(at).toBeGreaterThan(1);
    const { threw, effects } = replayed(joined(changed(at, (r) => delete r['reading'])));
    expect(threw).toEqual([expect.stringMatching(/^TypeError: .*\n +at /)]);
    expect(effects).toHaveLength(at - 1);
  });
});

test('a name like __proto__ is an ordinary name', () => {
  const at = whole.findIndex((line) => line.includes('"type":"block-read"'));
  const evil = '"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},';
  for (const line of [0, 1, at]) {
    const lines = replaced(line, (whole[line] ?? '').replaceAll('{"', `{${evil}"`));
    try {
      replayed(joined(lines));
    } catch (error) {
      expect(error).toBeInstanceOf(MpathdError);
    }
    expect(({} as Json)['polluted']).toBeUndefined();
  }
});

test('the size of the pieces in which the file is read makes no difference', () => {
  const text = joined(whole.slice(0, 30));
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: text.length })), (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), text.length];
      const chunks = at.slice(1).map((end, i) => text.subarray(at[i], end));
      expect([...linesOf('F', chunks)].map(String)).toEqual(whole.slice(0, 30));
    }),
  );
});

/** Values for any place in a file that nobody would write there. */
const NASTY: readonly unknown[] = [
  null,
  0,
  -1,
  1e308,
  2 ** 53,
  '',
  '__proto__',
  'x'.repeat(10_000),
  [],
  {},
  [[]],
  true,
  { $map: [1] },
  { $set: [[]] },
  Array(1_000).fill('a'),
];

function replaceAt(value: unknown, steps: number[], by: unknown): unknown {
  const [first, ...rest] = steps;
  if (typeof value !== 'object' || value === null || first === undefined) return by;
  const keys = Object.keys(value);
  const key = keys[first % (keys.length || 1)];
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as Json;
  copy[key] = replaceAt(copy[key], rest, by);
  return copy;
}

test('whatever is changed in a file, its replay ends; an error is an MpathdError', () => {
  // An endless loop would not let the test fail. This function ends it.
  const limited = (work: () => void): void => {
    runInNewContext('work()', { work }, { timeout: 10_000 });
  };
  fc.assert(
    fc.property(
      fc.nat({ max: whole.length - 1 }),
      fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 7 }),
      fc.constantFrom(...NASTY),
      (line, steps, nasty) => {
        const record = JSON.parse(whole[line] ?? '') as unknown;
        const text = joined(replaced(line, JSON.stringify(replaceAt(record, steps, nasty))));
        limited(() => {
          try {
            replayed(text);
          } catch (error) {
            if (!(error instanceof MpathdError)) throw error;
          }
        });
      },
    ),
    { numRuns: Number(process.env.JOURNAL_SPOILS ?? 100) },
  );
}, 600_000);

describe('input that is no journal', () => {
  let folder = '';
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'journal-'))));
  afterAll(() => rmSync(folder, { recursive: true }));
  const open = (name: string) => (): unknown => readJournal(name, linesOf(name, chunksOf(name)));

  test('a gigabyte without a line end is refused by its first part; after a header it is refused before all of it is in memory', () => {
    const file = join(folder, 'big');
    const fd = openSync(file, 'w');
    ftruncateSync(fd, 1 << 30);
    closeSync(fd);
    const before = process.memoryUsage().arrayBuffers;
    expect(open(file)).toThrow(/line 1: it is no journal: there is no header/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 << 20);
    writeFileSync(file, `${whole[0] ?? ''}\n`, { flag: 'r+' });
    expect(open(file)).toThrow(/line 2: the line is longer than any of a journal/);
  }, 60_000);

  test.each([
    ['a directory', () => folder, /it is no regular file|EISDIR/],
    ['a device without end', () => '/dev/zero', /it is no regular file/],
    ['a pipe that nobody writes to', () => pipe(), /it is no regular file/],
    ['a link to nowhere', () => link(), /ENOENT/],
  ])('%s', (_what, name, message) => expect(open(name())).toThrow(message));

  const pipe = (): string => {
    const name = join(folder, 'pipe');
    execFileSync('mkfifo', [name]);
    return name;
  };
  const link = (): string => {
    symlinkSync('nowhere', join(folder, 'link'));
    return join(folder, 'link');
  };
});
