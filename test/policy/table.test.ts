import fc from 'fast-check';
import { assembleTable, type TableSettings } from '../../src/policy/assembleTable';
import { formatTable, parseStatus, parseTable } from '../../src/policy/table';
import type { MultipathTable } from '../../src/model/table';
import { devt, group, selector, table as anyTable, word } from './tableArbitrary';

const GOOD = '1 queue_if_no_path 1 alua 2 1 service-time 0 2 2 8:0 1 1 8:16 1 1 service-time 0 1 2 8:32 1 1';

function parsed(params: string): MultipathTable {
  const table = parseTable(params);
  if (table === null) throw new Error(`not a table: ${params}`);
  return table;
}

describe('parseTable', () => {
  test('reads what the kernel prints', () => {
    expect(parseTable(GOOD)).toEqual({
      features: ['queue_if_no_path'],
      handler: ['alua'],
      initialGroup: 1,
      groups: [
        {
          selector: 'service-time 0',
          paths: [
            { devt: '8:0', args: ['1', '1'] },
            { devt: '8:16', args: ['1', '1'] },
          ],
        },
        { selector: 'service-time 0', paths: [{ devt: '8:32', args: ['1', '1'] }] },
      ],
    });
  });

  test('accepts blanks at the end, which the kernel prints', () => {
    expect(parseTable(` ${GOOD} \n`)).toEqual(parseTable(GOOD));
  });

  test('reads a table of no groups', () => {
    expect(parseTable('0 0 0 0')).toEqual({ features: [], handler: [], initialGroup: 0, groups: [] });
  });

  test.each([
    ['nothing', ''],
    ['blanks', '  \n'],
    ['no number of features', 'queue_if_no_path 0 0 0'],
    ['fewer features than said', '2 queue_if_no_path'],
    ['more features than the words there are', '4294967295 a 0 0 0'],
    ['a negative count', '-1 0 0 0'],
    ['a count in hex', '0x0 0 0 0'],
    ['a count with a letter', '0 0 1a 1 service-time 0 1 1 8:0 1'],
    ['a count too long for a number', `${'9'.repeat(400)} 0 0 0`],
    ['an initial group without groups', '0 0 0 1'],
    ['groups without an initial group', '0 0 1 0 service-time 0 1 1 8:0 1'],
    ['an initial group that is not there', '0 0 1 2 service-time 0 1 1 8:0 1'],
    ['fewer groups than said', '0 0 2 1 service-time 0 1 1 8:0 1'],
    ['more groups than said', '0 0 1 1 service-time 0 1 1 8:0 1 service-time 0 1 1 8:16 1'],
    ['a word left over', '0 0 1 1 service-time 0 1 1 8:0 1 1'],
    ['a group without paths', '0 0 1 1 service-time 0 0 1'],
    ['fewer paths than said', '0 0 1 1 service-time 0 2 1 8:0 1'],
    ['fewer path arguments than said', '0 0 1 1 service-time 0 1 2 8:0 1'],
    ['a huge number of paths', '0 0 1 1 service-time 0 1000000000 1 8:0 1'],
    ['a huge number of groups', '0 0 1000000000 1 service-time 0 1 1 8:0 1'],
    ['a path by name', '0 0 1 1 service-time 0 1 1 /dev/sda 1'],
    ['a device number beyond 20 bits', '0 0 1 1 service-time 0 1 1 8:1048576 1'],
    ['a major number beyond 12 bits', '0 0 1 1 service-time 0 1 1 4096:0 1'],
    ['a linear target', '8:0 2048'],
  ])('refuses %s', (_, params) => {
    expect(parseTable(params)).toBeNull();
  });

  test('refuses every table that is cut short', () => {
    const words = GOOD.split(' ');
    for (let n = 0; n < words.length; n++) expect(parseTable(words.slice(0, n).join(' '))).toBeNull();
  });

  test('gives back what formatTable wrote', () => {
    fc.assert(fc.property(anyTable, (table) => expect(parseTable(formatTable(table))).toEqual(table)));
  });

  test('never throws, and gives the content of the text that it accepts', () => {
    const token = fc.oneof(
      fc.constantFrom('0', '1', '2', '8:0', '8:16', 'service-time', 'alua', '1024', '-1'),
      fc.string(),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(token, { maxLength: 20 }).map((t) => t.join(' ')),
        ),
        (text) => {
          const table = parseTable(text);
          if (table !== null) expect(parseTable(formatTable(table))).toEqual(table);
        },
      ),
    );
  });
});

