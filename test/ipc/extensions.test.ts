import { createSession } from '../../src/ipc/session';
import { fakeDaemon, LANES, LISTENER, scsiDebug } from './fixtures';
import { reply as ask } from './startSession';
import { makeMap, makePath, makeTables } from '../fixtures';
import { FILE, block, configuration } from '../config/configurations';

const stale = {
  failure: { code: 'KERNEL_ERROR', operation: 'DM_TABLE_STATUS', device: 'mpatha', errno: 'ENOMEM' },
  since: 90_000,
  attempts: 3,
  retryAt: 101_000,
} as const;

async function json(text: string, tables = scsiDebug()): Promise<unknown> {
  return JSON.parse(await ask(createSession(fakeDaemon(tables).dependencies), text, true));
}

test('status shows the state of the truth, with ages counted from now', async () => {
  const tables = makeTables(
    [
      makePath({ name: 'sda', devt: '8:0', path: { map: 'mpath-w', stale } }),
      makePath({ name: 'sdb', devt: '8:16', path: { init: 'excluded' } }),
    ],
    [
      makeMap({
        name: 'mpatha',
        wwid: 'w',
        devt: '253:0',
        groups: [],
        map: { stale, operation: { kind: 'reload', id: 1, asked: 0, since: 99_000, reason: 'a path came' } },
      }),
    ],
    100_000,
  );
  tables.truth.lastFenceAt = 40_000;
  tables.truth.losses.overrun = 2;
  tables.truth.gaps = { numbers: 12, looks: 3, pauseMs: 5_000 };
  tables.truth.lastResync = {
    at: 70_000,
    durationMs: 12,
    attempts: 1,
    cause: 'overrun',
    pathsAdded: 1,
    pathsRemoved: 2,
    mapsAdded: 3,
    mapsChanged: 4,
    mapsRemoved: 5,
  };
  expect(await json('mpathd status json', tables)).toEqual({
    document: 1,
    daemon: { version: '0.1.0', pid: 347, state: 'idle', uptimeMs: 100_000 },
    truth: {
      phase: 'idle',
      generation: 0,
      losses: expect.objectContaining({ overrun: 2, drops: 0, requested: 0 }),
      resyncs: 0,
      lastResync: {
        ageMs: 30_000,
        durationMs: 12,
        attempts: 1,
        cause: 'overrun',
        pathsAdded: 1,
        pathsRemoved: 2,
        mapsAdded: 3,
        mapsChanged: 4,
        mapsRemoved: 5,
      },
      lastFenceAgeMs: 60_000,
      silentMisses: 0,
      gaps: { numbers: 12, looks: 3, pauseMs: 5_000 },
      refusedMessages: 0,
    },
    udev: 'absent',
    listeners: { kernel: LISTENER, udev: LISTENER },
    lanes: LANES,
    log: { dropped: 3 },
    // The oldest first; what was asked just now is no sign.
    unanswered: [
      { operation: 'check', device: 'sda', ageMs: 12_000 },
      { operation: 'read', device: '/etc/multipath.conf', ageMs: 3_000 },
    ],
    paths: { total: 2, excluded: 1, orphans: 0, byState: { up: 1 } },
    maps: { total: 1, withoutUsablePath: 1 },
    stale: [
      {
        kind: 'path',
        device: 'sda',
        operation: 'DM_TABLE_STATUS',
        errno: 'ENOMEM',
        code: 'KERNEL_ERROR',
        ageMs: 10_000,
        attempts: 3,
      },
      {
        kind: 'map',
        device: 'mpatha',
        operation: 'DM_TABLE_STATUS',
        errno: 'ENOMEM',
        code: 'KERNEL_ERROR',
        ageMs: 10_000,
        attempts: 3,
      },
    ],
    operations: [{ map: 'mpatha', kind: 'reload', reason: 'a path came', ageMs: 1000 }],
  });
});

test('before the first resync and fence their ages are null', async () => {
  expect(await json('mpathd status json')).toMatchObject({ truth: { lastResync: null, lastFenceAgeMs: null } });
});

test('paths lists all paths, the excluded ones with their reason', async () => {
  const tables = makeTables(
    [
      makePath({
        name: 'vda',
        devt: '254:0',
        facts: null,
        path: { init: 'excluded', reason: { kind: 'no-path', text: 'its size is 0' } },
      }),
    ],
    [],
  );
  expect(await json('mpathd paths json', tables)).toMatchObject({
    document: 1,
    paths: [{ name: 'vda', init: 'excluded', reason: 'its size is 0', hcil: null, map: null, check: { state: 'up' } }],
  });
});

test('maps has the number of usable paths of each map', async () => {
  expect(await json('mpathd maps json')).toMatchObject({
    maps: [
      {
        name: '1Linux_scsi_debug_2000',
        sysfs: 'dm-0',
        size: '8.0M',
        paths: { total: 4, usable: 4 },
        stale: null,
        operation: null,
      },
      { name: '1Linux_scsi_debug_2001' },
    ],
  });
});

