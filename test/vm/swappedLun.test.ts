import { setTimeout as sleep } from 'node:timers/promises';
import { ask, type Daemon, startMpathd, writeConfig } from './daemon';
import { continueUdevd, stopUdevd } from './disks';
import { type Background, machineForFile, waitFor } from './machine';
import { breakConnection, fastUdev, ISCSI_TARGET, iscsi, iscsiDisk, mapIscsiLuns, setPortal } from './topologies';
import { expectTablesEqualKernel, type KernelMap, type Truth, truthOf } from './truth';

/*
 * A LUN swapped behind a live path. There are four LUNs through two iSCSI sessions, and the array gives the number of
 * LUN 0 at the second portal to LUN 1. The kernel still takes the disk for LUN 0; writes to it go to LUN 1. fio writes
 * to LUN 2 all the time, and verifies.
 */
const machine = machineForFile();
const guest = (command: string): Promise<string> => machine().ok(command, { timeoutMs: 60_000 });
const ALL = { maps: 4, paths: 8 };
const LUNS = [0, 1, 2, 3];
const PORTAL = 2;
let daemon: Daemon;
let fio: Background;
/** The disk of LUN 0 at the second portal. */
let disk: string;
/** The UUIDs of the LUNs' maps. */
let uuids: string[];
let names: string[];

const mapOf = (truth: Truth, lun: number): KernelMap => truth.maps.find(({ uuid }) => uuid === uuids[lun])!;
const pathsOf = (truth: Truth, lun: number): string[] => mapOf(truth, lun).groups.flatMap((group) => group.paths);
const devtOf = (truth: Truth, name: string): string => truth.disks.find((one) => one.name === name)!.devt;
/** The contents of a LUN. To LUN 1 and LUN 3 nobody writes through their own maps. */
const contentOf = (lun: number): Promise<string> => guest(`md5sum < /dev/shm/iscsi${lun}`);
const sysfsPage = (): Promise<string> => guest(`od -An -v -tx1 /sys/block/${disk}/device/vpd_pg83 | tr -d ' \\n'`);
const ownPage = (): Promise<string> => guest(`sg_vpd --page=di --raw /dev/${disk} | od -An -v -tx1 | tr -d ' \\n'`);

/** Waits until the disk is an active path of this LUN's map, and of no other. */
const awaitPlace = (lun: number, name = disk): Promise<Truth> =>
  waitFor(
    machine(),
    `${name} to be a path of LUN ${lun}`,
    async () => {
      const truth = await expectTablesEqualKernel(machine(), ALL);
      const devt = devtOf(truth, name);
      const places = LUNS.filter((one) => pathsOf(truth, one).includes(devt));
      return places.join() === String(lun) && mapOf(truth, lun).states[devt] === 'A' ? truth : undefined;
    },
    60_000,
  );

beforeAll(async () => {
  await writeConfig(machine());
  await fastUdev(machine());
  daemon = await startMpathd(machine(), '-v info --polling-interval 1');
  await iscsi(machine(), { luns: LUNS.length, portals: 2, noopSeconds: 30 });
  disk = await iscsiDisk(machine(), PORTAL, 0);
  const truth = await expectTablesEqualKernel(machine(), ALL);
  const found = await Promise.all(
    LUNS.map(async (lun) => {
      const devt = devtOf(truth, await iscsiDisk(machine(), PORTAL, lun));
      return truth.maps.find((map) => map.groups.some((group) => group.paths.includes(devt)))!;
    }),
  );
  uuids = found.map(({ uuid }) => uuid);
  names = found.map(({ name }) => name);
  fio = await machine().start(
    `exec fio --name=elsewhere --filename=/dev/mapper/${names[2]} --direct=1 --ioengine=libaio --iodepth=4 --rw=randwrite --bs=4k --size=4M --verify=crc32c --verify_fatal=1 --verify_backlog=64 --time_based --runtime=3000 --rate_iops=60,60`,
  );
}, 300_000);

afterEach(async () => {
  if (process.env.MPATHD_VM_LOG !== undefined) process.stdout.write(await daemon.log());
});

test('told by a unit attention of the LUN beside it: the path is failed, taken out, and joins the map of its LUN; no write goes astray from then on', async () => {
  const copy = await sysfsPage();
  expect(await ownPage()).toBe(copy);
  await mapIscsiLuns(machine(), PORTAL, { 0: 1 });
  const truth = await awaitPlace(1);
  expect(await sysfsPage()).toBe(await ownPage());
  expect(await sysfsPage()).not.toBe(copy);
  const log = await daemon.log();
  // While LIO exchanges the LUNs, a check may find none, which fails the path first.
  const steps = [
    new RegExp(`${names[0]}: ${disk} (leads to another LUN|does not answer).*: fail_path ${devtOf(truth, disk)}`),
    new RegExp(`${names[0]}: ${devtOf(truth, disk)} leaves .*leads to another LUN`),
    new RegExp(`${names[1]}: ${disk} joins`),
  ].map((step) => log.search(step));
  expect(steps).not.toContain(-1);
  expect(steps).toEqual([...steps].sort((a, b) => a - b));
  expect(log).toMatch(
    new RegExp(
      `${disk}: leads to another LUN: the disk answers as \\S+, the kernel has \\S+; the path is failed in ${names[0]} and taken out`,
    ),
  );

  const before = await contentOf(1);
  await guest(
    `head -c 4M /dev/urandom > /run/pattern && dd if=/run/pattern of=/dev/mapper/${names[0]} bs=16k oflag=direct status=none`,
  );
  expect(await contentOf(1)).toBe(before);
  await guest('cmp -n 4194304 /run/pattern /dev/shm/iscsi0');
});