describe('formatTable', () => {
  test('gives all paths of a group the number of arguments of the path with the fewest', () => {
    const table: MultipathTable = {
      features: [],
      handler: [],
      initialGroup: 1,
      groups: [
        {
          selector: 'service-time 0',
          paths: [
            { devt: '8:0', args: ['1', '2'] },
            { devt: '8:16', args: ['1'] },
          ],
        },
      ],
    };
    expect(formatTable(table)).toBe('0 0 1 1 service-time 0 2 1 8:0 1 8:16 1');
  });
});

describe('parseStatus', () => {
  const table = parsed(GOOD);
  const status = '2 0 3 0 2 2 E 0 2 2 8:0 F 7 0 1 8:16 A 0 0 1 A 0 1 2 8:32 A 1 0 1';

  test('reads what the kernel prints', () => {
    expect(parseStatus(`${status} `, table)).toEqual({
      queuedIo: 3,
      nextGroup: 2,
      groups: [
        {
          state: 'enabled',
          paths: [
            { devt: '8:0', state: 'failed', failCount: 7 },
            { devt: '8:16', state: 'active', failCount: 0 },
          ],
        },
        { state: 'active', paths: [{ devt: '8:32', state: 'active', failCount: 1 }] },
      ],
    });
  });

  test('reads a disabled group, and features without a second word', () => {
    const one = parsed('0 0 1 1 round-robin 0 1 1 8:0 1');
    expect(parseStatus('0 0 1 1 D 0 1 0 8:0 A 0', one)).toEqual({
      queuedIo: 0,
      nextGroup: 1,
      groups: [{ state: 'disabled', paths: [{ devt: '8:0', state: 'active', failCount: 0 }] }],
    });
  });

  test('reads the status of a table without groups', () => {
    expect(parseStatus('2 0 0 0 0 0', parsed('0 0 0 0'))).toEqual({ queuedIo: 0, nextGroup: 0, groups: [] });
  });

  test.each([
    ['another number of groups', '2 0 0 0 1 1 A 0 2 0 8:0 A 0 8:16 A 0'],
    ['another number of paths', '2 0 0 0 2 1 A 0 1 0 8:0 A 0 E 0 1 0 8:32 A 0'],
    ['another path', status.replace('8:16', '8:48')],
    ['its paths in another order', '2 0 0 0 2 1 A 0 2 0 8:16 A 0 8:0 A 0 E 0 1 0 8:32 A 0'],
    ['an unknown group state', status.replace('E 0', 'X 0')],
    ['an unknown path state', status.replace('F 7', 'G 7')],
    ['a failure count that is no number', status.replace('F 7', 'F x')],
    ['a failure count beyond 32 bits', status.replace('F 7', 'F 4294967296')],
    ['a next group that is not there', status.replace('2 2 E', '2 3 E')],
    ['a word left over', `${status} 1`],
    ['nothing', ''],
  ])('refuses a status with %s', (_, text) => {
    expect(parseStatus(text, table)).toBeNull();
  });

  test('refuses every status that is cut short', () => {
    const words = status.split(' ');
    for (let n = 0; n < words.length; n++) expect(parseStatus(words.slice(0, n).join(' '), table)).toBeNull();
  });

  test('never throws', () => {
    const token = fc.oneof(fc.constantFrom('0', '1', '2', '8:0', '8:16', '8:32', 'A', 'E', 'F'), fc.string());
    fc.assert(
      fc.property(fc.array(token, { maxLength: 30 }), (tokens) => {
        const read = parseStatus(tokens.join(' '), table);
        if (read !== null) expect(read.groups).toHaveLength(2);
      }),
    );
  });
});

