/**
 * Names and texts that a device, an administrator of device-mapper or a client can choose, through a simulated daemon,
 * and out by its log, by every command of the socket and by every command of mpathctl. What comes out is what a person
 * would see on a terminal.
 */
import { join } from 'node:path';
import { mergeConfiguration } from '../../src/config/effective';
import { terminalText } from '../../src/cli/style';
import { formatLine } from '../../src/daemon/logger';
import { showTopology } from '../../src/cli/daemon/screen';
import { COMMANDS } from '../../src/ipc/commands';
import { findKey, takesParameter } from '../../src/ipc/keywords';
import { startServer } from '../../src/ipc/server';
import { createSession } from '../../src/ipc/session';
import type { Session } from '../../src/ipc/control';
import { emptyConfiguration } from '../../src/config/configuration';
import { blockOf, configurationOf, filesOf } from '../configuration';
import { fakeDaemon } from '../ipc/fixtures';
import { makeTables } from '../fixtures';
import { inFolder, nativeWithUid, openAccepted } from '../ipc/sockets';
import { reply } from '../ipc/startSession';
import { createRig, wwidOf, type Rig } from '../simulation/rig';
import { runCommand } from './runCommand';

const UNPRINTABLE = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** No line of an output begins with it unless a newline in a name made the line. */
const SECOND_LINE = 'sdz 1:2:3:4 a line that a name made';

const NAMES = [
  'x\u001b[2Jy',
  `a\n${SECOND_LINE}`,
  'usb\u202edrow\u2066',
  'c1\u009b31mred\u0085',
  'tag\u{e0041}\u200b\ufeff',
  'zebra\u2028\u0007\u007f',
];

async function hostileRig(): Promise<Rig> {
  const configuration = configurationOf(
    { alias_prefix: 'p\u202e' },
    { multipaths: [blockOf({ wwid: wwidOf(99), alias: 'alias\u001b[31m\u202e' })] },
  );
  const rig = createRig(filesOf(configuration));
  for (const [lun] of NAMES.entries())
    for (const host of [0, 1])
      rig.simulator.admin.addDisk({
        wwid: wwidOf(lun + 1),
        hcil: `${host}:0:0:${lun + 1}`,
        vendor: 'V\u001b[1m',
        model: `M\u202e\n${SECOND_LINE}`,
        revision: '\u009b0',
      });
  await rig.runtime.start();
  await rig.run(3_000);
  const names = [...rig.runtime.tables.maps.values()].map((map) => map.facts.name);
  for (const [at, name] of names.entries()) rig.simulator.admin.renameMap(name, NAMES[at] ?? `plain ${at}`);
  await rig.run(3_000);
  return rig;
}

function sessionOf(rig: Rig, logged: string[]): Session {
  const { runtime } = rig;
  const log = (level: 'notice' | 'warning' | 'error' | 'info' | 'debug', message: string): void =>
    void logged.push(formatLine('plain', level, message, new Date(0)));
  const events = rig.logs.map(({ level, message, device }) => ({ at: 0, level, message, device: device ?? '' }));
  return createSession({
    tables: () => runtime.tables,
    configuration: runtime.configuration,
    rules: runtime.rules,
    settings: runtime.settings,
    submit: (command) => {
      const result = runtime.submit(command);
      void rig.run(10_000);
      return result;
    },
    control: {
      ...fakeDaemon(makeTables([], [])).dependencies.control,
      now: () => runtime.tables.now,
      explain: (device) => {
        const explained = runtime.explain(device);
        return explained === null ? null : { ...explained, events };
      },
      plan: (main) => {
        const planned = runtime.plan(main);
        void rig.run(10_000);
        return planned;
      },
      log,
    },
  });
}

/** A format is the client's own, and its newlines are, too. */
const EVERYTHING = [...'nwdFQNrtSfxhA01234svpeGgkiDTosHcPCuRaILz'].map((letter) => `%${letter}`).join(' ');

/** Each command of the language, with each name as its parameters. */
function commandLines(): string[] {
  const shown = COMMANDS.filter((command) => command !== 'shutdown' && command !== 'remove maps');
  return shown.flatMap((command) => {
    const words = command.split(' ');
    const hasParameter = words.some((word) => takesParameter(findKey(word) ?? 'list'));
    return (hasParameter ? NAMES : ['']).map((name) =>
      words
        .map((word) =>
          takesParameter(findKey(word) ?? 'list') ? `${word} "${word === 'format' ? EVERYTHING : name}"` : word,
        )
        .join(' '),
    );
  });
}

function expectPrintable(text: string, where: string): void {
  expect({ where, text: UNPRINTABLE.exec(text)?.[0] }).toEqual({ where, text: undefined });
  const forged = text.split('\n').filter((line) => line.startsWith(SECOND_LINE));
  expect({ where, forged }).toEqual({ where, forged: [] });
}

