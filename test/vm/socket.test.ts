import { ask, ctl, ctlAtOnce, type Daemon, startMpathd, startMultipathd, writeConfig } from './daemon';
import { faultHits, setFaults } from './faults';
import { settle } from './disks';
import { type Background, machineForFile, waitFor } from './machine';
import { statusOf } from './status';
import { fastUdev, scsiDebug } from './topologies';
import { expectTablesEqualKernel, truthOf } from './truth';
import { stripped } from './words';

/*
 * The socket on both its addresses, with existing clients: Debian's multipathd and multipath, mpathctl, and some that
 * misbehave. First the answers of the real multipathd about the same disks and maps are recorded, for comparison.
 */
const machine = machineForFile();
const guest = (command: string): Promise<string> => machine().ok(command);
const NOBODY = 'setpriv --reuid=65534 --regid=65534 --clear-groups';
const CLIENTS = '/project/test/vm/guest/clients.py';
const clients = async (args: string): Promise<Record<string, unknown>> =>
  JSON.parse(await machine().ok(`python3 ${CLIENTS} ${args}`, { timeoutMs: 120_000 })) as Record<string, unknown>;

/** Friendly names, and a group for each priority. The priorities are those that ALUA gives in kinds.test.ts. */
const CONFIG = `defaults {
	find_multipaths no
	user_friendly_names yes
	path_grouping_policy group_by_prio
	detect_prio no
	prio weightedpath
	prio_args "devname sd[ab] 50 sd[cd] 10 sd[ef] 1"
}
`;

const COMPARED = [
  'show paths',
  'show maps',
  'show multipaths',
  'show topology',
  'show maps topology',
  'show map mpatha topology',
  'show status',
  'show maps raw format "%d,%w"',
  'show maps raw format "%n|%w|%d|%Q|%N|%r|%t|%S|%f|%h|%A|%s|%v|%p|%e|%G|%x|%0|%1"',
  'show maps format "%n %w %d %N"',
  'show map mpathb format "%n %d %w"',
  'show paths raw format "%d %D"',
  'show paths raw format "%w|%i|%d|%D|%t|%o|%T|%s|%c|%p|%S|%z|%m|%M|%P"',
  "show paths raw format \"device='%d' multipath='%m' host_wwpn='%N' target_wwnn='%n' host_wwpn='%R' target_wwpn='%r'\"",
  'show path sda',
  'show path sdzz',
  'add path sda',
  'add map mpatha',
  'del path sdzz',
  'del map nosuchmap',
] as const;

/** Like XenServer: a command on the standard input. The prompt depends on how the client was built. */
const interactive = (command: string): Promise<string> => guest(`echo '${command}' | multipathd -k`);

const seen = new Map<string, string>();
let besideMultipathd: { rc: number | null; stderr: string };
let tablesOfMultipathd: string;
let daemon: Daemon;
/** A client that sends requests and never reads. The daemon waits for half a minute. */
let deaf: Background;

const DM_TABLES = 'dmsetup table --target multipath | sort';

beforeAll(async () => {
  await writeConfig(machine(), CONFIG);
  await fastUdev(machine());
  await scsiDebug(machine(), { luns: 2, paths: 3 });
  const multipathd = await startMultipathd(machine());
  await expectTablesEqualKernel(machine(), { maps: 2, paths: 6 });
  // Waits until every path was checked and the maps' own events are handled.
  await waitFor(
    machine(),
    'multipathd to settle',
    async () => (/up +6\n[^]*busy: False/.test(await ask(machine(), 'show status')) ? true : undefined),
    60_000,
  );
  besideMultipathd = await machine().run('node /project/dist/mpathd.js');
  for (const command of COMPARED) seen.set(command, await ask(machine(), command));
  seen.set('-k', await interactive('add path sda'));
  // Its log says why, if it has lost a path since.
  if (!/^up +6$/m.test(seen.get('show status') ?? '')) throw new Error(await multipathd.log());
  expect(await multipathd.stop()).toBe(0);
  tablesOfMultipathd = await guest(DM_TABLES);
  daemon = await startMpathd(machine(), '', { faults: true });
  await expectTablesEqualKernel(machine(), { maps: 2, paths: 6 });
}, 600_000);

