import fc from 'fast-check';
import { byAddress, type Addressed } from '../../src/policy/address';

const at = (devt: string, hcil: string | null = null): Addressed => ({ devt, hcil });
const order = (paths: readonly Addressed[]): string[] => byAddress(paths).map(({ devt }) => devt);

test.each<[string, Addressed[], string[]]>([
  [
    'numbers are compared as numbers',
    [at('65:0'), at('8:16'), at('8:2'), at('8:128')],
    ['8:2', '8:16', '8:128', '65:0'],
  ],
  [
    'addresses come before device numbers',
    [at('8:0', '10:0:0:0'), at('8:16', '2:0:0:10'), at('8:32', '2:0:0:9'), at('8:48')],
    ['8:32', '8:16', '8:0', '8:48'],
  ],
  ['an address that is none comes last', [at('8:0', 'x:y'), at('8:16', '0:0:0:0')], ['8:16', '8:0']],
  ['no paths', [], []],
])('%s', (_, paths, devts) => {
  expect(order(paths)).toEqual(devts);
});

test('the order does not depend on the order of discovery', () => {
  const address = fc.record({
    devt: fc.nat(300).map((minor) => `8:${minor}`),
    hcil: fc.option(fc.tuple(fc.nat(3), fc.nat(3)).map(([h, l]) => `${h}:0:0:${l}`)),
  });
  const lists = fc.uniqueArray(address, { selector: ({ devt }) => devt, maxLength: 12 });
  fc.assert(
    fc.property(
      lists.chain((paths) => fc.tuple(fc.constant(paths), fc.shuffledSubarray(paths, { minLength: paths.length }))),
      ([paths, shuffled]) => {
        expect(order(shuffled)).toEqual(order(paths));
      },
    ),
  );
});
