import { ask, ctl, USUAL_CONFIG, writeConfig } from './daemon';
import { deletePath, rescanHosts } from './disks';
import { contentsOf, copyOut, replayOnHost, shownByDaemon, shownByJournal, shownByTool } from './journals';
import { machineForFile, waitFor } from './machine';
import { statusOf } from './status';
import { fastUdev, scsiDebug } from './topologies';
import { expectTablesEqualKernel, truthOf } from './truth';

/*
 * The product as a service: the shipped unit file under a real systemd. A drop-in only names the program (the read-only
 * checkout), and later makes the watchdog short.
 */
// This hook runs before the machine's own hook, which stops the machine.
afterAll(async () => {
  if (process.env.MPATHD_VM_LOG !== undefined)
    process.stdout.write(await guest('journalctl -u mpathd -o short-precise --no-pager'));
});
const machine = machineForFile({ init: 'systemd' });
const guest = (command: string): Promise<string> => machine().ok(command, { timeoutMs: 120_000 });
const property = (name: string): Promise<string> => guest(`systemctl show --value -p ${name} mpathd`);

const PROGRAM = `[Service]
ExecStart=
ExecStart=/usr/bin/node /project/dist/mpathd.js
`;
const SHORT_WATCHDOG = 'WatchdogSec=7\n';
const dropIn = async (text: string): Promise<void> => {
  await machine().write('/etc/systemd/system/mpathd.service.d/test.conf', text);
  await guest('systemctl daemon-reload');
};

interface JournalEntry {
  readonly PRIORITY: string;
  readonly MESSAGE: string;
}

const journal = async (options = ''): Promise<JournalEntry[]> =>
  (await guest(`journalctl -u mpathd _COMM=node -o json --no-pager ${options}`))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JournalEntry);

/** The tables, which must not change if only the daemon ends and starts. */
const tables = (): Promise<string> => guest('dmsetup table --target multipath');

const anotherDaemon = async (than: string): Promise<void> => {
  const replaced = async (): Promise<true | undefined> => {
    const now = await property('MainPID');
    return now !== than && now !== '0' && (await property('ActiveState')) === 'active' ? true : undefined;
  };
  await waitFor(machine(), 'another daemon', replaced, 120_000);
};

beforeAll(async () => {
  await writeConfig(machine());
  await fastUdev(machine());
  await scsiDebug(machine(), { luns: 2, paths: 2 });
  // Only the service loads the drivers.
  await guest(
    'cp /project/packaging/mpathd.service /etc/systemd/system/ && modprobe -r dm_service_time dm_queue_length dm_multipath dm_mod',
  );
  await dropIn(PROGRAM);
  await guest('systemctl start mpathd || { journalctl -u mpathd -o cat --no-pager; exit 1; }');
}, 400_000);

test('systemctl start returns when all maps are made, and the unit file has nothing that systemd does not know', async () => {
  expect((await truthOf(machine())).maps.map((map) => map.name).sort()).toEqual(['mpatha', 'mpathb']);
  expect(await property('ActiveState')).toBe('active');
  expect(await property('StatusText')).toMatch(/^idle: 2 maps, \d+ paths$/);
  const complaints = await machine().run('systemd-analyze verify /etc/systemd/system/mpathd.service');
  expect(complaints.stderr.split('\n').filter((line) => line.includes('mpathd.service'))).toEqual([]);
  await expectTablesEqualKernel(machine(), { maps: 2, paths: 4 });
});

test('under its hardening it writes the bindings file and nothing else of the system', async () => {
  expect(await guest('grep -c ^mpath /etc/multipath/bindings')).toBe('2');
  const pid = await property('MainPID');
  const inside = (command: string) => machine().run(`nsenter -t ${pid} -m ${command}`);
  expect((await inside('touch /usr/not-writable')).stderr).toContain('Read-only file system');
  expect((await inside('touch /etc/not-writable')).stderr).toContain('Read-only file system');
  expect((await inside('touch /etc/multipath/writable')).rc).toBe(0);
  expect((await machine().run('touch /project/not-writable')).rc).not.toBe(0);
  expect(await guest(`grep NoNewPrivs /proc/${pid}/status`)).toMatch(/1$/);
});

test('systemd-analyze finds little that could be taken from it, and systemd never gives it up', async () => {
  await guest('systemd-analyze security --threshold=33 --no-pager mpathd');
  expect(await property('StartLimitIntervalUSec')).toBe('0');
});

