/** The output of mpathctl. */
import { createSession } from '../../src/ipc/session';
import { reply } from '../ipc/startSession';
import { scsiDebug } from '../ipc/fixtures';
import { makeMap, makePath, makeTables } from '../fixtures';
import { withDaemon } from './withDaemon';

describe('status', () => {
  test('shows state, truth and faults', async () => {
    const failure = { code: 'KERNEL_ERROR', operation: 'DM_TABLE_STATUS', device: 'mpatha', errno: 'ENOMEM' } as const;
    const stale = { failure, since: 95_000, attempts: 2, retryAt: 0 };
    const operation = { kind: 'reload', id: 1, asked: 0, since: 99_500, reason: 'sda came' } as const;
    const tables = makeTables(
      [
        makePath({ name: 'sda', devt: '8:0', path: { map: 'mpath-w' } }),
        makePath({ name: 'sdb', devt: '8:16', check: { state: 'down' } }),
      ],
      [makeMap({ name: 'mpatha', wwid: 'w', devt: '253:0', groups: [], map: { stale, operation } })],
      100_000,
    );
    tables.truth.losses.overrun = 2;
    tables.truth.losses.gap = 1;
    tables.truth.gaps = { numbers: 1_200, looks: 7, pauseMs: 40_000 };
    tables.truth.udev = 'silent';
    tables.truth.lastFenceAt = 40_000;
    tables.truth.lastResync = {
      at: 90_000,
      durationMs: 12,
      attempts: 3,
      cause: 'overrun',
      pathsAdded: 1,
      pathsRemoved: 2,
      mapsAdded: 3,
      mapsChanged: 4,
      mapsRemoved: 5,
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
          'gaps           1200 numbers missing, 7 looks found 1; at least 40 s between looks',
          'refused        0 messages',
          'kernel events  buffer 128 MiB asked, 256 MiB granted; SCHED_RR:10; 0 drops',
          'udev events    buffer 128 MiB asked, 256 MiB granted; SCHED_RR:10; 0 drops',
          'calls          reading 2/512, write 1024/1024 and 7 waiting',
          'log            3 lines dropped',
          'udev           silent',
          'paths          1 up, 1 down; 1 orphan, 0 excluded',
          'maps           1, 1 without a usable path',
          'stale          map mpatha, DM_TABLE_STATUS: ENOMEM, for 5.0 s, 2 attempts',
          'running        reload mpatha for 500 ms: sda came',
          'no answer      check sda for 12 s',
          '               read /etc/multipath.conf for 3.0 s',
          '',
        ].join('\n'),
      });
    });
  });

  test("as JSON prints the daemon's document", async () => {
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
  test('paths have their reason, and show if they are stale', async () => {
    const failure = { code: 'TIMED_OUT', operation: 'read', device: 'sda', errno: null } as const;
    const tables = makeTables(
      [
        makePath({
          name: 'sda',
          devt: '8:0',
          check: { state: 'down', message: 'LUN not ready' },
          path: { stale: { failure, since: 0, attempts: 1, retryAt: 0 } },
        }),
        makePath({
          name: 'vda',
          devt: '254:0',
          facts: { hcil: null },
          path: { init: 'excluded', reason: { kind: 'no-path', text: 'not a\u001b[31m whole disk' } },
        }),
      ],
      [],
      3000,
    );
    await withDaemon({ tables }, async (mpathctl) => {
      expect((await mpathctl('paths')).out).toBe(
        [
          'DEV  DEV_T  HCIL     STATE     DM     PRIO  SIZE  MAP  WWID  NOTE',
          'sda  8:0    0:0:0:0  down      undef  -1    8.0M  -    -     stale for 3.0 s (read: TIMED_OUT); LUN not ready',
          'vda  254:0  -        excluded  undef  -1    8.0M  -    -     not a\\x1b[31m whole disk',
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
  ])('%s says if there is nothing', async (command, out) => {
    await withDaemon({ tables: makeTables([], []) }, async (mpathctl) =>
      expect(await mpathctl(command)).toMatchObject({ code: 0, out }),
    );
  });

  test.each(['paths', 'maps', 'topology'])('%s as JSON', async (command) => {
    await withDaemon({}, async (mpathctl) => {
      expect(JSON.parse((await mpathctl(command, '--json')).out)).toMatchObject({ document: 1 });
    });
  });
});

describe('topology', () => {
  test("is the daemon's tree, without colour in a pipe", async () => {
    await withDaemon({}, async (mpathctl, daemon) => {
      const shown = await reply(createSession(daemon.dependencies), 'show topology', true);
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
      expect(JSON.parse((await mpathctl('topology', 'my "disk"', '--json')).out)).toMatchObject({
        maps: [{ name: 'my "disk"' }],
      });
    });
  });

  test('of an unknown map is refused', async () => {
    await withDaemon({}, async (mpathctl) => {
      expect(await mpathctl('topology', 'nosuch')).toEqual({ code: 1, out: '', err: 'mpathctl: device not found\n' });
    });
  });
});
