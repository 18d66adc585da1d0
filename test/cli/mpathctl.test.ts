/** mpathctl against the real socket server and session, over hand-made tables. */
import { join } from 'node:path';
import { createSession } from '../../src/ipc/session';
import { startServer } from '../../src/ipc/server';
import { runMpathctl } from '../../src/cli/runMpathctl';
import type { Configuration } from '../../src/config/configuration';
import type { AdminResult } from '../../src/engine/protocol';
import type { TableStore } from '../../src/engine/tableStore';
import { block, configuration, FILE, rule } from '../config/configurations';
import { fakeDaemon, makeMap, makePath, makeTables, scsiDebug, type FakeDaemon } from '../ipc/fixtures';
import { inFolder, nativeWithUid } from '../ipc/sockets';
import { noCheck } from './noCheck';

interface Run {
  code: number;
  out: string;
  err: string;
}

interface Options {
  tables?: TableStore;
  configuration?: Configuration;
  result?: AdminResult;
  uid?: number;
  isTTY?: boolean;
  env?: Record<string, string>;
}

async function run(argv: readonly string[], env: Record<string, string>, isTTY: boolean): Promise<Run> {
  const texts = { out: '', err: '' };
  const code = await runMpathctl({
    argv,
    env,
    isTTY,
    version: '0.1.0',
    stdout: (text) => (texts.out += text),
    stderr: (text) => (texts.err += text),
    native: () => nativeWithUid(0),
    ...noCheck,
  });
  return { code, ...texts };
}

async function withDaemon(options: Options, body: (mpathctl: (...argv: string[]) => Promise<Run>, daemon: FakeDaemon) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const path = join(folder, 'socket');
    const daemon = fakeDaemon(options.tables ?? scsiDebug(), options.configuration === undefined ? { timeoutMs: 20 } : {}, options.configuration);
    if (options.result !== undefined) daemon.answer(options.result);
    const server = await startServer({
      session: createSession(daemon.dependencies),
      native: nativeWithUid(options.uid ?? 0),
      addresses: [path],
      log: () => undefined,
    });
    try {
      await body((...argv) => run([...argv, '--socket', path], options.env ?? {}, options.isTTY ?? false), daemon);
    } finally {
      await server.close();
    }
  });
}

describe('status', () => {
  test('tells the state, the truth and what is wrong', async () => {
    const failure = { code: 'KERNEL_ERROR', operation: 'DM_TABLE_STATUS', device: 'mpatha', errno: 'ENOMEM' } as const;
    const stale = { failure, since: 95_000, attempts: 2, retryAt: 0 };
    const operation = { kind: 'reload', id: 1, asked: 0, since: 99_500, reason: 'sda came' } as const;
    const tables = makeTables(
      [makePath({ name: 'sda', devt: '8:0', path: { map: 'mpath-w' } }), makePath({ name: 'sdb', devt: '8:16', check: { state: 'down' } })],
      [makeMap({ name: 'mpatha', wwid: 'w', devt: '253:0', groups: [], map: { stale, operation } })],
      100_000,
    );
    tables.truth.losses.overrun = 2;
    tables.truth.losses.gap = 1;
    tables.truth.gaps = { numbers: 1_200, looks: 7, pauseMs: 40_000 };
    tables.truth.udev = 'silent';
    tables.truth.lastFenceAt = 40_000;
    tables.truth.lastResync = {
      at: 90_000, durationMs: 12, attempts: 3, cause: 'overrun',
      pathsAdded: 1, pathsRemoved: 2, mapsAdded: 3, mapsChanged: 4, mapsRemoved: 5,
    };
    await withDaemon({ tables }, async (mpathctl) => {
      expect(await mpathctl('status')).toEqual({
        code: 0,
        err: '',
        out: [
          'daemon         mpathd 0.1.0, pid 347, idle, up 1 min 40 s',
          'truth          idle, generation 0, 0 resyncs',
          'losses         overrun 2, gap 1',
          'last resync    10 s ago (overrun), took 12 ms, 3 attempts; paths +1 -2, maps +3 ~4 -5',
          'last fence     1 min ago',
          'silent misses  0',
          'gaps           1200 numbers missing, 7 looks found 1; 40 s at least from look to look',
          'refused        0 messages',
          'kernel events  buffer 128 MiB asked, 256 MiB granted; SCHED_RR:10; 0 drops',
          'udev events    buffer 128 MiB asked, 256 MiB granted; SCHED_RR:10; 0 drops',
          'udev           silent',
          'paths          1 up, 1 down; 1 orphan, 0 excluded',
          'maps           1, 1 without a usable path',
          'stale          map mpatha, DM_TABLE_STATUS: ENOMEM, for 5.0 s, 2 attempts',
          'running        reload mpatha for 500 ms: sda came',
          '',
        ].join('\n'),
      });
    });
  });

  test('as JSON is the document of the daemon', async () => {
    await withDaemon({}, async (mpathctl) => {
      const { code, out } = await mpathctl('status', '--json');
      expect(code).toBe(0);
      expect(JSON.parse(out)).toMatchObject({ daemon: { pid: 347 }, paths: { total: 8, byState: { up: 8 } } });
    });
  });

  test('is open to all users', async () => {
    await withDaemon({ uid: 1000 }, async (mpathctl) => expect((await mpathctl('status')).code).toBe(0));
  });
});