describe('beside multipathd', () => {
  test('mpathd does not start while multipathd runs, and says what to do', () => {
    expect(besideMultipathd.rc).toBe(1);
    expect(besideMultipathd.stderr).toMatch(/another multipath daemon[^]*systemctl stop multipathd/);
  });

  test('multipathd does not start while mpathd runs', async () => {
    const other = await machine().run('multipathd -d -v2', { timeoutMs: 30_000 });
    expect(other).toMatchObject({ rc: 1, timedOut: false });
    expect(other.stderr + other.stdout).toMatch(/already running|in use/i);
    await expectTablesEqualKernel(machine(), { maps: 2, paths: 6 });
  });

  test('a second mpathd does not start either', async () => {
    const other = await machine().run('node /project/dist/mpathd.js');
    expect(other.rc).toBe(1);
    expect(other.stderr).toMatch(/another multipath daemon[^]*stop it first/);
  });

  test("mpathd takes multipathd's maps over and reloads none", async () => {
    expect(await guest(DM_TABLES)).toBe(tablesOfMultipathd);
    expect(await daemon.log()).not.toMatch(/: reload \[|: create \[/);
  });

  test.each(COMPARED)("%s: multipathd's words", async (command) => {
    expect(stripped(await ask(machine(), command))).toBe(stripped(seen.get(command)!));
  });
});

describe('the real clients', () => {
  test.each([
    { command: 'show paths', quoted: 'show paths' },
    { command: 'show maps raw format "%d,%w"', quoted: `show maps raw format '%d,%w'` },
  ])('multipathd $command prints the reply', async ({ command, quoted }) => {
    expect(stripped(`${await guest(`multipathd ${quoted}`)}\n`)).toBe(stripped(await ask(machine(), command)));
  });

  test.each(['remove path', 'add path'])('%s through multipathd -k, as XenServer does it', async (command) => {
    const { disks } = await truthOf(machine());
    const disk = disks.find((one) => one.name === 'sda')!;
    expect(await interactive(`${command} sda`)).toBe(seen.get('-k'));
    expect(seen.get('-k')).toMatch(/^(multipathd> )?ok$/m);
    const truth = await expectTablesEqualKernelBut(command === 'remove path' ? disk.devt : null);
    expect(truth.maps.some((map) => disk.devt in map.states)).toBe(command === 'add path');
  });

  test('multipathd "-kadd path sdb", as Trident does it', async () => {
    expect(await guest('multipathd "-kadd path sdb"')).toBe('ok');
    expect((await machine().run('multipathd "-kadd path sdzz"')).stdout).toContain('device not found');
  });

  test('multipathd reconfigure gives the maps the names that the bindings file has now', async () => {
    const { maps } = await truthOf(machine());
    const named = Object.fromEntries(maps.map((map) => [map.name, map.uuid]));
    const exchange = (...aliases: string[]): string =>
      aliases
        .map((alias, at) => `echo ${alias} ${named[['mpatha', 'mpathb'][at]!]!.slice('mpath-'.length)}`)
        .join('; ');
    await guest(`{ ${exchange('mpathb', 'mpatha')}; } > /etc/multipath/bindings`);
    expect(await guest('multipathd reconfigure')).toBe('ok');
    const names = (): Promise<Record<string, string>> =>
      truthOf(machine()).then((truth) => Object.fromEntries(truth.maps.map((map) => [map.name, map.uuid])));
    await waitFor(
      machine(),
      'the names',
      async () =>
        (await names())['mpathb'] === named['mpatha'] && (await names())['mpatha'] === named['mpathb']
          ? true
          : undefined,
      20_000,
    );
    await guest(`{ ${exchange('mpatha', 'mpathb')}; } > /etc/multipath/bindings`);
    expect(await guest('multipathd reconfigure')).toBe('ok');
    await waitFor(
      machine(),
      'the names of before',
      async () => ((await names())['mpatha'] === named['mpatha'] ? true : undefined),
      20_000,
    );
    await expectTablesEqualKernel(machine(), { maps: 2, paths: 6 });
  });

  test('multipath -f is handed to the daemon, which flushes the map and does not make it again', async () => {
    const flushed = (await truthOf(machine())).maps.find((map) => map.name === 'mpathb')!;
    await settle(machine());
    await guest('multipath -f mpathb');
    expect((await truthOf(machine())).maps.map((map) => map.name)).toEqual(['mpatha']);
    expect(await daemon.log()).toContain('asked for on the socket: del-map mpathb');
    expect(await ask(machine(), `add map ${flushed.uuid.slice('mpath-'.length)}`)).toBe('ok\n');
    await expectTablesEqualKernel(machine(), { maps: 2, paths: 6 });
  });

  test('multipath -f of a map in use fails, and the map stays', async () => {
    // udev makes the link some time after the map.
    await settle(machine());
    const holder = await machine().start('exec sleep 600 < /dev/mapper/mpathb');
    await waitFor(
      machine(),
      'the holder',
      async () => ((await truthOf(machine())).maps.find((map) => map.name === 'mpathb')!.open > 0 ? true : undefined),
      20_000,
    );
    // This old client ends with 0 after every failure that has a reason.
    const flush = await machine().run('multipath -f mpathb');
    await holder.kill('KILL');
    expect(flush.stderr + flush.stdout).toContain('map or partition in use');
    await expectTablesEqualKernel(machine(), { maps: 2, paths: 6 });
  });

  test('multipath -F flushes all', async () => {
    const { maps } = await truthOf(machine());
    await settle(machine());
    await guest('multipath -F');
    expect((await truthOf(machine())).maps).toEqual([]);
    for (const map of maps) expect(await ask(machine(), `add map ${map.uuid.slice('mpath-'.length)}`)).toBe('ok\n');
    await expectTablesEqualKernel(machine(), { maps: 2, paths: 6 });
  });
});

/** Like expectTablesEqualKernel, but without one disk that does not belong to the daemon any more. */
const expectTablesEqualKernelBut = async (devt: string | null) => {
  if (devt === null) return expectTablesEqualKernel(machine(), { maps: 2, paths: 6 });
  const truth = await truthOf(machine());
  expect(await ask(machine(), 'show paths raw format "%D"')).not.toContain(devt);
  return truth;
};

describe('rights', () => {
  test.each(['show paths', 'show topology', 'show status'])('nobody may %s', async (command) => {
    // The time until the next check runs on between the two questions. They are repeated until both fall into one
    // second.
    const told = { nobody: '', root: 'not asked' };
    for (let tries = 0; tries < 20 && told.nobody !== told.root; tries++) {
      told.nobody = await guest(`${NOBODY} multipathd ${command}`);
      told.root = await guest(`multipathd ${command}`);
    }
    expect(told.nobody).toBe(told.root);
  });

  test.each(['del map mpatha', 'del path sda', 'reconfigure', 'shutdown', 'add path sda'])(
    'nobody may not %s',
    async (command) => {
      const before = await guest(DM_TABLES);
      const result = await machine().run(`${NOBODY} multipathd ${command}`);
      expect(result.stdout + result.stderr).toContain('permission deny: need to be root');
      expect(await guest(DM_TABLES)).toBe(before);
      await expectTablesEqualKernel(machine(), { maps: 2, paths: 6 });
    },
  );

  test.each(['@/org/kernel/linux/storage/multipathd', '/run/multipathd.socket'])(
    'mpathctl of nobody looks through %s, and may not resync',
    async (socket) => {
      const run = (args: string) =>
        machine().run(`${NOBODY} node /project/dist/mpathctl.js --socket ${socket} ${args}`);
      expect((await run('maps')).stdout).toContain('mpathb');
      const refused = await run('resync');
      expect(refused.rc).toBe(1);
      expect(refused.stderr).toContain('need to be root');
    },
  );
});

describe('bad manners', () => {
  const resident = async (): Promise<number> =>
    Number(/VmRSS:\s+(\d+)/.exec(await guest(`cat /proc/${daemon.process.pid}/status`))![1]);
  let before: number;

  beforeAll(async () => {
    before = await resident();
    deaf = await machine().start(`exec python3 ${CLIENTS} deaf 60`);
  });

  test('a request of wrong length ends its connection and nothing else', async () => {
    const answered = `pid ${daemon.process.pid} idle\n`;
    expect(await clients('lengths')).toEqual({
      '0': 'closed',
      '513': 'closed',
      [String(2n ** 31n)]: 'closed',
      [String(2n ** 63n)]: 'closed',
      [String(2n ** 64n - 1n)]: 'closed',
      '12, and only 4 bytes follow': 'closed',
      '512': answered,
      'another client': answered,
    });
    expect(await daemon.log()).toContain('message of 513 bytes');
  });

  test('two hundred clients at once get the same whole answers, while one does not read', async () => {
    const { replies, clients: count } = await clients('many 200');
    expect(count).toBe(200);
    expect(replies).toEqual([
      [await ask(machine(), 'show topology'), await ask(machine(), 'show paths raw format "%d %w"')],
    ]);
    // The daemon does not keep an unbounded amount of unread output.
    expect((await resident()) - before).toBeLessThan(64 * 1024);
    await expectTablesEqualKernel(machine(), { maps: 2, paths: 6 });
  });
});

describe('mpathctl', () => {
  test.each(['status', 'paths', 'maps', 'topology', 'topology mpathb', 'resync', 'audit'])(
    '%s, for people and as JSON',
    async (command) => {
      const text = await ctl(machine(), command);
      expect(text).toMatchObject({ rc: 0, stderr: '' });
      expect(text.stdout).not.toContain('\u001b');
      const json = await ctl(machine(), `${command} --json`);
      expect(json).toMatchObject({ rc: 0, stderr: '' });
      expect(Object.keys(JSON.parse(json.stdout) as object).length).toBeGreaterThan(0);
    },
  );

  test('maps and paths --json are what the kernel has', async () => {
    const { maps, disks } = await truthOf(machine());
    const shown = JSON.parse((await ctl(machine(), 'maps --json')).stdout) as {
      maps: { name: string; uuid: string; paths: { total: number } }[];
    };
    expect(shown.maps.map(({ name, uuid, paths }) => [name, uuid, paths.total]).sort()).toEqual(
      maps.map((map) => [map.name, map.uuid, map.groups.flatMap((group) => group.paths).length]).sort(),
    );
    const { paths } = JSON.parse((await ctl(machine(), 'paths --json')).stdout) as {
      paths: { name: string; devt: string; diskseq: number }[];
    };
    const scsi = (name: string): boolean => name.startsWith('sd');
    expect(
      paths
        .filter((path) => scsi(path.name))
        .map((path) => [path.name, path.devt, String(path.diskseq)])
        .sort(),
    ).toEqual(
      disks
        .filter((disk) => scsi(disk.name))
        .map((disk) => [disk.name, disk.devt, disk.diskseq])
        .sort(),
    );
  });

  test.each(['', '--json'])('audit %s ends with 1 and tells the difference while a reading hangs', async (option) => {
    const map = (await truthOf(machine())).maps[0]!;
    const devt = map.groups[0]!.paths[0]!;
    // The daemon's own reading hangs. The next reading, that of the audit, does not.
    await setFaults(machine(), [
      { ioctl: 'DM_TABLE_STATUS', name: map.name, uuid: map.uuid, dev: map.devt, delayMs: 6_000, count: 1 },
    ]);
    const before = (await faultHits(machine())).length;
    // The process starts before the reading hangs, because the start of node may take longer than the hang.
    await ctlAtOnce(machine(), ['status']);
    await machine().ok(`dmsetup message ${map.name} 0 'fail_path ${devt}'`);
    await waitFor(
      machine(),
      'the reading to hang',
      async () => ((await faultHits(machine())).length > before ? true : undefined),
      5_000,
    );
    const audit = await ctlAtOnce(machine(), ['audit', ...(option === '' ? [] : [option])]);
    expect(audit.rc).toBe(1);
    if (option === '')
      expect(audit.stdout).toMatch(new RegExp(`${map.name} +path states +tables: .*${devt}=.* +kernel: .*${devt}=`));
    else expect(JSON.parse(audit.stdout)).toMatchObject({ differences: [{ device: map.name, field: 'path states' }] });
    await setFaults(machine(), []);
    await waitFor(
      machine(),
      'the path to be reinstated',
      async () => ((await truthOf(machine())).maps.every((one) => one.states[devt] !== 'F') ? true : undefined),
      60_000,
    );
    await expectTablesEqualKernel(machine(), { maps: 2, paths: 6 });
    expect((await statusOf(machine())).stale).toEqual([]);
  });

  test('the client that does not read was hung up on in the end', async () => {
    expect(await waitFor(machine(), 'its end', async () => (await deaf.exitCode()) ?? undefined, 60_000)).toBe(0);
    expect(JSON.parse(await deaf.log())).toMatchObject({ closed: true });
    expect(await daemon.log()).toContain('does not read its reply');
  });

  test('shutdown stops the daemon and leaves the maps; then nobody answers', async () => {
    const before = await guest(DM_TABLES);
    const stopped = await ctl(machine(), 'shutdown --json');
    expect(stopped.rc).toBe(0);
    expect(JSON.parse(stopped.stdout)).toMatchObject({ ok: true });
    expect(
      await waitFor(machine(), 'the daemon to end', async () => (await daemon.process.exitCode()) ?? undefined, 30_000),
    ).toBe(0);
    expect(await guest(DM_TABLES)).toBe(before);
    const alone = await ctl(machine(), 'status');
    expect(alone.rc).toBe(3);
    expect(alone.stderr).toContain('systemctl start mpathd');
  });
});
