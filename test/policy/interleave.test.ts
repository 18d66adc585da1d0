import { interleave, type Leaving } from '../../src/policy/interleave';

interface Named extends Leaving {
  name: string;
}

const path = (name: string, adapter: string | null, host: number, protocol = 'scsi:fcp'): Named => ({
  name,
  adapter,
  protocol,
  hcil: `${host}:0:0:0`,
});
const order = (paths: readonly Named[]): string =>
  interleave(paths)
    .map(({ name }) => name)
    .join(' ');

test.each<[string, Named[], string]>([
  ['adapters take turns', [path('a', 'x', 1), path('b', 'x', 1), path('c', 'y', 2), path('d', 'y', 2)], 'a c b d'],
  [
    'and the hosts of an adapter',
    [path('a', 'x', 1), path('b', 'x', 1), path('c', 'x', 2), path('d', 'y', 3)],
    'a d c b',
  ],
  [
    'an adapter with more goes on alone',
    [path('a', 'x', 1), path('b', 'x', 1), path('c', 'x', 1), path('d', 'y', 2)],
    'a d b c',
  ],
  ['two paths stay as they are', [path('b', 'x', 1), path('a', 'x', 1)], 'b a'],
  ['an adapter that is not known', [path('a', 'x', 1), path('b', 'x', 1), path('c', null, 2)], 'a b c'],
  ['NVMe', [path('a', 'x', 1, 'nvme:fc'), path('b', 'x', 1), path('c', 'y', 2)], 'a b c'],
  ['no paths', [], ''],
])('%s', (_, paths, expected) => {
  expect(order(paths)).toBe(expected);
});
