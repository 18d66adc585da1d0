/** The commands that mpathctl sends, and its output if no daemon answers. */
import { join } from 'node:path';
import { startServer } from '../../src/ipc/server';
import type { AdminResult } from '../../src/engine/protocol';
import { inFolder, nativeWithUid, openAccepted } from '../ipc/sockets';
import { runCommand } from './runCommand';
import { withDaemon } from './withDaemon';

/** A server without a daemon behind it. */
const SILENT = {
  native: nativeWithUid(0),
  open: openAccepted,
  inputs: () => 1,
  clients: { all: 10, reservedForRoot: 2, perUser: 4 },
  log: () => undefined,
};

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
    [
      'equal',
      { outcome: 'audit', differences: [], unknown: [], paths: 8, maps: 1 },
      0,
      '0 differences; 8 paths and 1 map compared\n',
    ],
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
  test('the message has the addresses and advice', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'none');
      const { code, err } = await runCommand(['status'], { env: { MULTIPATH_SOCKET_NAME: path } });
      expect(code).toBe(3);
      expect(err).toContain(`no multipath daemon answers on ${path} (ENOENT)`);
      expect(err).toContain('systemctl start mpathd');
    });
  });

  test('an impossible address is a wrong argument', async () => {
    expect(await runCommand(['status', '--socket', '@'])).toMatchObject({ code: 2, out: '' });
  });

  test('the message names a daemon that does not answer', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'socket');
      const server = await startServer({
        ...SILENT,
        session: { handle: () => new Promise(() => undefined) },
        addresses: [path],
      });
      const { code, err } = await runCommand(['maps', '--socket', path, '--timeout', '0.05']);
      expect(code).toBe(3);
      expect(err).toContain(`the daemon on ${path} does not answer: no reply within 50 ms`);
      await server.close();
    });
  });

  test("a process that is not root's is not believed, and named", async () => {
    await withDaemon({}, async () => {
      await inFolder(async (folder) => {
        const path = join(folder, 'socket');
        const server = await startServer({ ...SILENT, session: { handle: async () => '{}' }, addresses: [path] });
        const { code, out, err } = await runCommand(['maps', '--socket', path], { native: () => nativeWithUid(1000) });
        expect([code, out]).toEqual([3, '']);
        expect(err).toContain("pid 4711 of uid 1000 answers there, and only root's daemon is believed");
        expect(err).not.toContain('systemctl start');
        await server.close();
      });
    });
  });

  test('a daemon that refuses is there: the advice is not to start it', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'socket');
      const clients = { all: 10, reservedForRoot: 2, perUser: 0 };
      const native = nativeWithUid(1000);
      const server = await startServer({
        ...SILENT,
        session: { handle: async () => '' },
        addresses: [path],
        clients,
        native,
      });
      const { code, err } = await runCommand(['maps', '--socket', path]);
      expect(code).toBe(1);
      expect(err).toBe('mpathctl: refused: too many connections of uid 1000, 0 are open\n');
      await server.close();
    });
  });

  test.each([
    ['fail\n', 'the daemon that answers is not mpathd'],
    ['pid 1 idle\n', 'the daemon\'s answer to "mpathd status json" is no JSON'],
  ])('another daemon is recognised by its answer %j', async (reply, message) => {
    await inFolder(async (folder) => {
      const path = join(folder, 'socket');
      const server = await startServer({
        ...SILENT,
        session: { handle: async () => reply },
        addresses: [path],
      });
      expect(await runCommand(['status', '--socket', path])).toEqual({
        code: 1,
        out: '',
        err: `mpathctl: ${message}\n`,
      });
      await server.close();
    });
  });
});

describe('journal save', () => {
  test('says what was saved to which file; a relative path is made absolute', async () => {
    await withDaemon({}, async (mpathctl, daemon) => {
      expect(await mpathctl('journal', 'save', '/x/"a" b')).toEqual({
        code: 0,
        out: '12 inputs, 3.4 KiB, saved to /x/"a" b\n',
        err: '',
      });
      const { out } = await mpathctl('journal', 'save', 'a', '--json');
      expect(daemon.journals).toEqual(['/x/"a" b', join(process.cwd(), 'a')]);
      expect(JSON.parse(out)).toEqual({ file: join(process.cwd(), 'a'), inputs: 12, bytes: 3_456 });
    });
  });

  test('is for root', async () => {
    await withDaemon({ uid: 1000 }, async (mpathctl) => expect((await mpathctl('journal', 'save', '/x')).code).toBe(1));
  });
});
