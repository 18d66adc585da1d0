import fc from 'fast-check';
import type { MultipathTable, TableGroup } from '../../src/model/table';

export const devt = fc
  .tuple(fc.integer({ min: 0, max: 4095 }), fc.integer({ min: 0, max: 2 ** 20 - 1 }))
  .map(([major, minor]) => `${major}:${minor}`);

export const word = fc.stringMatching(/^[a-z0-9_]{1,12}$/);

export const selector = fc
  .tuple(
    fc.constantFrom('service-time', 'round-robin', 'queue-length', 'historical-service-time'),
    fc.array(word, { maxLength: 2 }),
  )
  .map(([name, args]) => [name, args.length, ...args].join(' '));

export const group: fc.Arbitrary<TableGroup> = fc.integer({ min: 0, max: 3 }).chain((argCount) =>
  fc.record({
    selector,
    paths: fc.uniqueArray(fc.record({ devt, args: fc.array(word, { minLength: argCount, maxLength: argCount }) }), {
      selector: (path) => path.devt,
      minLength: 1,
      maxLength: 5,
    }),
  }),
);

/** A table that the kernel could have. */
export const table: fc.Arbitrary<MultipathTable> = fc.array(group, { maxLength: 4 }).chain((groups) =>
  fc.record({
    features: fc.array(word, { maxLength: 4 }),
    handler: fc.array(word, { maxLength: 2 }),
    initialGroup: fc.integer({ min: Math.min(1, groups.length), max: groups.length }),
    groups: fc.constant(groups),
  }),
);
