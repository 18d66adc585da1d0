import { parseArguments, UsageError } from '../../src/cli/daemon/options';

const parse = (...argv: string[]) => parseArguments(argv, '1.2.3');

test.each([
  [[], { journalBytes: 16 << 20, journalDump: '/run/mpathd' }],
  [['--journal-size', '0'], { journalBytes: 0 }],
  [['--journal-size', '0.5', '--journal-dump', '/var/tmp/x'], { journalBytes: 1 << 19, journalDump: '/var/tmp/x' }],
])('%j is understood', (argv, expected) => {
  expect(parse(...argv)).toMatchObject(expected);
});

test.each([
  [['--journal-size', '-1'], '--journal-size: -1 is not between 0 and 4096'],
  [['--journal-size', 'x'], '--journal-size: NaN is not between 0 and 4096'],
  [['--journal-dump', 'x'], '--journal-dump: x is no absolute path'],
])('%j is wrong, and said how', (argv, message) => {
  expect(() => parse(...argv)).toThrow(new UsageError(message));
});
