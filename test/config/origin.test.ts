import { describeOrigin } from '../../src/config/origin';
import type { Origin } from '../../src/config/settings';

test.each<[Origin, string]>([
  [
    { from: 'file', section: 'devices', file: '/etc/multipath/conf.d/a.conf', line: 7 },
    '/etc/multipath/conf.d/a.conf line 7 (devices)',
  ],
  [{ from: 'hardware table', vendor: 'IBM', product: '^2145' }, 'hardware table (IBM, ^2145)'],
  [{ from: 'detection', why: 'all paths have target port groups' }, 'detected: all paths have target port groups'],
  [{ from: 'command line' }, 'command line'],
  [{ from: 'default' }, 'default'],
])('%j', (origin, text) => expect(describeOrigin(origin)).toBe(text));