describe('lists', () => {
  test('paths have their reason and what is stale', async () => {
    const failure = { code: 'TIMED_OUT', operation: 'read', device: 'sda', errno: null } as const;
    const tables = makeTables(
      [
        makePath({
          name: 'sda',
          devt: '8:0',
          check: { state: 'down', message: 'LUN not ready' },
          path: { stale: { failure, since: 0, attempts: 1, retryAt: 0 } },
        }),
        makePath({ name: 'vda', devt: '254:0', facts: { hcil: null }, path: { init: 'excluded', reason: 'not a\u001b[31m whole disk' } }),
      ],
      [],
      3000,
    );
    await withDaemon({ tables }, async (mpathctl) => {
      expect((await mpathctl('paths')).out).toBe(
        [
          'DEV  DEV_T  HCIL     STATE     DM     PRIO  SIZE  MAP  WWID  NOTE',
          'sda  8:0    0:0:0:0  down      undef  -1    8.0M  -    -     stale for 3.0 s (read: TIMED_OUT); LUN not ready',
          'vda  254:0  -        excluded  undef  -1    8.0M  -    -     not a?[31m whole disk',
          '',
        ].join('\n'),
      );
    });
  });

  test('maps have their usable paths and the last failure', async () => {
    const map = makeMap({
      name: 'mpatha',
      wwid: '36001',
      devt: '253:0',
      groups: [{ state: 'active', devts: ['8:0', '8:16'] }],
      facts: { suspended: true, openCount: 2 },
      map: { lastFailure: 'DM_TABLE_LOAD: EINVAL' },
    });
    const tables = makeTables([makePath({ name: 'sda', devt: '8:0', path: { map: 'mpath-36001' } })], [map]);
    await withDaemon({ tables }, async (mpathctl) => {
      expect((await mpathctl('maps')).out).toBe(
        [
          'NAME    SYSFS  SIZE  PATHS  STATE         OPEN  WWID   NOTE',
          'mpatha  dm-0   8.0M  1/2    suspended,rw  2     36001  DM_TABLE_LOAD: EINVAL',
          '',
        ].join('\n'),
      );
    });
  });

  test.each([
    ['paths', 'no paths\n'],
    ['maps', 'no maps\n'],
    ['topology', 'no maps\n'],
  ])('%s says so where there is nothing', async (command, out) => {
    await withDaemon({ tables: makeTables([], []) }, async (mpathctl) => expect(await mpathctl(command)).toMatchObject({ code: 0, out }));
  });

  test.each(['paths', 'maps', 'topology'])('%s as JSON', async (command) => {
    await withDaemon({}, async (mpathctl) => {
      expect(JSON.parse((await mpathctl(command, '--json')).out)).toMatchObject({ document: 1 });
    });
  });
});

