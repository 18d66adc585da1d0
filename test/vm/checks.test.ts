import { ask, type Daemon, OFTEN_CHECKED_CONFIG, startMpathd, writeConfig } from './daemon';
import { faultHits, setFaults } from './faults';
import { machineForFile, waitFor } from './machine';
import { fastUdev, lioLoop, setLoopTransport } from './topologies';
import { expectTablesEqualKernel, type KernelDisk, type Truth, truthOf } from './truth';
import { type Condition, measure } from './watch';

/* Checks of paths and their consequences, on one LUN of LIO through four loopback hosts. */
const machine = machineForFile();
const guest = (command: string): Promise<string> => machine().ok(command, { timeoutMs: 120_000 });
let daemon: Daemon;
let name: string;

const ALL = { maps: 1, paths: 4 };
const TEST_UNIT_READY = 0;
const disks = (truth: Truth): KernelDisk[] =>
  truth.disks.filter((disk) => disk.wwid?.startsWith('naa.6001405') === true);
const allActive = async (): Promise<Truth> =>
  waitFor(
    machine(),
    'four active paths',
    async () => {
      const truth = await expectTablesEqualKernel(machine(), ALL);
      return Object.values(truth.maps[0]!.states).every((state) => state === 'A') ? truth : undefined;
    },
    90_000,
  );
const stateOf = async (disk: KernelDisk): Promise<string | undefined> =>
  (await expectTablesEqualKernel(machine(), ALL)).maps[0]!.states[disk.devt];

/** dm's state of a path, in the daemon's tables and in the kernel. */
const inTables = (disk: KernelDisk, state: 'active' | 'failed'): Condition => ({
  ask: 'show paths raw format "%D %t"',
  has: `(?m)^${disk.devt} ${state}`,
});
const inKernel = (disk: KernelDisk, state: 'A' | 'F'): Condition => ({
  run: ['dmsetup', 'status', name],
  has: ` ${disk.devt} ${state} `,
});
const failedIn = (disk: KernelDisk) => ({ kernel: inKernel(disk, 'F'), tables: inTables(disk, 'failed') });
const activeIn = (disk: KernelDisk) => ({ kernel: inKernel(disk, 'A'), tables: inTables(disk, 'active') });
const stateFile = (disk: KernelDisk): string => `/sys/block/${disk.name}/device/state`;

/** Delays the answers to the path's checks, so that the checker does not find what is seen meanwhile. */
const delayChecks = (disk: KernelDisk, delayMs: number): Promise<void> =>
  setFaults(machine(), [{ ioctl: 'SG_IO', dev: disk.devt, opcode: TEST_UNIT_READY, delayMs }]);

/** The loopback port of a disk, from 1: the name of the disk's SCSI target ends with it. */
const portOf = async (disk: KernelDisk): Promise<number> => {
  const host = (await guest(`basename "$(readlink -f /sys/block/${disk.name}/device)"`)).split(':')[0]!;
  const adapter = await guest(`basename "$(dirname "$(readlink -f /sys/class/scsi_host/host${host}/../..)")"`);
  return Number(/tcm_loop_adapter_(\d+)/.exec(adapter)?.[1]) + 1;
};

beforeAll(async () => {
  await guest('rm -rf /etc/multipath');
  // By the hardware table LIO is checked by reads, which cannot be told apart from other reads. The longest pause is
  // also the longest rest after a reinstatement: the rest grows four times before it reaches this.
  await writeConfig(
    machine(),
    `${OFTEN_CHECKED_CONFIG.replace('max_polling_interval 4', 'max_polling_interval 8')}overrides {\n\tpath_checker tur\n}\n`,
  );
  await fastUdev(machine());
  await lioLoop(machine(), { paths: 4 });
  daemon = await startMpathd(machine(), '', { faults: true });
  name = (await allActive()).maps[0]!.name;
}, 300_000);

afterEach(async () => {
  if (process.env.MPATHD_VM_LOG !== undefined) process.stdout.write(await daemon.log());
  await setFaults(machine(), []);
});

test('a path failed in dm is failed in the tables at once, checked, and reinstated when it answers', async () => {
  const [disk] = disks(await allActive());
  await delayChecks(disk!, 4000);
  await measure(
    machine(),
    'fail_path message',
    [['run', 'dmsetup', 'message', name, '0', `fail_path ${disk!.devt}`]],
    failedIn(disk!),
  );
  await measure(machine(), 'and answered after 4 s', [], activeIn(disk!));
  expect((await faultHits(machine())).length).toBeGreaterThan(0);
  await allActive();
});

