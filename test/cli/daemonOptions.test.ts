import { levelOfVerbosity, parseArguments, UsageError } from '../../src/cli/daemon/options';

const parse = (...argv: string[]) => parseArguments(argv, '1.2.3');

test.each([
  [
    [],
    {
      journalBytes: 16 << 20,
      journalDump: '/run/mpathd',
      level: null,
      pollingMs: null,
      config: null,
      configDirectory: null,
      bindings: '/etc/multipath/bindings',
      wwids: '/etc/multipath/wwids',
    },
  ],
  [
    ['-v', '3', '--polling-interval', '0.2', '--config', '/x.conf', '--config-dir', '/x.d', '--wwids-file', '/w'],
    { level: 'info', pollingMs: 200, config: '/x.conf', configDirectory: '/x.d', wwids: '/w' },
  ],
  [['--journal-size', '0'], { journalBytes: 0 }],
  [['--journal-size', '1', '--journal-dump', '/var/tmp/x'], { journalBytes: 1 << 20, journalDump: '/var/tmp/x' }],
])('%j is understood', (argv, expected) => {
  expect(parse(...argv)).toMatchObject(expected);
});

test.each([
  [['--journal-size', '-1'], '--journal-size: -1 is not between 1 and 1024'],
  [['--journal-size', '0.001'], '--journal-size: 0.001 is not between 1 and 1024'],
  [['--journal-size', '1025'], '--journal-size: 1025 is not between 1 and 1024'],
  [['--journal-size', 'x'], '--journal-size: NaN is not between 1 and 1024'],
  [['--config', 'x'], '--config: x is no absolute path'],
  [['--journal-dump', 'x'], '--journal-dump: x is no absolute path'],
])('%j is wrong, and the message says why', (argv, message) => {
  expect(() => parse(...argv)).toThrow(new UsageError(message));
});

test.each([
  [-1, 'error'],
  [0, 'error'],
  [2, 'notice'],
  [4, 'debug'],
  [9, 'debug'],
])('verbosity %i is %s', (verbosity, level) => {
  expect(levelOfVerbosity(verbosity)).toBe(level);
});
