/** Configuration files in different states, in a folder of real files. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lookupsOf, readAccounts } from '../../src/daemon/accounts';
import {
  createConfigurationFiles,
  readConfiguration,
  type ConfigurationPaths,
  type ReadConfiguration,
} from '../../src/daemon/configurationFiles';
import { readText, SIZE_LIMIT } from '../../src/daemon/readText';

const GOOD = 'defaults {\n verbosity 3\n}\n';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mpathd-conf-'));
  mkdirSync(join(folder, 'conf.d'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);

function paths(more: Partial<ConfigurationPaths> = {}): ConfigurationPaths {
  return { main: at('multipath.conf'), folder: at('conf.d'), mainMayBeAbsent: true, ...more };
}

function write(files: Record<string, string | Buffer>): void {
  for (const [name, content] of Object.entries(files)) writeFileSync(at(name), content);
}

/** The findings, with shortened file names. */
function told({ findings }: ReadConfiguration): string[] {
  return findings.map(({ severity, message }) => `${severity}: ${message.replaceAll(`${folder}/`, '')}`);
}

describe('the files', () => {
  test.each([0o602, 0o620])('a file of mode %o is used, and an error says what to do', async (mode) => {
    write({ 'multipath.conf': GOOD });
    chmodSync(at('multipath.conf'), mode);
    const read = await readConfiguration(paths());
    expect(read.usable).toBe(true);
    expect(read.configuration.defaults.verbosity?.value).toBe(3);
    expect(told(read)).toEqual([expect.stringMatching(/^error: multipath.conf is writable by others .* chmod go-w /)]);
    const { reading, notes } = await createConfigurationFiles(paths()).load();
    expect(reading.ok).toBe(true);
    expect(notes).toEqual([{ level: 'error', message: expect.stringContaining('chmod go-w') as string }]);
  });

  test('drop-ins come after the main file, in the order of their bytes', async () => {
    const drop = (verbosity: number): string => `defaults {\n verbosity ${verbosity}\n}\n`;
    write({
      'multipath.conf': GOOD,
      'conf.d/b.conf': drop(1),
      'conf.d/a.conf': drop(2),
      'conf.d/B.conf': drop(0),
      'conf.d/é.conf': drop(4),
      'conf.d/c.conf.bak': drop(9),
      'conf.d/conf': drop(9),
      'conf.d/.conf': drop(0),
    });
    const { configuration, findings, usable } = await readConfiguration(paths());
    expect([findings, usable]).toEqual([[], true]);
    expect(configuration.files).toEqual(
      ['multipath.conf', 'conf.d/.conf', 'conf.d/B.conf', 'conf.d/a.conf', 'conf.d/b.conf', 'conf.d/é.conf'].map(at),
    );
    expect(configuration.defaults.verbosity).toEqual({ value: 4, file: at('conf.d/é.conf'), line: 2 });
  });

  test('without files there are the defaults, and no findings', async () => {
    rmSync(at('conf.d'), { recursive: true });
    const read = await readConfiguration(paths());
    expect([read.configuration.files, read.findings, read.usable]).toEqual([[], [], true]);
  });

  test('a file that the user named must exist', async () => {
    const read = await readConfiguration(paths({ mainMayBeAbsent: false }));
    expect(read.usable).toBe(false);
    expect(told(read)).toEqual(["error: couldn't open configuration file 'multipath.conf': it is not there"]);
  });

  test('links are followed', async () => {
    write({ elsewhere: GOOD });
    symlinkSync(at('elsewhere'), at('multipath.conf'));
    expect((await readConfiguration(paths())).configuration.defaults.verbosity?.value).toBe(3);
  });

  test('a fault that shows only when the sections are merged is reported with its line', async () => {
    write({ 'multipath.conf': 'defaults {\n features "1 queue_if_no_path"\n}\n' });
    const { findings } = await readConfiguration(paths());
    expect(findings.map(({ code, line, text }) => [code, line, text])).toEqual([
      ['cross-check', 2, ' features "1 queue_if_no_path"'],
    ]);
  });
});