describe('assembleTable', () => {
  const settings: TableSettings = {
    features: [],
    handler: [],
    selector: 'service-time 0',
    minIo: 1,
    rrWeight: 'uniform',
    noPathRetry: null,
    retriesExhausted: false,
    initialGroup: 1,
  };
  const up = { devt: '8:0', priority: 50, usable: true };
  const down = { devt: '8:16', priority: 10, usable: false };

  test.each<[string, Partial<TableSettings>, boolean, string[]]>([
    ['leaves queueing alone when nothing is set', {}, true, []],
    ['keeps queueing that the features ask for', { features: ['queue_if_no_path'] }, true, ['queue_if_no_path']],
    ['does not queue with "fail"', { noPathRetry: 'fail' }, true, []],
    ['queues with "queue"', { noPathRetry: 'queue' }, false, ['queue_if_no_path']],
    [
      'queues with "queue" when a time ran out before',
      { noPathRetry: 'queue', retriesExhausted: true },
      false,
      ['queue_if_no_path'],
    ],
    ['queues once, not twice', { noPathRetry: 'queue', features: ['queue_if_no_path'] }, true, ['queue_if_no_path']],
    ['queues with a number while it has not run out', { noPathRetry: 12 }, false, ['queue_if_no_path']],
    ['stops when the number has run out without a path', { noPathRetry: 12, retriesExhausted: true }, false, []],
    [
      'queues again as soon as a path is usable',
      { noPathRetry: 12, retriesExhausted: true },
      true,
      ['queue_if_no_path'],
    ],
    [
      'puts queueing behind other features',
      { noPathRetry: 'queue', features: ['queue_mode', 'bio'] },
      true,
      ['queue_mode', 'bio', 'queue_if_no_path'],
    ],
  ])('%s', (_, more, anyUp, features) => {
    expect(assembleTable({ ...settings, ...more }, [[anyUp ? up : down]]).features).toEqual(features);
  });

  test('weights paths by priority only if the setting asks for it and the path has a priority', () => {
    const weighted = assembleTable({ ...settings, minIo: 10, rrWeight: 'priorities' }, [
      [up, { ...down, priority: -1 }, { ...down, devt: '8:32', priority: 0 }],
    ]);
    expect(weighted.groups[0]?.paths.map(({ args }) => args)).toEqual([['500'], ['10'], ['10']]);
    const uniform = assembleTable({ ...settings, minIo: 10 }, [[up]]);
    expect(uniform.groups[0]?.paths[0]?.args).toEqual(['10']);
  });

  test('leaves out groups without paths and keeps pointing to the best one', () => {
    const table = assembleTable({ ...settings, initialGroup: 3 }, [[], [down], [up]]);
    expect(formatTable(table)).toBe('0 0 2 2 service-time 0 1 1 8:16 1 service-time 0 1 1 8:0 1');
  });

  test('always makes a table that can be parsed', () => {
    const member = fc.record({ devt, priority: fc.integer({ min: -1, max: 200 }), usable: fc.boolean() });
    const anySettings = fc.record({
      features: fc.array(word, { maxLength: 3 }),
      handler: fc.array(word, { maxLength: 2 }),
      selector,
      minIo: fc.nat(1000),
      rrWeight: fc.constantFrom<'uniform' | 'priorities'>('uniform', 'priorities'),
      noPathRetry: fc.oneof(
        fc.constantFrom<null | 'fail' | 'queue'>(null, 'fail', 'queue'),
        fc.integer({ min: 1, max: 100 }),
      ),
      retriesExhausted: fc.boolean(),
      initialGroup: fc.nat(6),
    });
    fc.assert(
      fc.property(anySettings, fc.array(fc.array(member, { maxLength: 4 }), { maxLength: 4 }), (given, groups) => {
        const table = assembleTable(given, groups);
        expect(parseTable(formatTable(table))).toEqual(table);
      }),
    );
  });
});

test('a group has as many paths as are listed', () => {
  fc.assert(
    fc.property(group, (one) => {
      const table = parsed(formatTable({ features: [], handler: [], initialGroup: 1, groups: [one] }));
      expect(table.groups[0]?.paths).toHaveLength(one.paths.length);
    }),
  );
});