test('and back again', async () => {
  await mapIscsiLuns(machine(), PORTAL, { 0: 0 });
  await awaitPlace(0);
});

test('swapped while the path is down, and I/O goes on all the time: it is not reinstated, and no write goes astray', async () => {
  const devt = devtOf(await expectTablesEqualKernel(machine(), ALL), disk);
  const before = await contentOf(1);
  const writer = await machine().start(
    `while dd if=/dev/urandom of=/dev/mapper/${names[0]} bs=16k count=64 oflag=direct status=none; do :; done; exit 1`,
  );
  await setPortal(machine(), PORTAL, 'cut');
  await breakConnection(machine(), PORTAL);
  await waitFor(
    machine(),
    'the path to be failed',
    async () => {
      const [state, sysfs] = [
        mapOf(await expectTablesEqualKernel(machine(), ALL), 0).states[devt],
        await guest(`cat /sys/block/${disk}/device/state`),
      ];
      return state === 'F' && sysfs === 'transport-offline' ? true : undefined;
    },
    60_000,
  );
  const logged = (await daemon.log()).length;
  await mapIscsiLuns(machine(), PORTAL, { 0: 1 });
  await setPortal(machine(), PORTAL, 'through');
  await awaitPlace(1);
  expect(await writer.exitCode()).toBeNull();
  await writer.kill('TERM');
  expect(await contentOf(1)).toBe(before);
  const log = (await daemon.log()).slice(logged);
  expect(log).toMatch(new RegExp(`${disk}: leads to another LUN`));
  expect(log).not.toMatch(new RegExp(`${names[0]}: .*reinstate_path ${devt}`));
});

test('and back once more', async () => {
  await mapIscsiLuns(machine(), PORTAL, { 0: 0 });
  await awaitPlace(0);
});

test('LUN 0 and LUN 3 exchange their numbers while I/O goes on: each path joins the map of its LUN, and no write goes astray from then on', async () => {
  const other = await iscsiDisk(machine(), PORTAL, 3);
  const logged = (await daemon.log()).length;
  // Between the LUNs LIO answers a write as write-protected: an error of the target, which no other path can mend.
  const writer = await machine().start(
    `while :; do dd if=/dev/urandom of=/dev/mapper/${names[0]} bs=16k count=64 oflag=direct status=none || sleep 0.1; done`,
  );
  await mapIscsiLuns(machine(), PORTAL, { 0: 3, 3: 0 });
  await awaitPlace(3);
  await awaitPlace(0, other);
  const [own, foreign] = [await contentOf(0), await contentOf(3)];
  await sleep(2_000);
  expect(await contentOf(0)).not.toBe(own);
  expect(await contentOf(3)).toBe(foreign);
  await writer.kill('TERM');
  const log = (await daemon.log()).slice(logged);
  for (const name of [disk, other]) expect(log).toMatch(new RegExp(`${name}: leads to another LUN`));
  await mapIscsiLuns(machine(), PORTAL, { 0: 0, 3: 3 });
  await awaitPlace(0);
  await awaitPlace(3, other);
});

test('fio, which wrote to another LUN all the time, has verified it without an error', async () => {
  expect(await fio.exitCode()).toBeNull();
  await fio.kill('INT');
  await waitFor(machine(), 'fio to end', async () => (await fio.exitCode()) ?? undefined, 60_000);
  const log = await fio.log();
  expect(log.split('\n').filter((line) => /error|verify|bad|mismatch/i.test(line))).toEqual([]);
  expect(log).toContain('err= 0');
  expect(Number(/issued rwts: total=\d+,(\d+)/.exec(log)?.[1])).toBeGreaterThan(200);
});

/** What a wrong rule of udev's would leave: one ID_SERIAL in the records of all disks. */
const lieInRecords = (): Promise<string> =>
  guest(`for dev in $(lsblk -rndo MAJ:MIN,VENDOR | awk '/LIO-ORG/ { print $1 }'); do
    sed -i 's/^E:ID_SERIAL=.*/E:ID_SERIAL=SAME_FOR_ALL/' /run/udev/data/b$dev
  done; grep -l SAME_FOR_ALL /run/udev/data/b* | wc -l`);