describe('topology', () => {
  test('is the tree that the daemon shows, without colour in a pipe', async () => {
    await withDaemon({}, async (mpathctl, daemon) => {
      const shown = await createSession(daemon.dependencies).handle('show topology', true);
      expect((await mpathctl('topology')).out).toBe(shown);
      expect((await mpathctl('topology', 'dm-1')).out).toBe(shown.slice(shown.indexOf('1Linux_scsi_debug_2001')));
    });
  });

  test('is coloured on a terminal, but not with NO_COLOR', async () => {
    const tables = scsiDebug();
    const sda = tables.pathByName('sda');
    if (sda !== undefined) sda.check.state = 'down';
    await withDaemon({ tables, isTTY: true }, async (mpathctl) => {
      const { out } = await mpathctl('topology');
      expect(out).toContain('\u001b[1m1Linux_scsi_debug_2000 dm-0 Linux,scsi_debug\u001b[0m\nsize=');
      expect(out).toContain(' active \u001b[31mfaulty\u001b[0m running');
    });
    await withDaemon({ tables, isTTY: true, env: { NO_COLOR: '1' } }, async (mpathctl) => {
      expect((await mpathctl('topology')).out).not.toContain('\u001b');
    });
  });

  test('of one map as JSON, by a name with a quote mark', async () => {
    const tables = makeTables([], [makeMap({ name: 'my "disk"', wwid: 'w', devt: '253:0', groups: [] })]);
    await withDaemon({ tables }, async (mpathctl) => {
      expect(JSON.parse((await mpathctl('topology', 'my "disk"', '--json')).out)).toMatchObject({ maps: [{ name: 'my "disk"' }] });
    });
  });

  test('of an unknown map is refused', async () => {
    await withDaemon({}, async (mpathctl) => {
      expect(await mpathctl('topology', 'nosuch')).toEqual({ code: 1, out: '', err: 'mpathctl: device not found\n' });
    });
  });
});

describe('changes', () => {
  test('resync waits until it is done', async () => {
    await withDaemon({}, async (mpathctl, daemon) => {
      expect(await mpathctl('resync')).toEqual({ code: 0, out: 'resync done\n', err: '' });
      expect(daemon.submitted).toEqual([{ kind: 'resync' }]);
    });
  });

  test('a refusal is an error', async () => {
    await withDaemon({ result: { outcome: 'fail', reason: 'other', message: 'no listing' } }, async (mpathctl) => {
      expect(await mpathctl('resync')).toEqual({ code: 1, out: '', err: 'mpathctl: no listing\n' });
    });
  });

  test('shutdown stops the daemon', async () => {
    await withDaemon({}, async (mpathctl, daemon) => {
      expect(JSON.parse((await mpathctl('shutdown', '--json')).out)).toMatchObject({ ok: true });
      expect(daemon.shutdowns()).toBe(1);
    });
  });

  test.each(['resync', 'shutdown', 'audit'])('%s is for root', async (command) => {
    await withDaemon({ uid: 1000 }, async (mpathctl, daemon) => {
      const { code, out, err } = await mpathctl(command);
      expect(code).toBe(command === 'audit' ? 2 : 1);
      expect(out + err).toContain('need to be root');
      expect(daemon.shutdowns()).toBe(0);
    });
  });
});

describe('audit', () => {
  const difference = { device: 'mpatha', field: 'name', tables: 'mpatha', kernel: 'mpathb' };
  const unknown = { code: 'KERNEL_ERROR', operation: 'DM_TABLE_STATUS', device: 'mpathc', errno: 'ENOMEM' } as const;

  test.each<[string, AdminResult, number, string]>([
    ['equal', { outcome: 'audit', differences: [], unknown: [], paths: 8, maps: 1 }, 0, '0 differences; 8 paths and 1 map compared\n'],
    [
      'different',
      { outcome: 'audit', differences: [difference], unknown: [], paths: 8, maps: 2 },
      1,
      'mpatha  name  tables: mpatha  kernel: mpathb\n1 difference; 8 paths and 2 maps compared\n',
    ],
    [
      'equal as far as it could be read',
      { outcome: 'audit', differences: [], unknown: [unknown], paths: 8, maps: 2 },
      2,
      'unknown DM_TABLE_STATUS mpathc: ENOMEM\n0 differences; 8 paths and 2 maps compared, 1 reading failed\n',
    ],
    ['not answerable', { outcome: 'fail', reason: 'other', message: 'no listing' }, 2, 'not answerable: no listing\n'],
    ['not answered in time', { outcome: 'fail', reason: 'timeout', message: '' }, 2, 'not answerable: timeout\n'],
  ])('%s', async (_, result, code, out) => {
    await withDaemon({ result }, async (mpathctl) => {
      expect(await mpathctl('audit')).toEqual({ code, out, err: '' });
      const json = await mpathctl('audit', '--json');
      expect(json.code).toBe(code);
      expect(typeof JSON.parse(json.out)).toBe('object');
    });
  });
});