test('its transport watcher runs as a user of its own, without any right', async () => {
  const pid = await property('MainPID');
  const status = await waitFor(
    machine(),
    'the transport watcher',
    async () => {
      const [child] = (await guest(`cat /proc/${pid}/task/*/children`)).split(/\s+/);
      const text = child === undefined || child === '' ? null : await machine().read(`/proc/${child}/status`);
      return text?.includes('Uid:\t65528') === true ? text : undefined;
    },
    60_000,
  );
  for (const set of ['Prm', 'Eff', 'Inh', 'Amb']) expect(status).toMatch(new RegExp(`^Cap${set}:\\t0+$`, 'm'));
  expect(status).toMatch(/^NoNewPrivs:\t1$/m);
  expect(await journal('-p warning')).toEqual([]);
});

test('its memory is locked, and the OOM killer stays away', async () => {
  const pid = await property('MainPID');
  expect(await guest(`cat /proc/${pid}/oom_score_adj`)).toBe('-1000');
  const [, locked] = /VmLck:\s+(\d+) kB/.exec(await guest(`cat /proc/${pid}/status`)) ?? [];
  expect(Number(locked)).toBeGreaterThan(40 * 1024);
});

const find = (entries: JournalEntry[], text: string): JournalEntry | undefined =>
  entries.find((entry) => entry.MESSAGE.includes(text));

test('the journal has its lines with their priorities and without their prefixes', async () => {
  // A start without a fault logs no warning.
  expect(await journal('-p warning')).toEqual([]);
  await guest(`printf '\\0\\0\\0\\0\\0\\0\\0\\0' | socat -t 2 - ABSTRACT-CONNECT:/org/kernel/linux/storage/multipathd`);
  const dropped = await waitFor(
    machine(),
    'the warning',
    async () => find(await journal('-p warning'), 'message of 0 bytes'),
    20_000,
  );
  expect(dropped.PRIORITY).toBe('4');
  const all = await journal();
  expect(find(all, ' started, pid ')?.PRIORITY).toBe('5');
  expect(find(await journal('-p warning'), ' started, pid ')).toBeUndefined();
  expect(all.filter((entry) => entry.MESSAGE.startsWith('<'))).toEqual([]);
});

test('systemctl reload reads everything anew', async () => {
  const resyncs = async (): Promise<number> =>
    (JSON.parse(await ask(machine(), 'mpathd status json')) as { truth: { resyncs: number } }).truth.resyncs;
  const before = await resyncs();
  await guest('systemctl reload mpathd');
  await waitFor(machine(), 'the resync', async () => ((await resyncs()) > before ? true : undefined), 30_000);
  expect(await property('ActiveState')).toBe('active');
});

test('under its hardening it creates, reloads, renames and removes maps, and looks at everything again', async () => {
  const before = await truthOf(machine());
  const map = before.maps.find(({ name }) => name === 'mpathb')!;
  const wwid = map.uuid.slice('mpath-'.length);
  const names = async (): Promise<string[]> => (await truthOf(machine())).maps.map(({ name }) => name).sort();
  expect(await ask(machine(), 'remove map mpathb')).toBe('ok\n');
  expect(await names()).toEqual(['mpatha']);
  expect(await ask(machine(), `add map ${wwid}`)).toBe('ok\n');
  await deletePath(machine(), before.disks.find(({ devt }) => devt === map.groups[0]!.paths[0])!.name);
  await expectTablesEqualKernel(machine(), { maps: 2, paths: 3 });
  await rescanHosts(machine());
  await expectTablesEqualKernel(machine(), { maps: 2, paths: 4 });
  for (const name of ['renamed', 'mpathb']) {
    await writeConfig(machine(), `${USUAL_CONFIG}multipaths {\nmultipath {\nwwid ${wwid}\nalias ${name}\n}\n}\n`);
    await guest('systemctl reload mpathd');
    await waitFor(machine(), name, async () => ((await names()).includes(name) ? true : undefined), 30_000);
  }
  await writeConfig(machine());
  await guest('systemctl reload mpathd');
  expect(await ask(machine(), 'mpathd audit')).toContain('0 differences');
  await expectTablesEqualKernel(machine(), { maps: 2, paths: 4 });
  expect(await journal('-p err')).toEqual([]);
});

