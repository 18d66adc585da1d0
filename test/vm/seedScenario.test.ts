import { ask, type Daemon, startMpathd, writeConfig } from './daemon';
import { type Fault, faultHits, setFaults } from './faults';
import { type Looks, lookForMap } from './looks';
import { type Background, machineForFile, waitFor } from './machine';
import { statusOf } from './status';
import { flood } from './storm';
import { breakConnection, fastUdev, iscsi, iscsiDisk, iscsiSession, setPortal, swapIscsiLun } from './topologies';
import { expectTablesEqualKernel, type KernelMap, type Truth, truthOf } from './truth';

/*
 * The history for which mpathd was made: two iSCSI sessions through separate portals to two LUNs. One LUN is idle
 * except for a few writes now and then. Sessions go and come back, a LUN of another size comes with the WWID of the
 * idle LUN, and meanwhile ioctls on the idle map fail at random and uevents are overrun. All tests are one history: I/O
 * and the looks at the map begin before it and are judged after it.
 */
const machine = machineForFile();
const [BUSY, IDLE] = [0, 1];
const ALL = { maps: 2, paths: 4 };
const ERRNOS = ['ENOMEM', 'EINTR', 'EIO', 'EBUSY'] as const;
let daemon: Daemon;
let fio: Background;
let idle: KernelMap;
let endLooks: () => Promise<Looks>;

const mapOf = (truth: Truth, disk: string): KernelMap => {
  const { devt } = truth.disks.find((one) => one.name === disk)!;
  return truth.maps.find((map) => map.groups.some((group) => group.paths.includes(devt)))!;
};

/** The faults of the idle map: every third reading, the listings now and then, and writes. */
const randomFaults = ({ name, uuid, devt }: KernelMap): Fault[] => {
  const here = { name, uuid, dev: devt };
  return [
    ...['DM_TABLE_STATUS', 'DM_DEV_STATUS'].flatMap((ioctl) =>
      ERRNOS.map((errno) => ({ ...here, ioctl, errno, probability: 0.05 })),
    ),
    { ioctl: 'DM_LIST_DEVICES', hide: name, probability: 0.2 },
    { ioctl: 'DM_LIST_DEVICES', errno: 'ENOMEM', probability: 0.1 },
    { ...here, ioctl: 'DM_TABLE_LOAD', errno: 'ENOMEM', probability: 0.3 },
    { ...here, ioctl: 'DM_DEV_SUSPEND', only: 'resume', errno: 'EINTR', probability: 0.2 },
  ];
};

const fioCommand = (busy: string, quiet: string): string =>
  [
    'fio --direct=1 --ioengine=libaio --iodepth=4 --rw=randwrite --bs=4k --verify=crc32c --verify_fatal=1',
    '--time_based --runtime=3000 --output-format=json --output=/run/fio.json',
    `--name=busy --filename=/dev/mapper/${busy} --size=4M --verify_backlog=64 --rate_iops=100,100`,
    `--name=idle --filename=/dev/mapper/${quiet} --size=1M --verify_backlog=16 --thinktime=1500000 --thinktime_blocks=16`,
  ].join(' ');

/** Number of lines of the daemon's log before the test. Each later line says which device, what and why. */
let logBefore = 0;
const told = (device: string, what: RegExp): Promise<string> =>
  waitFor(
    machine(),
    `the log to tell of ${device}: ${what.source}`,
    async () => {
      const lines = (await daemon.log()).slice(logBefore).split('\n');
      return lines.find((line) => new RegExp(` ${device}( \\[[0-9:]+\\])?: `).test(line) && what.test(line));
    },
    60_000,
  );

const lost = async (): Promise<number> => {
  const { losses } = (await statusOf(machine())).truth;
  return losses.overrun + losses.drops;
};

/** Lets something happen while uevents overrun the daemon's socket. */
const amidOverrun = async (happen: () => Promise<void>): Promise<void> => {
  const before = await lost();
  await daemon.process.kill('STOP');
  await flood(machine(), 800);
  await happen();
  await daemon.process.kill('CONT');
  await waitFor(
    machine(),
    'the overrun to be noticed',
    async () => ((await lost()) > before ? true : undefined),
    30_000,
  );
};

/** The kernel's state of each LUN's path through a portal. */
const awaitStates = (portal: number, state: 'A' | 'F'): Promise<boolean> =>
  waitFor(
    machine(),
    `the paths through portal ${portal} to be ${state}`,
    async () => {
      const disks = [await iscsiDisk(machine(), portal, BUSY), await iscsiDisk(machine(), portal, IDLE)];
      const truth = await truthOf(machine());
      const found = disks.map(
        (name) => mapOf(truth, name).states[truth.disks.find((disk) => disk.name === name)!.devt],
      );
      if (found.some((one) => one !== state)) throw new Error(JSON.stringify(found));
      return true;
    },
    60_000,
  );