describe('without a daemon', () => {
  test('it says where it looked and what to do', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'none');
      const { code, err } = await run(['status'], { MULTIPATH_SOCKET_NAME: path }, false);
      expect(code).toBe(3);
      expect(err).toContain(`no multipath daemon answers on ${path} (ENOENT)`);
      expect(err).toContain('systemctl start mpathd');
    });
  });

  test('an address that cannot be one is a wrong argument', async () => {
    expect(await run(['status', '--socket', '@'], {}, false)).toMatchObject({ code: 2, out: '' });
  });

  test('a daemon that does not answer is named', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'socket');
      const server = await startServer({
        session: { handle: () => new Promise(() => undefined) },
        native: nativeWithUid(0),
        addresses: [path],
        log: () => undefined,
      });
      const { code, err } = await run(['maps', '--socket', path, '--timeout', '0.05'], {}, false);
      expect(code).toBe(3);
      expect(err).toContain(`the daemon on ${path} does not answer: no reply within 50 ms`);
      await server.close();
    });
  });

  test.each([
    ['fail\n', 'the daemon that answers is not mpathd'],
    ['pid 1 idle\n', 'the daemon\'s answer to "mpathd status json" is no JSON'],
  ])('another daemon that answers %j is recognised', async (reply, message) => {
    await inFolder(async (folder) => {
      const path = join(folder, 'socket');
      const server = await startServer({
        session: { handle: async () => reply },
        native: nativeWithUid(0),
        addresses: [path],
        log: () => undefined,
      });
      expect(await run(['status', '--socket', path], {}, false)).toEqual({ code: 1, out: '', err: `mpathctl: ${message}\n` });
      await server.close();
    });
  });
});

describe('journal save', () => {
  test('tells what was saved where; a relative path is made absolute', async () => {
    await withDaemon({}, async (mpathctl, daemon) => {
      expect(await mpathctl('journal', 'save', '/x/"a" b')).toEqual({ code: 0, out: '12 inputs, 3.4 KiB, saved to /x/"a" b\n', err: '' });
      const { out } = await mpathctl('journal', 'save', 'a', '--json');
      expect(daemon.journals).toEqual(['/x/"a" b', join(process.cwd(), 'a')]);
      expect(JSON.parse(out)).toEqual({ file: join(process.cwd(), 'a'), inputs: 12, bytes: 3_456 });
    });
  });

  test('is for root', async () => {
    await withDaemon({ uid: 1000 }, async (mpathctl) => expect((await mpathctl('journal', 'save', '/x')).code).toBe(1));
  });
});

describe('plan and reconfigure', () => {
  test('a relative file is made absolute; the answer is shown as text or as it is', async () => {
    await withDaemon({}, async (mpathctl, daemon) => {
      expect(await mpathctl('plan')).toEqual({ code: 0, out: '0 maps. Nothing was done.\n', err: '' });
      const { out } = await mpathctl('plan', '--config', 'a b', '--json');
      expect(JSON.parse(out)).toEqual({ maps: [], complete: true });
      expect(daemon.planned).toEqual([null, join(process.cwd(), 'a b')]);
    });
  });

  test('reconfigure', async () => {
    await withDaemon({}, async (mpathctl, daemon) => {
      expect(await mpathctl('reconfigure')).toEqual({ code: 0, out: 'reconfigured\n', err: '' });
      expect(daemon.submitted).toEqual([{ kind: 'reconfigure' }]);
    });
  });

  test.each(['plan', 'reconfigure'])('%s is for root', async (command) => {
    await withDaemon({ uid: 1000 }, async (mpathctl) => expect((await mpathctl(command)).code).toBe(1));
  });
});

