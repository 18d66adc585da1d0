/** mpathctl plan, reconfigure and config show. */
import { join } from 'node:path';
import { createSession } from '../../src/ipc/session';
import { reply } from '../ipc/startSession';
import { block, configuration, FILE, rule } from '../config/configurations';
import { runCommand } from './runCommand';
import { withDaemon } from './withDaemon';

describe('plan and reconfigure', () => {
  test('a relative file is made absolute; the answer is shown as text or as JSON', async () => {
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

  test('the configuration of the daemon, which can be read back', async () => {
    await withDaemon({ configuration: source, uid: 1000 }, async (mpathctl, daemon) => {
      const { code, out } = await mpathctl('config', 'show');
      expect(code).toBe(0);
      expect(out).toBe(await reply(createSession(daemon.dependencies), 'show config', false));
    });
  });

  test('--changed: each setting with file and line', async () => {
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

  test('--changed without a changed setting', async () => {
    await withDaemon({ configuration: configuration() }, async (mpathctl) =>
      expect((await mpathctl('config', 'show', '--changed')).out).toMatch(/^Nothing: /),
    );
  });

  test('--json: the whole document, or only the changes', async () => {
    await withDaemon({ configuration: source }, async (mpathctl) => {
      const whole: unknown = JSON.parse((await mpathctl('config', 'show', '--json')).out);
      expect(whole).toMatchObject({ files: [FILE], defaults: { failback: { value: 'immediate' } } });
      const changed: unknown = JSON.parse((await mpathctl('config', 'show', '--json', '--changed')).out);
      expect(changed).toHaveLength(4);
    });
  });

  const lost = { keyword: 'dev_loss_tmo', value: null, origin: { from: 'default' } } as const;
  const prio = { keyword: 'prio', value: 'sysfs', origin: { from: 'detection', why: 'it says so' } } as const;
  const key = {
    keyword: 'reservation_key',
    value: 'set',
    origin: { from: 'file', section: 'multipaths', file: FILE, line: 7 },
  } as const;
  const device = { vendor: 'IBM', product: '2145', revision: null, protocol: 'scsi:fcp', bus: 'scsi' } as const;

  test('a path: every setting and its source; --changed leaves the defaults out', async () => {
    await withDaemon({}, async (mpathctl, daemon) => {
      daemon.reports.set('sda', {
        kind: 'path',
        name: 'sda',
        wwid: '3600a',
        map: 'red',
        device,
        settings: [prio, lost],
      });
      const { out } = await mpathctl('config', 'show', '/dev/sda');
      expect(out.split('\n').map((line) => line.split(/  +/))).toEqual([
        ['sda (3600a): IBM, 2145, scsi:fcp; in red, whose own settings `mpathctl config show red` shows'],
        ['KEYWORD', 'VALUE', 'SOURCE'],
        ['prio', '"sysfs"', 'detected: it says so'],
        ['dev_loss_tmo', '-', 'default'],
        [''],
      ]);
      expect((await mpathctl('config', 'show', 'sda', '--changed')).out).not.toContain('dev_loss_tmo');
      expect(JSON.parse((await mpathctl('config', 'show', 'sda', '--json')).out)).toMatchObject({
        kind: 'path',
        settings: [prio, lost],
      });
    });
  });

  test('a map: its own settings, those that all paths share, and those that differ', async () => {
    await withDaemon({}, async (mpathctl, daemon) => {
      const paths = [
        { name: 'sda', settings: [prio] },
        { name: 'sdb', settings: [] },
      ];
      daemon.reports.set('red', {
        kind: 'map',
        name: 'red',
        wwid: '3600a',
        device,
        settings: [key],
        common: [lost],
        paths,
      });
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
    await withDaemon({}, async (mpathctl) =>
      expect(await mpathctl('config', 'show', 'sdz')).toMatchObject({
        code: 1,
        out: '',
        err: expect.stringContaining('device not found'),
      }),
    );
  });

  test.each([
    [['config', 'show', '--config-dir', '/x'], '--config-dir belongs to config check'],
    [['config', 'check', '--changed'], '--changed belongs to config show'],
    [['paths', '--changed'], '--changed belongs to config'],
  ])('%j is refused', async (argv, message) => {
    expect(await runCommand(argv)).toMatchObject({ code: 2, err: expect.stringContaining(message) });
  });
});
