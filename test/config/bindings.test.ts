import fc from 'fast-check';
import { formatAlias, formatBindings, parseAlias, parseBindings, type Binding } from '../../src/config/bindings';
import { chooseAlias, freeAliasId, wwidOfAlias } from './choosing';

const HEADER = formatBindings([]);
const MAX_ID = 2 ** 31 - 1;

const word = fc.stringMatching(/^[a-zA-Z0-9._:-]{1,40}$/).filter((w) => w !== '.' && w !== '..');
const bindingList = fc.uniqueArray(fc.record({ alias: word, wwid: word }), {
  selector: ({ alias }) => alias,
  maxLength: 20,
});

describe('formatAlias and parseAlias', () => {
  test.each([
    [1, 'a'],
    [26, 'z'],
    [27, 'aa'],
    [52, 'az'],
    [702, 'zz'],
    [703, 'aaa'],
    [18278, 'zzz'],
    [18279, 'aaaa'],
    [MAX_ID, 'fxshrxw'],
  ])('%i is %s', (id, letters) => {
    expect(formatAlias(id, 'mpath')).toBe(`mpath${letters}`);
    expect(parseAlias(`mpath${letters}`, 'mpath')).toBe(id);
  });

  test.each([0, -1, 1.5, NaN, Infinity, MAX_ID + 1])('%p is no number of an alias', (id) => {
    expect(formatAlias(id, 'mpath')).toBeNull();
  });

  test.each([
    'mpath',
    '',
    'mpathA',
    'mpatha1',
    'mpath-a',
    'mpathaaaaaaaa',
    'mpathfxshrxx',
    'mpathzzzzzzz',
    'sana',
    'mpath a',
    'mpatha\n',
  ])('%j has no number', (alias) => {
    expect(parseAlias(alias, 'mpath')).toBeNull();
  });

  test.each(['mpathb x', 'mpathb\tx', 'mpathb '])('a blank ends the alias in %j', (alias) => {
    expect(parseAlias(alias, 'mpath')).toBe(2);
  });

  test("are each other's inverse", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: MAX_ID }), fc.string({ maxLength: 10 }), (id, prefix) => {
        expect(parseAlias(formatAlias(id, prefix) ?? '', prefix)).toBe(id);
      }),
    );
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{1,6}$/), (letters) => {
        expect(formatAlias(parseAlias(`san${letters}`, 'san') ?? 0, 'san')).toBe(`san${letters}`);
      }),
    );
  });
});