test('the maps of the simulated daemon have the hostile names', async () => {
  const rig = await hostileRig();
  expect([...rig.runtime.tables.maps.values()].map((map) => map.facts.name).sort()).toEqual([...NAMES].sort());
});

test('the log has one line for each message', async () => {
  const rig = await hostileRig();
  expect(rig.logs.length).toBeGreaterThan(10);
  for (const style of ['journald', 'plain', 'terminal'] as const)
    for (const { level, message, device } of rig.logs) {
      const line = formatLine(style, level, device === null ? message : `${device}: ${message}`, new Date(0));
      expectPrintable(line, 'log');
      expect(line).not.toMatch(/[\n\t]/);
    }
});

test('every command of the socket is answered in printable text, and logged so', async () => {
  const rig = await hostileRig();
  const logged: string[] = [];
  const session = sessionOf(rig, logged);
  const devices = [...NAMES, 'sda', wwidOf(1)];
  const own = [
    'mpathd status json',
    'mpathd paths json',
    'mpathd maps json',
    'mpathd config json',
    'mpathd plan json',
    'mpathd audit',
    'mpathd audit json',
    'mpathd nonsense\u001b',
    ...devices.flatMap((device) =>
      ['topology json', 'config json', 'explain json', 'journal save'].map((word) => `mpathd ${word} "${device}"`),
    ),
  ];
  const lines = [...commandLines(), ...own, '\u001b[2J', 'show\u202e maps'];
  expect(lines.length).toBeGreaterThan(100);
  for (const line of lines) {
    const text = await reply(session, line, true);
    expectPrintable(text, line);
    if (text.startsWith('{')) expect(() => JSON.parse(text) as unknown).not.toThrow();
  }
  for (const line of logged) expect(line).not.toMatch(/[\n\t]/);
  logged.forEach((line) => expectPrintable(line, 'log'));
});

test('a name that is printable stays byte for byte what it is', async () => {
  const rig = await hostileRig();
  const name = 'Köln "1" \\x41 磁盘';
  rig.simulator.admin.renameMap(NAMES[0] ?? '', name);
  await rig.run(3_000);
  const session = sessionOf(rig, []);
  expect(await reply(session, 'show maps raw format "%n"', true)).toContain(`${name}\n`);
  expect(await reply(session, 'show topology', true)).toContain(`${name} (`);
});

test('every command of mpathctl prints printable text, with and without --json', async () => {
  const rig = await hostileRig();
  await inFolder(async (folder) => {
    const path = join(folder, 'socket');
    const server = await startServer({
      session: sessionOf(rig, []),
      native: nativeWithUid(0),
      open: openAccepted,
      inputs: () => 1,
      clients: { all: 10, reservedForRoot: 2, perUser: 4 },
      addresses: [path],
      log: () => undefined,
    });
    const commands = [
      ['status'],
      ['paths'],
      ['maps'],
      ['topology'],
      ['config', 'show'],
      ['config', 'show', '--changed'],
      ['plan'],
      ['audit'],
      ['resync'],
      ...[...NAMES, 'sda', wwidOf(1), 'no\u001b'].flatMap((name) => [
        ['topology', name],
        ['explain', name],
        ['config', 'show', name],
        [name],
        [`--${name}`],
        ['config', 'check', name],
        ['plan', '--config', `/no/${name}`],
      ]),
    ];
    try {
      for (const command of commands)
        for (const json of [[], ['--json']]) {
          const { out, err } = await runCommand([...command, ...json, '--socket', path]);
          expectPrintable(terminalText(out), command.join(' '));
          expectPrintable(terminalText(err), command.join(' '));
        }
    } finally {
      await server.close();
    }
  });
});

test('the screen of a simulation is printable', async () => {
  const rig = await hostileRig();
  jest.useFakeTimers();
  try {
    let printed = '';
    const hide = showTopology(rig.runtime.tables, (text) => (printed += text));
    jest.advanceTimersByTime(2_000);
    hide();
    expect(printed).not.toBe('');
    expectPrintable(printed, 'screen');
  } finally {
    jest.useRealTimers();
  }
});

test('values of the configuration are printable in show config', async () => {
  const source = {
    ...emptyConfiguration(),
    files: ['/etc/\u001bmultipath.conf'],
    overrides: blockOf({ prio_args: 'a\u202eb\u001b' }),
  };
  const { dependencies } = fakeDaemon(makeTables([], []), {}, source);
  const session = createSession({ ...dependencies, configuration: () => mergeConfiguration(source) });
  for (const command of ['show config', 'mpathd config json'])
    expectPrintable(await reply(session, command, true), command);
});