test('an I/O error fails the path by the dm event, without the checker, and the I/O goes on elsewhere', async () => {
  const truth = await allActive();
  // Only a path of the group that gets I/O gets the error.
  const disk = disks(truth).find((one) => one.devt === truth.maps[0]!.groups[0]!.paths[0])!;
  const port = await portOf(disk);
  await delayChecks(disk, 8000);
  await setLoopTransport(machine(), port, 'offline');
  await measure(
    machine(),
    'I/O error',
    [['run', 'dd', `if=/dev/mapper/${name}`, 'of=/dev/null', 'bs=4k', 'count=16', 'iflag=direct']],
    failedIn(disk),
  );
  expect(await daemon.log()).toMatch(new RegExp(`${disk.name}: failed in ${name} by the kernel`));
  await setFaults(machine(), []);
  await waitFor(
    machine(),
    'the check to find it down',
    async () => {
      const line = (await ask(machine(), 'show paths raw format "%d %t %T"'))
        .split('\n')
        .find((one) => one.startsWith(`${disk.name} `));
      return line?.trim() === `${disk.name} failed faulty` ? true : undefined;
    },
    60_000,
  );
  expect(await stateOf(disk)).toBe('F');
  await setLoopTransport(machine(), port, 'online');
  await measure(machine(), 'and mended', [], activeIn(disk));
  await allActive();
});

test('a path set offline is found by the checker and failed in dm, without any I/O', async () => {
  const [, disk] = disks(await allActive());
  await measure(machine(), 'offline', [['write', stateFile(disk!), 'offline\n']], failedIn(disk!));
  expect(await daemon.log()).toMatch(new RegExp(`${disk!.name} does not answer .*: fail_path ${disk!.devt}`));
  expect(await stateOf(disk!)).toBe('F');
  await measure(machine(), 'running again', [['write', stateFile(disk!), 'running\n']], activeIn(disk!));
  await allActive();
});

test('a device that hangs delays neither the checks of others nor the socket, is timed out, and taken back', async () => {
  const [hung, , other] = disks(await allActive());
  await guest(`echo 3 > /sys/block/${hung!.name}/device/timeout`);
  await guest(`echo change > /sys/block/${hung!.name}/uevent`);
  const before = (await faultHits(machine())).length;
  await delayChecks(hung!, 20_000);
  await waitFor(
    machine(),
    'the device to hang',
    async () => ((await faultHits(machine())).length > before ? true : undefined),
    60_000,
  );
  await measure(
    machine(),
    'another set offline, while one hangs',
    [['write', stateFile(other!), 'offline\n']],
    failedIn(other!),
  );
  await measure(machine(), 'another running, while one hangs', [['write', stateFile(other!), 'running\n']], {
    ...activeIn(other!),
    socket: { ask: 'show maps raw format "%n"', has: name },
  });
  await measure(machine(), 'the hung one timed out', [], failedIn(hung!));
  const line = (await ask(machine(), 'show paths raw format "%d %T"'))
    .split('\n')
    .find((one) => one.startsWith(`${hung!.name} `));
  expect(line).toMatch(/timeout|faulty/);
  expect(await stateOf(hung!)).toBe('F');
  await setFaults(machine(), []);
  await allActive();
});

test('a path that answers its checks and fails with I/O is reinstated ever less often, until it has mended', async () => {
  const [disk] = disks(await allActive());
  const reinstatements = async (): Promise<number> =>
    (await daemon.log()).split(`: reinstate_path ${disk!.devt}\n`).length - 1;
  const before = await reinstatements();
  // The effect of I/O that goes to the path all the time.
  await guest(`end=$((SECONDS + 17)); while [ $SECONDS -lt $end ]; do
    dmsetup status ${name} | grep -q ' ${disk!.devt} A ' && dmsetup message ${name} 0 'fail_path ${disk!.devt}'
    sleep 0.1
  done; true`);
  const during = (await reinstatements()) - before;
  // Reinstatements come at once, and after 1, 2, 4 and 8 s, and one more if the path had not failed for some time.
  // Without a rest there were three in each second.
  expect(during).toBeGreaterThanOrEqual(2);
  expect(during).toBeLessThanOrEqual(6);
  expect(await daemon.log()).toMatch(
    new RegExp(
      `${disk!.name}: failed in ${name} by the kernel soon after its reinstatement \\(2 in a row\\): it rests for 2 s`,
    ),
  );
  await allActive();
});

test('it ends when told to', async () => {
  expect(await daemon.stop()).toBe(0);
  expect((await truthOf(machine())).maps).toHaveLength(1);
});