describe('parseBindings', () => {
  test.each<[string, string, Binding[], boolean, number]>([
    ['an empty file needs its header', '', [], true, 0],
    ['a good file', `${HEADER}mpatha W1\n`, [{ alias: 'mpatha', wwid: 'W1' }], false, 0],
    ['tabs, blanks and carriage returns', `${HEADER} \tmpatha\t  W1 \r\n`, [{ alias: 'mpatha', wwid: 'W1' }], false, 0],
    [
      'a comment after the words',
      `${HEADER}mpatha W1 # mine\n#mpathb W2\n`,
      [{ alias: 'mpatha', wwid: 'W1' }],
      false,
      0,
    ],
    ['no line end at the end', `${HEADER}mpatha W1`, [{ alias: 'mpatha', wwid: 'W1' }], false, 1],
    ['a missing WWID', `${HEADER}mpatha\nmpathb W2\n`, [{ alias: 'mpathb', wwid: 'W2' }], false, 1],
    ['a WWID that a comment cuts off', `${HEADER}mpatha #W1\n`, [], false, 1],
    ['a third word', `${HEADER}mpatha W1 W2\n`, [{ alias: 'mpatha', wwid: 'W1' }], false, 1],
    ['the same line twice', `${HEADER}mpatha W1\nmpatha W1\n`, [{ alias: 'mpatha', wwid: 'W1' }], false, 1],
    [
      'one alias of two WWIDs: the first holds',
      `${HEADER}mpatha W1\nmpatha W2\n`,
      [{ alias: 'mpatha', wwid: 'W1' }],
      true,
      1,
    ],
    [
      'a WWID of 127 bytes',
      `${HEADER}mpatha ${'w'.repeat(127)}\n`,
      [{ alias: 'mpatha', wwid: 'w'.repeat(127) }],
      false,
      0,
    ],
    ['a WWID of 128 bytes', `${HEADER}mpatha ${'w'.repeat(128)}\n`, [], false, 1],
    ['a WWID of 127 letters but more bytes', `${HEADER}mpatha ${'ä'.repeat(127)}\n`, [], false, 1],
    ['an alias that would leave /dev/mapper', `${HEADER}../sda W1\n. W2\n.. W3\n`, [], false, 3],
    ['an alias with a NUL', `${HEADER}a\0b W1\n`, [], false, 1],
    ['an alias longer than device-mapper allows', `${HEADER}${'a'.repeat(128)} W1\n`, [], false, 1],
    ['a header that differs in one byte', HEADER.replace('1.0', '1.1'), [], true, 0],
  ])('%s', (_, text, bindings, needsRewrite, warnings) => {
    const parsed = parseBindings(text);
    expect(parsed.bindings).toEqual(bindings);
    expect(parsed.needsRewrite).toBe(needsRewrite);
    expect(parsed.warnings).toHaveLength(warnings);
  });

  test('a line that contradicts a configured alias is dropped, and a line that agrees is kept', () => {
    const configured = [
      { alias: 'data', wwid: 'W1' },
      { alias: 'logs', wwid: 'W2' },
    ];
    const parsed = parseBindings(`${HEADER}data W9\nlogs W2\n`, configured);
    expect(parsed.bindings).toEqual([{ alias: 'logs', wwid: 'W2' }]);
    expect(parsed.needsRewrite).toBe(true);
  });

  test('__proto__ and constructor are aliases like any other', () => {
    const parsed = parseBindings(`${HEADER}__proto__ W1\nconstructor W2\n`);
    expect(parsed.bindings.map(({ alias }) => alias).sort()).toEqual(['__proto__', 'constructor']);
  });

  test('gives back what formatBindings wrote', () => {
    fc.assert(
      fc.property(bindingList, (bindings) => {
        const text = formatBindings(bindings);
        const parsed = parseBindings(text);
        expect(parsed.needsRewrite).toBe(false);
        expect(parsed.warnings).toEqual([]);
        expect(new Map(parsed.bindings.map((b) => [b.alias, b.wwid]))).toEqual(
          new Map(bindings.map((b) => [b.alias, b.wwid])),
        );
        expect(formatBindings(parsed.bindings)).toBe(text);
      }),
    );
  });

  test('never throws, and the bindings that it accepts can be written and read again', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.string().map((s) => `${HEADER}${s}`),
        ),
        (text) => {
          const { bindings } = parseBindings(text);
          expect(parseBindings(formatBindings(bindings)).bindings).toEqual(bindings);
        },
      ),
    );
  });
});

test('formatBindings sorts by length, then by bytes', () => {
  const aliases = ['mpathaa', 'mpathb', 'Mpathz', 'mpatha', 'zz'];
  const lines = formatBindings(aliases.map((alias) => ({ alias, wwid: 'W' }))).slice(HEADER.length);
  expect(lines).toBe('zz W\nMpathz W\nmpatha W\nmpathb W\nmpathaa W\n');
});

describe('freeAliasId', () => {
  test('does not depend on the order of the bindings', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 40 })),
        fc.uniqueArray(fc.integer({ min: 1, max: 40 })),
        (bound, used) => {
          const bindings = bound.map((id) => ({ alias: formatAlias(id, 'm') ?? '', wwid: `W${id}` }));
          const dmNames = used.map((id) => ({ name: formatAlias(id, 'm') ?? '', wwid: null }));
          const id = freeAliasId(bindings, 'm', 'mine', dmNames);
          const taken = new Set([...bound, ...used]);
          expect(taken.has(id ?? 0)).toBe(false);
          for (let lower = 1; lower < (id ?? 0); lower++) expect(taken.has(lower)).toBe(true);
        },
      ),
    );
  });
});

