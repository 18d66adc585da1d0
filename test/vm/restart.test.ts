import { ask, type Daemon, startMpathd, USUAL_CONFIG, writeConfig } from './daemon';
import { deletePath, rescanHosts, setState } from './disks';
import { faultHits, setFaults } from './faults';
import { type Background, machineForFile, waitFor } from './machine';
import { fastUdev, iscsi } from './topologies';
import { expectTablesEqualKernel, type KernelMap, type Truth, truthOf } from './truth';

/*
 * The daemon ends and starts while fio writes and verifies through one of its maps. All tests are one history: the
 * first test starts fio, and the last one judges it.
 */
const machine = machineForFile();
const guest = (command: string): Promise<string> => machine().ok(command);
let daemon: Daemon;
let fio: Background;

/** The rate is bounded, because the emulated machine has other work, too. */
const FIO = [
  'fio --name=verify --filename=/dev/mapper/mpatha --direct=1 --ioengine=libaio --iodepth=4 --rw=randwrite --bs=4k --size=4M',
  '--verify=crc32c --verify_fatal=1 --verify_backlog=64 --time_based --runtime=3000 --rate_iops=120,120 --output-format=json --output=/run/fio.json',
].join(' ');

const start = async (): Promise<void> => {
  daemon = await startMpathd(machine(), '-v info', { faults: true });
};

const mapNamed = (truth: Truth, name: string): KernelMap => truth.maps.find((map) => map.name === name)!;
const tables = (): Promise<string> => guest('dmsetup table --target multipath');
const tableOf = (name: string): Promise<string> => guest(`dmsetup table ${name}`);
const written = async (): Promise<number> =>
  Number((await guest('cat /sys/block/$(basename $(readlink -f /dev/mapper/mpatha))/stat')).trim().split(/\s+/)[4]);
const diskOf = (truth: Truth, devt: string): string => truth.disks.find((disk) => disk.devt === devt)!.name;

/** Waits until fio has written since the call, so that it goes on. */
const ioGoesOn = async (): Promise<void> => {
  const before = await written();
  await waitFor(machine(), 'more I/O', async () => ((await written()) > before + 100 ? true : undefined), 30_000);
  expect(await fio.exitCode()).toBeNull();
};

/** How often the daemon has loaded a table since the machine's start, by the record of the fault library. */
const loads = async (): Promise<number> =>
  (await faultHits(machine())).filter((hit) => hit.startsWith('DM_TABLE_LOAD')).length;

beforeAll(async () => {
  // The end of a daemon ends queueing too, which a table shows.
  await writeConfig(
    machine(),
    `${USUAL_CONFIG}overrides {\n\tpath_grouping_policy multibus\n\tno_path_retry fail\n}\n`,
  );
  await fastUdev(machine());
  await iscsi(machine(), { luns: 2, portals: 2, noopSeconds: 30 });
  await waitFor(
    machine(),
    'the disks',
    async () =>
      (await truthOf(machine())).disks.filter((disk) => disk.name.startsWith('sd')).length === 4 ? true : undefined,
    60_000,
  );
  // This rule fails nothing: every load goes through, and is recorded.
  await setFaults(machine(), [{ ioctl: 'DM_TABLE_LOAD', delayMs: 1 }]);
  await start();
  await expectTablesEqualKernel(machine(), { maps: 2, paths: 4 });
  expect(await loads()).toBe(2);
  fio = await machine().start(`exec ${FIO}`);
  await waitFor(machine(), 'fio', async () => ((await written()) > 100 ? true : undefined), 60_000);
}, 400_000);