test('topology has the groups; a member that is no known path has no name', async () => {
  const tables = makeTables(
    [],
    [makeMap({ name: 'm', wwid: 'w', devt: '253:0', groups: [{ state: 'active', devts: ['8:0'] }] })],
  );
  expect(await json('mpathd topology json m', tables)).toMatchObject({
    maps: [
      { name: 'm', groups: [{ number: 1, state: 'active', paths: [{ name: null, devt: '8:0', dmState: 'active' }] }] },
    ],
  });
});

test('topology of one map only, or of a map that does not exist', async () => {
  expect(await json('mpathd topology json dm-1')).toMatchObject({ maps: [{ name: '1Linux_scsi_debug_2001' }] });
  const session = createSession(fakeDaemon(scsiDebug()).dependencies);
  expect(await ask(session, 'mpathd topology json nosuch', true)).toBe('fail\ndevice not found\n');
});

test('resync is answered when the resync has ended', async () => {
  const daemon = fakeDaemon(scsiDebug());
  daemon.answer({ outcome: 'fail', reason: 'other', message: 'no listing' });
  expect(await ask(createSession(daemon.dependencies), 'mpathd resync', true)).toBe('fail\nno listing\n');
  expect(daemon.submitted).toEqual([{ kind: 'resync' }]);
});

describe('audit', () => {
  const difference = { device: 'mpatha', field: 'name', tables: 'mpatha', kernel: 'mpathb' };
  const unknown = { code: 'TIMED_OUT', operation: 'read', device: 'sda', errno: null } as const;
  const audit = async (text: string): Promise<string> => {
    const daemon = fakeDaemon(scsiDebug());
    daemon.answer({ outcome: 'audit', differences: [difference], unknown: [unknown], paths: 8, maps: 2 });
    return ask(createSession(daemon.dependencies), text, true);
  };

  test('in words', async () => {
    expect(await audit('mpathd audit')).toBe(
      'mpatha name: tables mpatha, kernel mpathb\nunknown: read sda: TIMED_OUT\n1 difference; 8 paths, 2 maps compared\n',
    );
  });

  test('as JSON', async () => {
    expect(JSON.parse(await audit('mpathd audit json'))).toEqual({
      differences: [difference],
      unknown: [unknown],
      paths: 8,
      maps: 2,
    });
  });

  test('that fails is a failure in both forms', async () => {
    const daemon = fakeDaemon(scsiDebug());
    daemon.answer({ outcome: 'fail', reason: 'timeout', message: '' });
    expect(await ask(createSession(daemon.dependencies), 'mpathd audit json', true)).toBe('fail\ntimeout\n');
  });
});

test.each(['mpathd', 'mpathd status', 'mpathd frob', 'mpathd status xml'])(
  '%s lists the own commands of mpathd',
  async (text) => {
    const session = createSession(fakeDaemon(scsiDebug()).dependencies);
    expect(await ask(session, text, true)).toMatch(/^fail\n.*\n mpathd status json\n/);
  },
);

test('the first word must be complete: `mp` belongs to multipathd', async () => {
  const session = createSession(fakeDaemon(scsiDebug()).dependencies);
  expect(await ask(session, 'mpath status json', true)).toBe('fail\n');
});

describe('journal save', () => {
  const failed = {
    code: 'KERNEL_ERROR',
    operation: 'save',
    device: '/x/a b',
    errno: 'EROFS',
    detail: 'the service may write below /run',
  } as const;

  test('has the daemon write the file, for root only', async () => {
    const daemon = fakeDaemon(scsiDebug());
    const session = createSession(daemon.dependencies);
    expect(await ask(session, 'mpathd journal save "/x/a b"', false)).toBe('fail\npermission deny: need to be root\n');
    expect(daemon.journals).toEqual([]);
    expect(JSON.parse(await ask(session, 'mpathd journal save "/x/a b"', true))).toEqual({
      file: '/x/a b',
      inputs: 12,
      bytes: 3_456,
    });
    expect(daemon.journals).toEqual(['/x/a b']);
    expect(daemon.logged).toEqual(['notice: asked for on the socket: journal save /x/a b']);
  });

  test.each([
    ['mpathd journal save', 'fail\njournal save takes one file\n'],
    ['mpathd journal save /a /b', 'fail\njournal save takes one file\n'],
    ['mpathd journal save a', 'fail\njournal save: a is no absolute path\n'],
  ])('%s is refused', async (command, reply) => {
    const daemon = fakeDaemon(scsiDebug());
    expect(await ask(createSession(daemon.dependencies), command, true)).toBe(reply);
    expect(daemon.journals).toEqual([]);
  });

  test('says why the file could not be written', async () => {
    const daemon = fakeDaemon(scsiDebug());
    daemon.refuseJournal(failed);
    expect(await ask(createSession(daemon.dependencies), 'mpathd journal save "/x/a b"', true)).toBe(
      'fail\nsave /x/a b: EROFS (the service may write below /run)\n',
    );
  });
});

