import fc from 'fast-check';
import type { MultipathTable } from '../../src/model/table';
import { queueModeOf, sameOrder, sameTable } from '../../src/policy/compareTables';
import { formatTable, parseTable } from '../../src/policy/table';
import { devt, table as anyTable } from './tableArbitrary';

function parsed(params: string): MultipathTable {
  const table = parseTable(params);
  if (table === null) throw new Error(`not a table: ${params}`);
  return table;
}

function compare(have: string, want: string): string | null {
  return sameTable(parsed(have), parsed(want)).difference;
}

const LOADED = '0 0 1 1 service-time 0 2 1 8:0 1 8:16 1';

test.each([
  ['itself', LOADED, LOADED],
  ['its reading back with default arguments', '0 0 1 1 service-time 0 2 2 8:0 1 1 8:16 1 1', LOADED],
  ['paths in another order', '0 0 1 1 service-time 0 2 1 8:16 1 8:0 1', LOADED],
  [
    'groups in another order',
    '0 0 2 1 service-time 0 1 1 8:16 1 service-time 0 1 1 8:0 1',
    '0 0 2 1 service-time 0 1 1 8:0 1 service-time 0 1 1 8:16 1',
  ],
  [
    'another initial group',
    '0 0 2 2 service-time 0 1 1 8:0 1 service-time 0 1 1 8:16 1',
    '0 0 2 1 service-time 0 1 1 8:0 1 service-time 0 1 1 8:16 1',
  ],
  [
    'features in another order',
    '3 queue_if_no_path pg_init_retries 50 0 0 0',
    '3 pg_init_retries 50 queue_if_no_path 0 0 0',
  ],
  ['a retained handler as a feature', '1 retain_attached_hw_handler 0 0 0', '0 0 0 0'],
  ['the default queue mode, which the kernel does not print', '0 0 0 0', '2 queue_mode mq 0 0 0'],
  ['a handler that the kernel attached', '0 1 alua 0 0', '0 0 0 0'],
  ['another handler than the kernel retained', '0 1 alua 0 0', '0 1 rdac 0 0'],
  ['a repeat count that the kernel takes for 1', LOADED, LOADED.replace('8:16 1', '8:16 100')],
  ['a handler that a bio-based map cannot have', '2 queue_mode bio 0 0 0', '2 queue_mode bio 1 alua 0 0'],
  [
    'a selector whose defaults are printed',
    '0 0 1 1 historical-service-time 2 0 0 1 1 8:0 1',
    '0 0 1 1 historical-service-time 0 1 1 8:0 1',
  ],
])('is the same: %s', (_, have, want) => {
  expect(sameTable(parsed(have), parsed(want))).toEqual({ same: true, difference: null });
});

test.each([
  ['queueing', '1 queue_if_no_path 0 0 0', '0 0 0 0', 'features are queue_if_no_path, wanted are none'],
  [
    'the value of a feature',
    '2 pg_init_retries 5 0 0 0',
    '2 pg_init_retries 50 0 0 0',
    'features are pg_init_retries 5, wanted are pg_init_retries 50',
  ],
  ['the queue mode', '0 0 0 0', '2 queue_mode bio 0 0 0', 'features are none, wanted are queue_mode bio'],
  ['no handler', '0 0 0 0', '0 1 alua 0 0', 'there is no hardware handler, wanted is alua'],
  ['a missing path', '0 0 1 1 service-time 0 1 1 8:0 1', LOADED, 'paths: 8:16 missing'],
  ['a path that is not wanted', LOADED, '0 0 1 1 service-time 0 1 1 8:16 1', 'paths: 8:0 not wanted'],
  [
    'another path',
    '0 0 1 1 service-time 0 1 1 8:0 1',
    '0 0 1 1 service-time 0 1 1 8:32 1',
    'paths: 8:32 missing, 8:0 not wanted',
  ],
  [
    'another grouping',
    '0 0 2 1 service-time 0 1 1 8:0 1 service-time 0 1 1 8:16 1',
    LOADED,
    '8:0 8:16 should be one path group',
  ],
  [
    'a group twice',
    '0 0 2 1 service-time 0 1 1 8:0 1 service-time 0 1 1 8:0 1',
    '0 0 1 1 service-time 0 1 1 8:0 1',
    '8:0 should not be a path group',
  ],
  [
    'the selector',
    LOADED.replace('service-time', 'round-robin'),
    LOADED,
    'selector is round-robin 0, wanted is service-time 0',
  ],
  [
    'an argument of the selector',
    '0 0 1 1 x 1 5 1 1 8:0 1',
    '0 0 1 1 x 1 6 1 1 8:0 1',
    'selector is x 1 5, wanted is x 1 6',
  ],
  [
    'an argument of a path',
    '0 0 1 1 service-time 0 1 2 8:0 1 1',
    '0 0 1 1 service-time 0 1 2 8:0 1 7',
    'arguments of 8:0 are 1 1, wanted are 1 7',
  ],
  [
    'a repeat count that is too high',
    LOADED.replace('8:16 1', '8:16 100'),
    LOADED,
    'arguments of 8:16 are 100, wanted are 1',
  ],
  [
    'fewer arguments than wanted',
    LOADED,
    '0 0 1 1 service-time 0 2 2 8:0 1 5 8:16 1 5',
    'arguments of 8:0 are 1, wanted are 1 5',
  ],
  ['no paths at all', '0 0 0 0', LOADED, 'paths: 8:0 8:16 missing'],
])('differs in %s', (_, have, want, difference) => {
  expect(compare(have, want)).toBe(difference);
});