test('SIGKILL: I/O goes on, the next daemon adopts all maps and loads no table', async () => {
  const [before, loaded] = [await tables(), await loads()];
  await daemon.kill();
  await ioGoesOn();
  expect(await tables()).toBe(before);
  await start();
  await expectTablesEqualKernel(machine(), { maps: 2, paths: 4 });
  expect(await tables()).toBe(before);
  expect(await loads()).toBe(loaded);
  expect(await daemon.log()).not.toMatch(/: reload \[|: create \[/);
});

test('a path that fails and comes back between two kills costs no I/O', async () => {
  const before = await tables();
  const truth = await truthOf(machine());
  const devt = mapNamed(truth, 'mpatha').groups[0]!.paths[0]!;
  await setState(machine(), diskOf(truth, devt), 'offline');
  await waitFor(
    machine(),
    'the path to fail',
    async () => (mapNamed(await truthOf(machine()), 'mpatha').states[devt] === 'F' ? true : undefined),
    60_000,
  );
  await expectTablesEqualKernel(machine(), { maps: 2, paths: 4 });
  await ioGoesOn();
  await setState(machine(), diskOf(truth, devt), 'running');
  await waitFor(
    machine(),
    'the path to be reinstated',
    async () => (mapNamed(await truthOf(machine()), 'mpatha').states[devt] === 'A' ? true : undefined),
    60_000,
  );
  await expectTablesEqualKernel(machine(), { maps: 2, paths: 4 });
  expect(await tables()).toBe(before);
});

test('SIGKILL, and a path vanishes meanwhile: its map is put right at the start, the other left alone', async () => {
  const [other, loaded] = [await tableOf('mpathb'), await loads()];
  const truth = await truthOf(machine());
  const devt = mapNamed(truth, 'mpatha').groups[0]!.paths[0]!;
  await daemon.kill();
  await deletePath(machine(), diskOf(truth, devt));
  await ioGoesOn();
  expect(mapNamed(await truthOf(machine()), 'mpatha').groups[0]!.paths).toHaveLength(2);
  await start();
  const after = await expectTablesEqualKernel(machine(), { maps: 2, paths: 3 });
  expect(mapNamed(after, 'mpatha').groups.flatMap((group) => group.paths)).not.toContain(devt);
  expect(await tableOf('mpathb')).toBe(other);
  expect(await loads()).toBe(loaded + 1);
  await rescanHosts(machine(), 'iscsi_tcp');
  await expectTablesEqualKernel(machine(), { maps: 2, paths: 4 });
});

test('SIGKILL while a path is down, which comes back meanwhile: reinstated without a reload', async () => {
  const before = await tables();
  const truth = await truthOf(machine());
  const devt = mapNamed(truth, 'mpatha').groups[0]!.paths[1]!;
  await setState(machine(), diskOf(truth, devt), 'offline');
  await waitFor(
    machine(),
    'the path to fail',
    async () => (mapNamed(await truthOf(machine()), 'mpatha').states[devt] === 'F' ? true : undefined),
    60_000,
  );
  await daemon.kill();
  await setState(machine(), diskOf(truth, devt), 'running');
  await ioGoesOn();
  const loaded = await loads();
  await start();
  await waitFor(
    machine(),
    'the path to be reinstated',
    async () => (mapNamed(await truthOf(machine()), 'mpatha').states[devt] === 'A' ? true : undefined),
    60_000,
  );
  await expectTablesEqualKernel(machine(), { maps: 2, paths: 4 });
  expect(await tables()).toBe(before);
  expect(await loads()).toBe(loaded);
});

test('SIGTERM: it ends well, and leaves maps and I/O alone; the next one loads no table', async () => {
  const [before, loaded] = [await tables(), await loads()];
  expect(await daemon.stop()).toBe(0);
  await ioGoesOn();
  expect(await tables()).toBe(before);
  await start();
  await expectTablesEqualKernel(machine(), { maps: 2, paths: 4 });
  expect(await tables()).toBe(before);
  expect(await loads()).toBe(loaded);
  expect(await daemon.log()).not.toMatch(/: reload \[|: create \[/);
});

test('SIGTERM in the middle of a reload: it is finished first, no map is left half made', async () => {
  const truth = await truthOf(machine());
  const devt = mapNamed(truth, 'mpatha').groups[0]!.paths[0]!;
  const present = (): Promise<string> => guest('dmsetup info mpatha | grep "Tables present"');
  await setFaults(machine(), [
    { ioctl: 'DM_TABLE_LOAD', delayMs: 1 },
    {
      ioctl: 'DM_DEV_SUSPEND',
      only: 'resume',
      name: 'mpatha',
      uuid: mapNamed(truth, 'mpatha').uuid,
      // The daemon waits a second for its last writes: it is to end within two.
      delayMs: 1_000,
      count: 1,
    },
  ]);
  // The guest itself looks for the loaded table: a question from outside may take longer than the second.
  await guest(`echo 1 > /sys/block/${diskOf(truth, devt)}/device/delete
    for ((i = 0; i < 1000; i++)); do [[ $(dmsetup info mpatha) == *INACTIVE* ]] && exec kill -TERM ${daemon.process.pid}; done
    exit 1`);
  expect(await waitFor(machine(), 'the end', async () => (await daemon.process.exitCode()) ?? undefined, 60_000)).toBe(
    0,
  );
  expect(await present()).not.toContain('INACTIVE');
  expect(mapNamed(await truthOf(machine()), 'mpatha').groups.flatMap(({ paths }) => paths)).not.toContain(devt);
  expect(await daemon.log()).not.toContain('has not answered');
  await setFaults(machine(), [{ ioctl: 'DM_TABLE_LOAD', delayMs: 1 }]);
  await rescanHosts(machine(), 'iscsi_tcp');
  await start();
  await expectTablesEqualKernel(machine(), { maps: 2, paths: 4 });
});

test('fio has verified what it wrote all the time, without an error', async () => {
  await ioGoesOn();
  await fio.kill('INT');
  await waitFor(machine(), 'fio to end', async () => (await fio.exitCode()) ?? undefined, 60_000);
  const log = await fio.log();
  expect(log.split('\n').filter((line) => /error|verify:|bad|mismatch/i.test(line))).toEqual([]);
  const text = await guest('cat /run/fio.json');
  const { jobs } = JSON.parse(text.slice(text.indexOf('{'))) as {
    jobs: { error: number; total_err: number; read: { total_ios: number }; write: { total_ios: number } }[];
  };
  expect(jobs).toHaveLength(1);
  expect(jobs[0]).toMatchObject({ error: 0 });
  expect(jobs[0]!.read.total_ios).toBeGreaterThan(500);
  expect(jobs[0]!.write.total_ios).toBeGreaterThan(500);
  // There was no error that only fio's retries would have hidden.
  expect(await guest("dmesg | grep -c 'I/O error, dev dm-' || true")).toBe('0');
  expect(await ask(machine(), 'mpathd audit')).toContain('0 differences');
  await expectTablesEqualKernel(machine(), { maps: 2, paths: 4 });
});