describe('bad input', () => {
  const trouble: Array<[string, (name: string) => void, string]> = [
    [
      '10 MB',
      (name) => truncateSync(at(name), 10_000_000),
      `that makes 10000000 bytes, and at most ${SIZE_LIMIT} are read`,
    ],
    ['a loop of links', (name) => (rmSync(at(name)), symlinkSync(at(name), at(name))), 'ELOOP'],
  ];
  const nothing: Array<[string, (name: string) => void, string]> = [
    ['a folder', (name) => (rmSync(at(name)), mkdirSync(at(name))), 'it is a folder'],
    ['a pipe that nobody writes to', (name) => (rmSync(at(name)), execFileSync('mkfifo', [at(name)])), 'it is a pipe'],
    ['a device', (name) => (rmSync(at(name)), symlinkSync('/dev/zero', at(name))), 'it is a device'],
  ];

  test.each([...trouble, ...nothing])(
    '%s in the place of the main file makes the configuration unusable',
    async (_, spoil, reason) => {
      write({ 'multipath.conf': GOOD });
      spoil('multipath.conf');
      const read = await readConfiguration(paths());
      expect([read.usable, told(read)]).toEqual([
        false,
        [`error: couldn't open configuration file 'multipath.conf': ${reason}`],
      ]);
    },
  );

  test.each(trouble)('%s in the place of a drop-in makes the configuration unusable', async (_, spoil, reason) => {
    write({ 'multipath.conf': GOOD, 'conf.d/a.conf': GOOD });
    spoil('conf.d/a.conf');
    const read = await readConfiguration(paths());
    expect([read.usable, told(read)]).toEqual([
      false,
      [`error: couldn't open configuration file 'conf.d/a.conf': ${reason}`],
    ]);
  });

  test.each([
    ...nothing,
    [
      'a link to nothing',
      (name: string) => (rmSync(at(name)), symlinkSync('/nowhere', at(name))),
      'it is not there',
    ] as const,
  ])('%s in the place of a drop-in has no settings', async (_, spoil, reason) => {
    write({ 'multipath.conf': GOOD, 'conf.d/a.conf': GOOD });
    spoil('conf.d/a.conf');
    const read = await readConfiguration(paths());
    expect([read.usable, told(read)]).toEqual([
      true,
      [`warning: couldn't open configuration file 'conf.d/a.conf': ${reason}`],
    ]);
    expect(read.configuration.defaults.verbosity?.value).toBe(3);
  });

  test('binary junk', async () => {
    const junk = Buffer.from(Array.from({ length: 20_000 }, (_, i) => (i * 7919 + (i >> 3)) % 256));
    write({ 'multipath.conf': junk });
    const read = await readConfiguration(paths());
    expect(read.usable).toBe(false);
    expect(read.findings.map(({ code }) => code)).toEqual(expect.arrayContaining(['binary', 'encoding']));
  });

  test('letters of another encoding in a comment are reported, and do no harm', async () => {
    write({ 'multipath.conf': Buffer.concat([Buffer.from('# f'), Buffer.from([0xfc]), Buffer.from(`r\n${GOOD}`)]) });
    const read = await readConfiguration(paths());
    expect([read.usable, told(read)]).toEqual([true, ['warning: multipath.conf line 1, not UTF-8']]);
    expect(read.configuration.defaults.verbosity?.value).toBe(3);
  });

  test('a byte order mark', async () => {
    write({ 'multipath.conf': `\ufeff${GOOD}` });
    const read = await readConfiguration(paths());
    expect([read.findings, read.configuration.defaults.verbosity?.value]).toEqual([[], 3]);
  });

  test('files that are too large together', async () => {
    const comment = `${'#'.repeat(1000)}\n`.repeat(3000);
    write({ 'multipath.conf': comment, 'conf.d/a.conf': comment });
    const read = await readConfiguration(paths());
    expect([read.usable, told(read)]).toEqual([
      false,
      [
        `error: couldn't open configuration file 'conf.d/a.conf': that makes 6006000 bytes, and at most ${SIZE_LIMIT} are read`,
      ],
    ]);
  });

  test('a folder of too many files', async () => {
    for (let i = 0; i <= 1000; i++) writeFileSync(at(`conf.d/${i}.conf`), '');
    const read = await readConfiguration(paths());
    expect([read.usable, told(read)]).toEqual([
      false,
      [
        `error: couldn't read the configuration folder '${at('conf.d').replace(`${folder}/`, '')}': it has 1001 files, and at most 1000 are read`,
      ],
    ]);
  });

  test('a file in the place of the folder', async () => {
    rmSync(at('conf.d'), { recursive: true });
    write({ 'conf.d': GOOD });
    const read = await readConfiguration(paths());
    expect([read.usable, told(read)]).toEqual([
      false,
      ["error: couldn't read the configuration folder 'conf.d': ENOTDIR"],
    ]);
  });

  const isRoot = process.getuid?.() === 0;
  test('no permission', async () => {
    write({ 'multipath.conf': GOOD });
    chmodSync(at('multipath.conf'), 0);
    chmodSync(folder, 0o755);
    // Root may read everything. Only another user is refused.
    if (isRoot) process.seteuid?.(65534);
    try {
      const read = await readConfiguration(paths());
      expect([read.usable, told(read)]).toEqual([
        false,
        ["error: couldn't open configuration file 'multipath.conf': EACCES"],
      ]);
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });
});

describe('the files as the daemon loads them', () => {
  test('findings go to the log, and settings are in force', async () => {
    write({ 'multipath.conf': 'defaults {\n verbosity 9\n failback 0\n prio allua\n}\n' });
    const { reading, notes } = await createConfigurationFiles(paths()).load();
    expect(reading.ok && reading.value.defaults.verbosity?.value).toBe(4);
    expect(notes.map(({ level, message }) => [level, message.replace(`${folder}/`, '')])).toEqual([
      ['warning', 'multipath.conf line 2, value for verbosity too large, capping at 4'],
      ['notice', 'multipath.conf line 3, failback 0 counts as not set (to go back at once, write failback immediate)'],
      ['warning', 'multipath.conf line 4, prio: there is no prioritizer "allua" (did you mean alua?)'],
    ]);
  });

  test.each<[string, string, string]>([
    ['a pattern that is none', 'blacklist {\n devnode "*"\n}\n', 'line 2, parsing failed:  devnode "*"'],
    ['a zero byte', 'defaults {\n}\n\0', 'is no text: there is a zero byte on line 3'],
  ])('%s is a failure that says where', async (_, text, detail) => {
    write({ 'multipath.conf': text });
    const { reading } = await createConfigurationFiles(paths()).load();
    expect(reading).toMatchObject({
      ok: false,
      failure: { code: 'MALFORMED', device: at('multipath.conf'), detail: expect.stringContaining(detail) },
    });
  });

  test('a file that cannot be read is a failure that names the file', async () => {
    mkdirSync(at('multipath.conf'));
    const { reading } = await createConfigurationFiles(paths()).load();
    expect(reading).toMatchObject({
      ok: false,
      failure: { device: at('multipath.conf'), detail: expect.stringContaining('it is a folder') },
    });
  });

  test('each load reads the files anew', async () => {
    const source = createConfigurationFiles(paths());
    write({ 'multipath.conf': GOOD });
    await source.load();
    write({ 'multipath.conf': 'defaults {\n verbosity 1\n}\n' });
    const { reading } = await source.load();
    expect(reading.ok && reading.value.defaults.verbosity?.value).toBe(1);
  });

  test('another file in the place of the main one, with the same drop-ins; the file must exist', async () => {
    write({
      'multipath.conf': GOOD,
      other: 'defaults {\n prio emc\n}\n',
      'conf.d/a.conf': 'defaults {\n prio_args x\n}\n',
    });
    const source = createConfigurationFiles(paths());
    const { reading } = await source.load(at('other'));
    expect(reading.ok && [reading.value.files, reading.value.defaults.verbosity]).toEqual([
      [at('other'), at('conf.d/a.conf')],
      undefined,
    ]);
    expect((await source.load(at('missing'))).reading.ok).toBe(false);
  });
});

describe('accounts', () => {
  const PASSWD =
    'root:x:0:0:root:/root:/bin/sh\nalice:x:1000:100::/home/alice:/bin/sh\nbroken\nevil:x:-5:x::/:\n:x:7:7::/:\n';
  const GROUP = 'root:x:0:\ndisk:x:6:alice\nalice:x:1000:\n';
  const lookups = lookupsOf(PASSWD, GROUP);

  test.each([
    ['alice', 1000, 100],
    ['root', 0, 0],
    ['disk', null, 6],
    ['broken', null, null],
    ['evil', null, null],
    ['', null, null],
    ['nobody else', null, null],
  ])('%j', (name, uid, gid) => {
    expect([lookups.uid(name), lookups.gid(name)]).toEqual([uid, gid]);
  });

  test('the accounts of this host', async () => {
    expect((await readAccounts()).uid('root')).toBe(0);
    expect((await readAccounts('/nowhere', '/nowhere')).uid('root')).toBeNull();
  });
});

test('a text is read whole, in whatever pieces it comes', async () => {
  const text = 'é'.repeat(100_001);
  write({ text });
  expect(await readText(at('text'))).toEqual({ kind: 'text', text, distrust: null });
  expect(await readText(at('text/below'))).toEqual({ kind: 'absent' });
});