describe('chooseAlias', () => {
  const request = { bindings: [], wwid: 'W0', currentName: null, prefix: 'mpath', dmNames: [] };

  test.each<[string, Partial<Parameters<typeof chooseAlias>[0]>, string | null, boolean]>([
    ['the first letter when nothing is bound', {}, 'mpatha', true],
    ['its binding', { bindings: [{ alias: 'mpathq', wwid: 'W0' }] }, 'mpathq', false],
    [
      'the first of two bindings in the order of the file',
      {
        bindings: [
          { alias: 'mpathaa', wwid: 'W0' },
          { alias: 'mpathz', wwid: 'W0' },
        ],
      },
      'mpathz',
      false,
    ],
    ['a binding of another prefix', { bindings: [{ alias: 'data', wwid: 'W0' }] }, 'data', false],
    [
      "no name when its binding is another map's name",
      { bindings: [{ alias: 'mpathq', wwid: 'W0' }], dmNames: [{ name: 'mpathq', wwid: 'W1' }] },
      null,
      false,
    ],
    [
      "no name when its binding is a linear device's name",
      { bindings: [{ alias: 'mpathq', wwid: 'W0' }], dmNames: [{ name: 'mpathq', wwid: null }] },
      null,
      false,
    ],
    ['the name that the map has already', { currentName: 'mpathd' }, 'mpathd', true],
    [
      'the name that the map has, also with two bindings',
      {
        currentName: 'mpathz',
        bindings: [
          { alias: 'mpatha', wwid: 'W0' },
          { alias: 'mpathz', wwid: 'W0' },
        ],
      },
      'mpathz',
      false,
    ],
    [
      'the binding, not the present name',
      { currentName: 'mpathd', bindings: [{ alias: 'mpathq', wwid: 'W0' }] },
      'mpathq',
      false,
    ],
    [
      'not a name that is bound to another WWID',
      { currentName: 'mpathd', bindings: [{ alias: 'mpathd', wwid: 'W1' }] },
      'mpatha',
      true,
    ],
    ['a new one when the present name is not of the prefix', { currentName: 'W0' }, 'mpatha', true],
    ['a new one when the present name only begins like an alias', { currentName: 'mpathc 1' }, 'mpatha', true],
    ['nothing new when read only', { readOnly: true }, null, false],
    ['not even the present name when read only', { readOnly: true, currentName: 'mpathd' }, null, false],
    ['the binding when read only', { readOnly: true, bindings: [{ alias: 'mpathq', wwid: 'W0' }] }, 'mpathq', false],
    ['nothing that device-mapper cannot hold', { prefix: 'p'.repeat(127) }, null, false],
    ['nothing with a slash', { prefix: 'a/b' }, null, false],
  ])('gives %s', (_, more, alias, changed) => {
    const choice = chooseAlias({ ...request, ...more });
    expect(choice.alias).toBe(alias);
    expect(choice.changed).toBe(changed);
    if (changed) expect(wwidOfAlias(choice.bindings, alias ?? '')).toBe('W0');
    else expect(choice.bindings).toEqual(more.bindings ?? []);
  });

  test('says why there is no name, or why it is another name', () => {
    expect(chooseAlias({ ...request, readOnly: true }).notes).toHaveLength(1);
    expect(
      chooseAlias({ ...request, currentName: 'mpathd', bindings: [{ alias: 'mpathd', wwid: 'W1' }] }).notes[0],
    ).toContain('W1');
  });

  test('changes no argument, never gives one name to two WWIDs, and gives the same name again', () => {
    fc.assert(
      fc.property(
        bindingList,
        fc.array(fc.record({ name: word, wwid: fc.option(word) })),
        word,
        fc.option(word),
        (bindings, dmNames, wwid, currentName) => {
          const before = JSON.stringify(bindings);
          const first = chooseAlias({ bindings, wwid, currentName, prefix: 'mpath', dmNames });
          expect(JSON.stringify(bindings)).toBe(before);
          expect(new Set(first.bindings.map(({ alias }) => alias)).size).toBe(first.bindings.length);
          for (const b of bindings) expect(wwidOfAlias(first.bindings, b.alias)).toBe(b.wwid);
          const second = chooseAlias({ bindings: first.bindings, wwid, currentName, prefix: 'mpath', dmNames });
          expect(second.alias).toBe(first.alias);
          expect(second.changed).toBe(false);
        },
      ),
    );
  });
});

describe('a file that is cut off', () => {
  const whole = formatBindings([
    { alias: 'mpatha', wwid: '36001' },
    { alias: 'mpathb', wwid: '36002' },
    { alias: 'mpathc', wwid: '36003' },
  ]);

  test.each(Array.from({ length: whole.length }, (_, at) => at))(
    'after %i bytes: the complete lines are read as before, and the cut is reported',
    (at) => {
      const cut = whole.slice(0, at);
      const before = cut.slice(0, cut.lastIndexOf('\n') + 1);
      const parsed = parseBindings(cut);
      expect(parsed.bindings).toEqual(expect.arrayContaining(parseBindings(before).bindings));
      expect(parsed.bindings.length - parseBindings(before).bindings.length).toBeLessThanOrEqual(1);
      expect(parsed.warnings.includes('its last line has no end: was the file cut off there?')).toBe(cut !== before);
    },
  );

  test('in the middle of an alias or after it: the cut line counts as unreadable, so that no rewrite loses it', () => {
    for (const last of ['mpa', 'mpathc', 'mpathc '])
      expect(parseBindings(`mpatha 36001\nmpathb 36002\n${last}`).unreadable).toBe(1);
  });
});