beforeAll(async () => {
  await writeConfig(machine());
  await fastUdev(machine());
  // 64 KiB, given in MiB. The kernel doubles it.
  daemon = await startMpathd(machine(), '-v info --receive-buffer 0.0625', { faults: true });
  await iscsi(machine(), { luns: 2, portals: 2, noopSeconds: 30 });
  const truth = await expectTablesEqualKernel(machine(), ALL);
  const busy = mapOf(truth, await iscsiDisk(machine(), 1, BUSY));
  idle = mapOf(truth, await iscsiDisk(machine(), 1, IDLE));
  expect(idle.uuid).not.toBe(busy.uuid);
  fio = await machine().start(`exec ${fioCommand(busy.name, idle.name)}`);
  await setFaults(machine(), randomFaults(idle));
  endLooks = await lookForMap(machine(), idle.uuid);
}, 300_000);

beforeEach(async () => {
  logBefore = (await daemon.log()).length;
});
afterEach(async () => {
  if (process.env.MPATHD_VM_LOG !== undefined) process.stdout.write((await daemon.log()).slice(logBefore));
});

test.each([1, 2])(
  'portal %i is cut, uevents overrun meanwhile, and it comes back: paths are failed and reinstated',
  async (portal) => {
    const disk = await iscsiDisk(machine(), portal, IDLE);
    await setPortal(machine(), portal, 'cut');
    await breakConnection(machine(), portal);
    await awaitStates(portal, 'F');
    await amidOverrun(() => setPortal(machine(), portal, 'through'));
    await awaitStates(portal, 'A');
    // The kernel may be first, by failed I/O, or the checker.
    await told(disk, /warning .*(failed in \S+ by the kernel|checker \((?:tur|directio)\): down, )/);
    await told(disk, /notice .*checker \((?:tur|directio)\): up, /);
    await told(idle.name, new RegExp(`${disk} answers again \\(.+\\): reinstate_path`));
    await expectTablesEqualKernel(machine(), ALL);
  },
);

test('a session is logged out among lost uevents: its paths leave both maps, for a stated reason', async () => {
  const disk = await iscsiDisk(machine(), 2, IDLE);
  await amidOverrun(() => iscsiSession(machine(), 2, 'logout'));
  await expectTablesEqualKernel(machine(), { maps: 2, paths: 2 });
  await told(disk, /path removed: /);
  await told(idle.name, /leaves \(the disk is gone\): reload \[/);
});

test("a LUN of another size with the idle map's WWID comes through that portal: it never gets into the map", async () => {
  await swapIscsiLun(machine(), 2, IDLE, 'lookalike');
  await iscsiSession(machine(), 2, 'login');
  const disk = await waitFor(machine(), 'the disk', () => iscsiDisk(machine(), 2, IDLE), 30_000);
  await told(disk, /error .*its size \(196608 sectors\) is not the map's \(131072\): kept out of /);
  const truth = await expectTablesEqualKernel(machine(), { maps: 2, paths: 3 });
  const [lookalike, own] = [disk, await iscsiDisk(machine(), 1, IDLE)].map(
    (name) => truth.disks.find((one) => one.name === name)!,
  );
  expect(lookalike).toMatchObject({ wwid: own!.wwid, sectors: 196_608, holders: [] });
  await amidOverrun(() => iscsiSession(machine(), 2, 'logout'));
  await expectTablesEqualKernel(machine(), { maps: 2, paths: 2 });
});

test("the LUN's own path comes back among lost uevents, and joins", async () => {
  await swapIscsiLun(machine(), 2, IDLE, 'own');
  await amidOverrun(() => iscsiSession(machine(), 2, 'login'));
  await expectTablesEqualKernel(machine(), ALL);
  await told(idle.name, new RegExp(`${await iscsiDisk(machine(), 2, IDLE)} joins: reload \\[`));
});

test('the idle map was there at every look', async () => {
  const hits = await faultHits(machine());
  await setFaults(machine(), []);
  await expectTablesEqualKernel(machine(), ALL);
  const seen = await endLooks();
  process.stdout.write(
    `${JSON.stringify(seen)}, ${hits.length} faults, ${JSON.stringify((await statusOf(machine())).truth)}\n`,
  );
  expect(seen.missing).toEqual([]);
  expect(seen.looks).toBeGreaterThan(50);
  expect(seen.fewestUsable).toBeGreaterThan(0);
  expect(seen.stale.length).toBeGreaterThan(0);
});

test('fio has verified what it wrote to both maps all the time, without an error', async () => {
  await fio.kill('INT');
  await waitFor(machine(), 'fio to end', async () => (await fio.exitCode()) ?? undefined, 60_000);
  const text = await machine().ok('cat /run/fio.json');
  type Job = { jobname: string; error: number; read: { total_ios: number }; write: { total_ios: number } };
  const { jobs } = JSON.parse(text.slice(text.indexOf('{'))) as { jobs: Job[] };
  expect(jobs.map(({ jobname, error }) => ({ jobname, error }))).toEqual([
    { jobname: 'busy', error: 0 },
    { jobname: 'idle', error: 0 },
  ]);
  for (const job of jobs) {
    process.stdout.write(`${job.jobname}: ${job.write.total_ios} writes, ${job.read.total_ios} reads\n`);
    expect(job.write.total_ios).toBeGreaterThan(100);
    expect(job.read.total_ios).toBeGreaterThan(100);
  }
  expect(await machine().ok("dmesg | grep -c 'I/O error, dev dm-' || true")).toBe('0');
  expect(await ask(machine(), 'mpathd audit')).toContain('0 differences');
});