test('at work it loads no code from any disk, and starts no program', async () => {
  const pid = await property('MainPID');
  const trace = await machine().start(`exec strace -f -e trace=open,openat,openat2,execve -o /run/trace -p ${pid}`);
  await waitFor(
    machine(),
    'strace',
    async () => ((await trace.log()).includes(`Process ${pid} attached`) ? true : undefined),
    60_000,
  );
  const { maps, disks } = await truthOf(machine());
  const disk = disks.find((one) => one.devt === maps[0]!.groups[0]!.paths[0])!;
  await guest(`dmsetup message ${maps[1]!.name} 0 'fail_path ${maps[1]!.groups[0]!.paths[0]}'`);
  await deletePath(machine(), disk.name);
  await expectTablesEqualKernel(machine(), { maps: 2, paths: 3 });
  await rescanHosts(machine());
  await expectTablesEqualKernel(machine(), { maps: 2, paths: 4 });
  await guest('systemctl reload mpathd');
  expect(await ask(machine(), 'show topology')).toContain('policy=');
  expect(await ask(machine(), 'mpathd audit')).toContain('0 differences');
  await guest(`dmsetup remove --retry ${maps[0]!.name}`);
  expect(await ask(machine(), `add map ${maps[0]!.uuid.slice('mpath-'.length)}`)).toBe('ok\n');
  await trace.kill('INT');
  await waitFor(machine(), 'strace to end', async () => (await trace.exitCode()) ?? undefined, 30_000);
  const calls = (await guest('cat /run/trace')).split('\n');
  // The trace shows the daemon at work: it does open these files.
  expect(calls.filter((call) => call.includes('"/sys/')).length).toBeGreaterThan(0);
  expect(calls.filter((call) => /execve\(|\.(js|json|node|mjs|cjs|so)(\.\d+)*"/.test(call))).toEqual([]);
});

test('killed, it is started again, and its maps stay what they were', async () => {
  await dropIn(PROGRAM + SHORT_WATCHDOG);
  const before = await tables();
  const pid = await property('MainPID');
  await guest(`kill -KILL ${pid}`);
  await anotherDaemon(pid);
  await expectTablesEqualKernel(machine(), { maps: 2, paths: 4 });
  expect(await tables()).toBe(before);
});

test('the watchdog is fed', async () => {
  const pid = await property('MainPID');
  const fed = (): Promise<string> => property('WatchdogTimestampMonotonic');
  const before = Number(await fed());
  expect(before).toBeGreaterThan(0);
  // It runs three times longer than the time granted at its start.
  await waitFor(
    machine(),
    'the watchdog to be fed',
    async () => (Number(await fed()) > before + 9_500_000 ? true : undefined),
    60_000,
  );
  expect(await property('MainPID')).toBe(pid);
});

test('hung, it is ended by the watchdog and started again', async () => {
  const before = await tables();
  const pid = await property('MainPID');
  await guest(`kill -STOP ${pid}`);
  await anotherDaemon(pid);
  expect(await guest('journalctl -u mpathd --no-pager -o cat')).toContain('Watchdog timeout');
  await expectTablesEqualKernel(machine(), { maps: 2, paths: 4 });
  expect(await tables()).toBe(before);
});

describe('the journal of a service with a small receive buffer, and a module in it that throws at SIGUSR2', () => {
  const BOOM = `process.on('SIGUSR2', () => { throw new Error('boom'); });\n`;
  const KEY = '5ec4e75ec4e75ec4e75ec4e75ec4e75e';
  const MEANT_TO_BREAK = `[Service]\nExecStart=\nExecStart=/usr/bin/node -r /run/boom.js /project/dist/mpathd.js --receive-buffer 0.0625 --polling-interval 1\n`;
  beforeAll(async () => {
    await machine().write('/run/boom.js', BOOM);
    await dropIn(MEANT_TO_BREAK);
    await guest('systemctl restart mpathd');
    await expectTablesEqualKernel(machine(), { maps: 2, paths: 4 });
  }, 120_000);

  test('saved after deleted paths, a map made and an overrun, it replays on another machine to what the daemon showed', async () => {
    const pid = await property('MainPID');
    const { maps, disks } = await truthOf(machine());
    const [first, second] = maps.map((map) => disks.find((disk) => disk.devt === map.groups[0]!.paths[0])!.name);
    // The table of an encrypted disk contains its key (drivers/md/dm-crypt.c), and its events lead to a reading.
    await guest(
      `modprobe dm_crypt && dmsetup create back --table '0 2048 zero' && dmsetup create secret --table '0 2048 crypt aes-cbc-plain64 ${KEY} 0 /dev/mapper/back 0'`,
    );
    expect(await guest('dmsetup table --showkeys secret')).toContain(KEY);
    await deletePath(machine(), first!);
    await guest(`kill -STOP ${pid} && for i in $(seq 300); do echo change > /sys/module/dm_multipath/uevent; done`);
    await deletePath(machine(), second!);
    await guest(`dmsetup remove --retry ${maps[0]!.name}; kill -CONT ${pid}`);
    await expectTablesEqualKernel(machine(), { maps: 1, paths: 1 });
    const { losses } = (await statusOf(machine())).truth;
    expect(losses.overrun + losses.drops).toBeGreaterThan(0);
    await rescanHosts(machine());
    expect(await ask(machine(), `add map ${maps[0]!.uuid.slice('mpath-'.length)}`)).toBe('ok\n');
    await expectTablesEqualKernel(machine(), { maps: 2, paths: 4 });

    // The file must come from between two looks that differ only in ages.
    const file = await waitFor(
      machine(),
      'two looks alike',
      async () => {
        const shown = await shownByDaemon(machine());
        const saved = await ctl(machine(), 'journal save /run/life.journal');
        expect([saved.rc, saved.stderr]).toEqual([0, '']);
        if (JSON.stringify(shown) === JSON.stringify(await shownByDaemon(machine())))
          return copyOut(machine(), '/run/life.journal');
        await guest('rm /run/life.journal');
        return undefined;
      },
      60_000,
    );
    expect(shownByJournal(file)).toEqual(await shownByTool(machine()));
    expect(replayOnHost(file, '--quiet')).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringContaining('byte for byte the tables that the daemon had') as string,
    });
    expect(replayOnHost(file, '--path', first!, '--quiet').out).toMatch(/^stopped: path \w+ has changed$/m);
    expect(replayOnHost(file).out).toMatch(/^#\d+ \S+ uevents of the kernel: .*lost \((overrun|drops), \d+\)/m);
    expect(contentsOf(file)).toContain('"type":"crypt","table":""');
    expect(contentsOf(file)).not.toContain(KEY);
    await guest('dmsetup remove --retry secret && dmsetup remove --retry back');
  }, 180_000);

  test('is saved when the daemon breaks, which is started again and changes no map', async () => {
    const before = await tables();
    const pid = await property('MainPID');
    await guest(`kill -USR2 ${pid}`);
    await anotherDaemon(pid);
    const file = await copyOut(machine(), '/run/mpathd/crash.journal');
    expect(await guest('stat -c %a /run/mpathd /run/mpathd/crash.journal')).toBe('700\n600');
    const { code, out } = replayOnHost(file, '--quiet');
    expect(code).toBe(0);
    expect(out).toMatch(/ when it crashed\ninternal error: Error: boom\n/);
    expect(out).toContain('byte for byte the tables that the daemon had');
    expect(find(await journal('-p err'), 'the journal is in /run/mpathd/crash.journal')).toBeDefined();
    await expectTablesEqualKernel(machine(), { maps: 2, paths: 4 });
    expect(await tables()).toBe(before);
  }, 120_000);

  test('is saved below /run only, and for root only', async () => {
    const other = await machine().run(
      'setpriv --reuid=65534 --regid=65534 --clear-groups node /project/dist/mpathctl.js journal save /run/other.journal',
    );
    expect([other.rc, other.stderr]).toEqual([1, expect.stringContaining('need to be root')]);
    expect((await machine().run('ls /run/other.journal')).rc).not.toBe(0);
    expect(await ask(machine(), 'mpathd journal save /var/tmp/x')).toBe(
      'fail\nsave /var/tmp/x: EROFS (the service may write below /run)\n',
    );
  });
});

test('the command line tool speaks to it', async () => {
  const shown = await ctl(machine(), 'status --json');
  expect(shown.rc).toBe(0);
  expect(JSON.parse(shown.stdout)).toMatchObject({ daemon: { pid: Number(await property('MainPID')) } });
});

test('systemctl stop leaves the maps alone, without a trace of failure', async () => {
  const before = await tables();
  await guest('systemctl stop mpathd');
  expect(await property('Result')).toBe('success');
  expect(await property('ExecMainStatus')).toBe('0');
  expect(await tables()).toBe(before);
  expect((await truthOf(machine())).maps.map((map) => map.suspended)).toEqual([false, false]);
  expect((await machine().run('ls /run/multipathd.socket')).rc).not.toBe(0);
});