test.each([
  ['0 0 0 0', 'rq'],
  ['2 queue_mode bio 0 0 0', 'bio'],
  ['2 queue_mode rq 0 0 0', 'rq'],
  ['3 queue_if_no_path queue_mode bio 0 0 0', 'bio'],
  ['2 pg_init_retries queue_mode 0 0 0', 'rq'],
])('the queue mode of %s is %s', (params, mode) => {
  expect(queueModeOf(parsed(params))).toBe(mode);
});

test('a table equals itself after it was read back, and differs from itself with one path more', () => {
  fc.assert(
    fc.property(anyTable, devt, (table, extra) => {
      const back = parsed(formatTable(table));
      expect(sameTable(back, table)).toEqual({ same: true, difference: null });
      fc.pre(!table.groups.some(({ paths }) => paths.some((path) => path.devt === extra)));
      const more = {
        ...table,
        groups: [...table.groups, { selector: 'service-time 0', paths: [{ devt: extra, args: [] }] }],
      };
      expect(sameTable(table, more).same).toBe(false);
      expect(sameTable(more, table).same).toBe(false);
    }),
  );
});

test.each<[string, string, string, string | null]>([
  ['features', '0 0 1 1 service-time 0 1 1 8:0 1', '1 queue_if_no_path 0 1 1 service-time 0 1 1 8:0 1', 'settings'],
  ['a handler', '0 0 1 1 service-time 0 1 1 8:0 1', '0 1 alua 1 1 service-time 0 1 1 8:0 1', 'settings'],
  ['a path', '0 0 1 1 service-time 0 1 1 8:0 1', '0 0 1 1 service-time 0 2 1 8:0 1 8:16 1', 'paths'],
  [
    'the selector, in other groups, too',
    '0 0 1 1 service-time 0 2 1 8:0 1 8:16 1',
    '0 0 2 1 queue-length 0 1 1 8:0 1 queue-length 0 1 1 8:16 1',
    'settings',
  ],
  [
    'an argument, in other groups, too',
    '0 0 1 1 service-time 0 2 1 8:0 2 8:16 2',
    '0 0 2 1 service-time 0 1 1 8:0 3 service-time 0 1 1 8:16 3',
    'settings',
  ],
  [
    'the groups alone',
    '0 0 1 1 service-time 0 2 1 8:0 1 8:16 1',
    '0 0 2 1 service-time 0 1 1 8:0 1 service-time 0 1 1 8:16 1',
    'groups',
  ],
  [
    'the order of groups',
    '0 0 2 1 service-time 0 1 1 8:16 1 service-time 0 1 1 8:0 1',
    '0 0 2 1 service-time 0 1 1 8:0 1 service-time 0 1 1 8:16 1',
    null,
  ],
])('the kind of difference: %s', (_, have, want, kind) => {
  const compared = sameTable(parsed(have), parsed(want));
  expect(compared.same ? null : compared.kind).toBe(kind);
});

test.each([
  ['0 0 2 1 service-time 0 1 1 8:0 1 service-time 0 2 1 8:16 1 8:32 1', true],
  ['0 0 2 1 service-time 0 1 1 8:0 1 service-time 0 2 1 8:32 1 8:16 1', true],
  ['0 0 2 1 service-time 0 2 1 8:16 1 8:32 1 service-time 0 1 1 8:0 1', false],
  ['0 0 1 1 service-time 0 1 1 8:0 1', false],
])('the order of groups of %s', (have, same) => {
  expect(sameOrder(parsed(have), parsed('0 0 2 1 service-time 0 1 1 8:0 1 service-time 0 2 1 8:16 1 8:32 1'))).toBe(
    same,
  );
});