describe('config show', () => {
  const source = configuration({
    defaults: block({ failback: 'immediate', verbosity: 2 }, 3),
    blacklist: { ...configuration().blacklist, wwid: [rule('^3601', 9)] },
    overrides: block({ user_friendly_names: true, mode: 0o640 }, 20),
  });

  test('the daemon’s own, to be read back', async () => {
    await withDaemon({ configuration: source, uid: 1000 }, async (mpathctl, daemon) => {
      const { code, out } = await mpathctl('config', 'show');
      expect(code).toBe(0);
      expect(out).toBe(await createSession(daemon.dependencies).handle('show config', false));
    });
  });

  test('--changed: each with its place', async () => {
    await withDaemon({ configuration: source }, async (mpathctl) => {
      const { out } = await mpathctl('config', 'show', '--changed');
      expect(out.split('\n').map((line) => line.split(/  +/))).toEqual([
        ['SECTION', 'OF', 'KEYWORD', 'VALUE', 'DEFAULT', 'WHERE'],
        ['defaults', '-', 'failback', '"immediate"', '"manual"', `${FILE}:3`],
        ['blacklist', '-', 'wwid', '^3601', '-', `${FILE}:9`],
        ['overrides', '-', 'user_friendly_names', '"yes"', '"no"', `${FILE}:20`],
        ['overrides', '-', 'mode', '0640', '-', `${FILE}:21`],
        [''],
      ]);
    });
  });

  test('--changed, and nothing is', async () => {
    await withDaemon({ configuration: configuration() }, async (mpathctl) => expect((await mpathctl('config', 'show', '--changed')).out).toMatch(/^Nothing: /));
  });

  test('--json: the whole document, or what is changed', async () => {
    await withDaemon({ configuration: source }, async (mpathctl) => {
      const whole: unknown = JSON.parse((await mpathctl('config', 'show', '--json')).out);
      expect(whole).toMatchObject({ files: [FILE], defaults: { failback: { value: 'immediate' } } });
      const changed: unknown = JSON.parse((await mpathctl('config', 'show', '--json', '--changed')).out);
      expect(changed).toHaveLength(4);
    });
  });

  const lost = { keyword: 'dev_loss_tmo', value: null, origin: { from: 'default' } } as const;
  const prio = { keyword: 'prio', value: 'sysfs', origin: { from: 'detection', why: 'it says so' } } as const;
  const key = { keyword: 'reservation_key', value: 'set', origin: { from: 'file', section: 'multipaths', file: FILE, line: 7 } } as const;
  const device = { vendor: 'IBM', product: '2145', revision: null, protocol: 'scsi:fcp', bus: 'scsi' } as const;

  test('a path: every setting and where it comes from; --changed leaves the defaults out', async () => {
    await withDaemon({}, async (mpathctl, daemon) => {
      daemon.reports.set('sda', { kind: 'path', name: 'sda', wwid: '3600a', map: 'red', device, settings: [prio, lost] });
      const { out } = await mpathctl('config', 'show', '/dev/sda');
      expect(out.split('\n').map((line) => line.split(/  +/))).toEqual([
        ['sda (3600a): IBM, 2145, scsi:fcp; in red, whose own settings `mpathctl config show red` shows'],
        ['KEYWORD', 'VALUE', 'SOURCE'],
        ['prio', '"sysfs"', 'detected: it says so'],
        ['dev_loss_tmo', '-', 'default'],
        [''],
      ]);
      expect((await mpathctl('config', 'show', 'sda', '--changed')).out).not.toContain('dev_loss_tmo');
      expect(JSON.parse((await mpathctl('config', 'show', 'sda', '--json')).out)).toMatchObject({ kind: 'path', settings: [prio, lost] });
    });
  });

  test('a map: its own, what all paths share, what differs', async () => {
    await withDaemon({}, async (mpathctl, daemon) => {
      const paths = [{ name: 'sda', settings: [prio] }, { name: 'sdb', settings: [] }];
      daemon.reports.set('red', { kind: 'map', name: 'red', wwid: '3600a', device, settings: [key], common: [lost], paths });
      const { out } = await mpathctl('config', 'show', 'red');
      expect(out.split('\n').map((line) => line.split(/  +/))).toEqual([
        ['red (3600a): IBM, 2145, scsi:fcp'],
        ['KEYWORD', 'VALUE', 'SOURCE'],
        ['reservation_key', 'set (not shown)', `${FILE} line 7 (multipaths)`],
        [''],
        ['the same on all 2 paths:'],
        ['KEYWORD', 'VALUE', 'SOURCE'],
        ['dev_loss_tmo', '-', 'default'],
        [''],
        ['what differs:'],
        ['PATH', 'KEYWORD', 'VALUE', 'SOURCE'],
        ['sda', 'prio', '"sysfs"', 'detected: it says so'],
        [''],
      ]);
    });
  });

  test('a device that the daemon does not know', async () => {
    await withDaemon({}, async (mpathctl) => expect(await mpathctl('config', 'show', 'sdz')).toMatchObject({ code: 1, out: '', err: expect.stringContaining('device not found') }));
  });

  test.each([
    [['config', 'show', '--config-dir', '/x'], '--config-dir belongs to config check'],
    [['config', 'check', '--changed'], '--changed belongs to config show'],
    [['paths', '--changed'], '--changed belongs to config'],
  ])('%j is refused', async (argv, message) => {
    expect(await run(argv, {}, false)).toMatchObject({ code: 2, err: expect.stringContaining(message) });
  });
});