test('records of udev that give two LUNs one WWID make no map over both, and the log names the disks', async () => {
  expect(await daemon.stop()).toBe(0);
  await guest('dmsetup ls --target multipath | cut -f1 | xargs -rn1 dmsetup remove --retry && udevadm settle');
  await stopUdevd(machine());
  expect((await lieInRecords()).trim()).toBe('8');
  daemon = await startMpathd(machine(), '-v info --polling-interval 1');
  await waitFor(
    machine(),
    'the disks to be held out',
    async () =>
      /another LUN has its WWID: its disk is \S+, and sd\w+ is \S+; both have the WWID SAME_FOR_ALL/.test(
        await daemon.log(),
      )
        ? true
        : undefined,
    30_000,
  );
  await expectTablesEqualKernel(machine(), { maps: 0, paths: 0 });
  await continueUdevd(machine());
  await guest(`for disk in $(lsblk -rndo NAME,VENDOR | awk '/LIO-ORG/ { print $1 }'); do
    echo change > /sys/block/$disk/uevent
  done; udevadm settle`);
  expect(await ask(machine(), 'reconfigure')).toBe('ok\n');
  const truth = await expectTablesEqualKernel(machine(), ALL);
  names = uuids.map((uuid) => truth.maps.find((map) => map.uuid === uuid)!.name);
});

/** One LUN in each session: LIO tells of a change only by the other LUNs of a session. */
const leaveOneLun = async (): Promise<void> => {
  for (const portal of [1, 2]) {
    for (const lun of LUNS.slice(1)) {
      await guest(`echo 1 > /sys/block/${await iscsiDisk(machine(), portal, lun)}/device/delete`);
      await guest(`rm ${lunOf(portal, lun)}/i${lun} && rmdir ${lunOf(portal, lun)}`);
    }
  }
};
const lunOf = (portal: number, lun: number): string =>
  `/sys/kernel/config/target/iscsi/${ISCSI_TARGET}/tpgt_${portal}/lun/lun_${lun}`;
/** The longest interval of the checks with --polling-interval 1, and the time of a check, ms. */
const INTERVAL_MS = 4_000 + 3_000;

/** Waits until the disk gets no I/O of LUN 0's map, and says whether that was within an interval of the checks. */
const awaitStop = async (devt: string): Promise<number> => {
  const since = Date.now();
  await waitFor(
    machine(),
    `${disk} to get no I/O`,
    async () => (mapOf(await truthOf(machine()), 0).states[devt] === 'A' ? undefined : true),
    30_000,
  );
  return Date.now() - since;
};

test('without any sign, while I/O goes on: within an interval of the checks no write goes to the other LUN, and the log says for how long they may have', async () => {
  await leaveOneLun();
  const devt = devtOf(await expectTablesEqualKernel(machine(), { maps: 1, paths: 2 }), disk);
  // The unit attention for the LUN that went is told with the next checks.
  await sleep(INTERVAL_MS);
  const logged = (await daemon.log()).length;
  // Between the two LUNs LIO answers a write as write-protected: an error of the target, which no other path can mend.
  const writer = await machine().start(
    `while :; do dd if=/dev/urandom of=/dev/mapper/${names[0]} bs=16k count=64 oflag=direct status=none || sleep 0.1; done`,
  );
  // No check may come between LIO's unlink and link: it would find no LUN, which fails the path before any write goes
  // astray.
  await daemon.process.kill('STOP');
  await mapIscsiLuns(machine(), PORTAL, { 0: 1 });
  await daemon.process.kill('CONT');
  expect(await awaitStop(devt)).toBeLessThan(INTERVAL_MS);
  const before = await contentOf(1);
  await sleep(2_000);
  await writer.kill('TERM');
  expect(await contentOf(1)).toBe(before);
  const log = (await daemon.log()).slice(logged);
  expect(log).not.toMatch(/unit attention/);
  expect(log).toMatch(
    new RegExp(
      `${disk}: leads to another LUN: .*; writes to ${names[0]} by this path may have gone to LUN \\S+ in the last \\d\\.\\d s`,
    ),
  );
});

test('a number without a LUN, at which LIO answers every command and drops what is written: the path is failed', async () => {
  await mapIscsiLuns(machine(), PORTAL, { 0: 0 });
  const devt = await waitFor(
    machine(),
    `${disk} to be a path of LUN 0 again`,
    async () => {
      const truth = await truthOf(machine());
      return mapOf(truth, 0).states[devtOf(truth, disk)] === 'A' ? devtOf(truth, disk) : undefined;
    },
    60_000,
  );
  await guest(`rm ${lunOf(PORTAL, 0)}/i0 && rmdir ${lunOf(PORTAL, 0)}`);
  expect(await awaitStop(devt)).toBeLessThan(INTERVAL_MS);
});

test('it ends when told to', async () => {
  expect(await daemon.stop()).toBe(0);
});