describe('plan', () => {
  test('is made with the named file, or without one, for root only', async () => {
    const daemon = fakeDaemon(scsiDebug());
    const session = createSession(daemon.dependencies);
    expect(await ask(session, 'mpathd plan json', false)).toBe('fail\npermission deny: need to be root\n');
    expect(daemon.planned).toEqual([]);
    expect(JSON.parse(await ask(session, 'mpathd plan json', true))).toEqual({ maps: [], complete: true });
    await ask(session, 'mpathd plan json "/x/a b"', true);
    expect(daemon.planned).toEqual([null, '/x/a b']);
    expect(daemon.submitted).toEqual([]);
  });

  test.each([
    ['mpathd plan json /a /b', 'fail\nplan takes one file\n'],
    ['mpathd plan json a', 'fail\nplan: a is no absolute path\n'],
  ])('%s is refused', async (command, reply) => {
    const daemon = fakeDaemon(scsiDebug());
    expect(await ask(createSession(daemon.dependencies), command, true)).toBe(reply);
    expect(daemon.planned).toEqual([]);
  });

  test('says why there is no plan', async () => {
    const daemon = fakeDaemon(scsiDebug());
    daemon.planAnswer({
      ok: false,
      failure: { code: 'KERNEL_ERROR', operation: 'DM_LIST_DEVICES', device: 'device-mapper', errno: 'ENOMEM' },
    });
    expect(await ask(createSession(daemon.dependencies), 'mpathd plan json', true)).toBe(
      'fail\nDM_LIST_DEVICES device-mapper: ENOMEM\n',
    );
  });
});

test('reconfigure is answered when it has ended, for root only', async () => {
  const daemon = fakeDaemon(scsiDebug());
  const session = createSession(daemon.dependencies);
  expect(await ask(session, 'mpathd reconfigure', false)).toBe('fail\npermission deny: need to be root\n');
  expect(daemon.submitted).toEqual([]);
  daemon.answer({
    outcome: 'fail',
    reason: 'other',
    message: '/etc/multipath.conf: EACCES; the running configuration stays',
  });
  expect(await ask(session, 'mpathd reconfigure', true)).toBe(
    'fail\n/etc/multipath.conf: EACCES; the running configuration stays\n',
  );
  expect(daemon.submitted).toEqual([{ kind: 'reconfigure' }]);
});

test('config: the configuration in force, with the changes by files', async () => {
  const source = configuration({ defaults: block({ failback: 'immediate' }, 3) });
  const reply = await ask(createSession(fakeDaemon(scsiDebug(), {}, source).dependencies), 'mpathd config json', false);
  expect(JSON.parse(reply)).toMatchObject({
    files: [FILE],
    defaults: {
      failback: { value: 'immediate', origin: { from: 'file', file: FILE, line: 3 } },
      verbosity: { origin: { from: 'default' } },
    },
    changed: [{ section: 'defaults', keyword: 'failback', value: 'immediate', line: 3, builtIn: 'manual' }],
  });
});

describe('explain', () => {
  test('shows what is known of a device to all users, by any of its names', async () => {
    const daemon = fakeDaemon(scsiDebug());
    const answer = {
      subject: { kind: 'path' as const, name: 'sda', wwid: 'w' },
      multipathed: true,
      verdict: 'v',
      remedy: null,
      map: 'mpatha',
      sections: [],
      events: [],
    };
    daemon.explanations.set('sda', answer);
    const session = createSession(daemon.dependencies);
    expect(JSON.parse(await ask(session, 'mpathd explain json sda', false))).toEqual(answer);
    expect(JSON.parse(await ask(session, 'mpathd explain json /dev/sda', false))).toEqual(answer);
  });

  test.each([
    ['mpathd explain json', /^fail\nexplain takes one device\n$/],
    ['mpathd explain json a b', /^fail\nexplain takes one device\n$/],
    ['mpathd explain json sdx', /^fail\nnothing is known of sdx: .*mpathctl paths/],
  ])('%s is refused', async (command, reply) => {
    expect(await ask(createSession(fakeDaemon(scsiDebug()).dependencies), command, true)).toMatch(reply);
  });
});

test('config of a device: every setting in force for it, by any of its names', async () => {
  const daemon = fakeDaemon(scsiDebug());
  const report = { kind: 'path', name: 'sda', wwid: 'w', map: null, device: null, settings: [] } as const;
  daemon.reports.set('sda', { ...report, settings: [] });
  const session = createSession(daemon.dependencies);
  expect(JSON.parse(await ask(session, 'mpathd config json /dev/sda', false))).toEqual(report);
  expect(await ask(session, 'mpathd config json sdz', false)).toBe('fail\ndevice not found\n');
  expect(await ask(session, 'mpathd config json sda sdb', false)).toBe('fail\nconfig json takes one device\n');
});
