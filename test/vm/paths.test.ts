import { ask, type Daemon, startMpathd, writeConfig } from './daemon';
import { continueUdevd, deletePath, killUdevd, rescanHosts, settle, startUdevd, stopUdevd } from './disks';
import { type Background, machineForFile, waitFor } from './machine';
import { fastUdev, scsiDebug } from './topologies';
import { expectTablesEqualKernel, type KernelDisk, type KernelMap, type Truth, truthOf } from './truth';
import { type Action, measure } from './watch';

/*
 * Paths and maps on SCSI disks with the default configuration: they are made, go, come back, or belong to another LUN.
 */
const machine = machineForFile();
const guest = (command: string): Promise<string> => machine().ok(command);
let daemon: Daemon;

const ALL = { maps: 2, paths: 8 };
const isDebugDisk = (disk: KernelDisk): boolean => disk.wwid?.startsWith('naa.3333') === true;
const lunOf = (disk: KernelDisk): number =>
  Number(BigInt(`0x${disk.wwid!.slice('naa.'.length)}`) - 0x33333330000007d0n);
const disksOfLun = (truth: Truth, lun: number): KernelDisk[] =>
  truth.disks.filter((disk) => isDebugDisk(disk) && lunOf(disk) === lun);
const mapOfLun = (truth: Truth, lun: number): KernelMap => {
  const numbers = new Set(disksOfLun(truth, lun).map((disk) => disk.devt));
  const map = truth.maps.find((one) => one.groups.some((group) => group.paths.some((devt) => numbers.has(devt))));
  if (map === undefined) throw new Error(`LUN ${lun} has no map`);
  return map;
};
const idSerial = (name: string): Promise<string> =>
  guest(`udevadm info --query=property --property=ID_SERIAL --value /dev/${name}`);
/** SCSI host of a disk. */
const hostOf = (name: string): Promise<string> =>
  guest(`basename "$(readlink -f /sys/block/${name}/device)" | cut -d: -f1`);
const ofHost = async (host: string, disks: readonly KernelDisk[]): Promise<KernelDisk> => {
  for (const disk of disks) if ((await hostOf(disk.name)) === host) return disk;
  throw new Error(`host ${host} has none of ${disks.map((disk) => disk.name).join(', ')}`);
};

const noSemaphoreLeft = (): Promise<true> =>
  // libdevmapper's cookies: keys that begin with its magic (libdm-common.c, DM_COOKIE_MAGIC).
  waitFor(
    machine(),
    'all udev cookies to be destroyed',
    async () => (/^0x0d4d/m.test(await guest('ipcs -s')) ? undefined : true),
    60_000,
  );

const bringBack = async (): Promise<Truth> => {
  await rescanHosts(machine());
  await settle(machine());
  return expectTablesEqualKernel(machine(), ALL);
};

beforeAll(async () => {
  await guest('rm -rf /etc/multipath');
  await writeConfig(machine());
  // With and without udev a disk must belong to the same LUN.
  await fastUdev(machine(), 'sg3');
  await scsiDebug(machine(), { luns: 2, paths: 4 });
  daemon = await startMpathd(machine());
  await expectTablesEqualKernel(machine(), ALL);
}, 300_000);

afterEach(async () => {
  if (process.env.MPATHD_VM_LOG !== undefined) process.stdout.write(await daemon.log());
});

describe('with nothing configured', () => {
  test("each LUN gets a map by the kernel's grammar: its WWID as UUID, and one group where no priority is known", async () => {
    const truth = await expectTablesEqualKernel(machine(), ALL);
    for (const lun of [0, 1]) {
      const map = mapOfLun(truth, lun);
      const disks = disksOfLun(truth, lun);
      expect(map.uuid).toBe(`mpath-${await idSerial(disks[0]!.name)}`);
      expect(map.sectors).toBe(disks[0]!.sectors);
      expect(map).toMatchObject({ suspended: false, features: [] });
      expect(map.groups.map((group) => group.selector)).toEqual(['service-time']);
      expect([...map.groups[0]!.paths].sort()).toEqual(disks.map((disk) => disk.devt).sort());
      // dm-mpath.c: features, handler, the number of groups and the initial group, then the groups, each path with the
      // two arguments of service-time.
      expect(await guest(`dmsetup table ${map.name}`)).toMatch(
        new RegExp(`^0 ${map.sectors} multipath 0 1 alua 1 1 service-time 0 4 2( \\d+:\\d+ 1 1){4}$`),
      );
    }
  });

  test('aliases are bound in order, kept in the bindings file, and linked by udev', async () => {
    const truth = await expectTablesEqualKernel(machine(), ALL);
    expect(truth.maps.map((map) => map.name).sort()).toEqual(['mpatha', 'mpathb']);
    const bindings = (await guest('cat /etc/multipath/bindings')).split('\n').filter((line) => !line.startsWith('#'));
    expect(bindings.sort()).toEqual(truth.maps.map((map) => `${map.name} ${map.uuid.slice('mpath-'.length)}`).sort());
    await settle(machine());
    for (const map of truth.maps) {
      const node = `dm-${map.devt.split(':')[1]}`;
      expect(await guest(`readlink /dev/mapper/${map.name}`)).toBe(`../${node}`);
      const properties = (await guest(`udevadm info --query=property /dev/${node}`)).split('\n');
      expect(properties).toEqual(
        expect.arrayContaining([`DM_NAME=${map.name}`, `DM_UUID=${map.uuid}`, 'DM_UDEV_RULES_VSN=2']),
      );
      expect(
        await guest(
          `dmsetup info -c --noheadings --separator ' ' -o attr,tables_loaded,readonly,suspended ${map.name}`,
        ),
      ).toBe('L--w Live Writeable Active');
    }
  });

  test('every path is active in dm and found up', async () => {
    const up = async (): Promise<true | undefined> => {
      const paths = (await ask(machine(), 'show paths raw format "%m %t %T"'))
        .split('\n')
        .filter((line) => line.startsWith('mpath'));
      return paths.length === 8 && paths.every((line) => / active (ready|ghost)$/.test(line)) ? true : undefined;
    };
    await waitFor(machine(), 'all checks', up, 60_000);
    const truth = await expectTablesEqualKernel(machine(), ALL);
    expect(truth.maps.flatMap((map) => Object.values(map.states))).toEqual(Array(8).fill('A'));
  });
});

describe("a deleted path leaves the tables and its map by the kernel's uevent", () => {
  test.each([
    { udevd: 'running', before: async () => settle(machine()), after: async () => undefined },
    { udevd: 'stopped', before: () => stopUdevd(machine()), after: () => continueUdevd(machine()) },
    { udevd: 'dead', before: () => killUdevd(machine()), after: () => startUdevd(machine()) },
  ])('with udevd $udevd', async ({ udevd, before, after }) => {
    const truth = await expectTablesEqualKernel(machine(), ALL);
    const [disk] = disksOfLun(truth, 0);
    const map = mapOfLun(truth, 0);
    await before();
    await measure(
      machine(),
      `udevd ${udevd}: a path deleted`,
      [['write', `/sys/block/${disk!.name}/device/delete`, '1\n']],
      {
        tables: { ask: 'show paths raw format "%d"', lacks: `\\b${disk!.name}\\b` },
        map: { run: ['dmsetup', 'table', map.name], lacks: ` ${disk!.devt} ` },
      },
    );
    const gone = await expectTablesEqualKernel(machine(), { maps: 2, paths: 7 });
    expect(gone.disks.map((one) => one.name)).not.toContain(disk!.name);
    await after();
    await bringBack();
  });
});

describe('a path that appears joins its map', () => {
  const gone = async (): Promise<{ rescan: Action; map: KernelMap }> => {
    const truth = await expectTablesEqualKernel(machine(), ALL);
    const [disk] = disksOfLun(truth, 1);
    const host = await hostOf(disk!.name);
    await deletePath(machine(), disk!.name);
    await expectTablesEqualKernel(machine(), { maps: 2, paths: 7 });
    return { rescan: ['write', `/sys/class/scsi_host/host${host}/scan`, '0 0 1\n'], map: mapOfLun(truth, 1) };
  };
  const fourPaths = ({ name }: KernelMap) => ({
    tables: { ask: 'show paths raw format "%m|%d"', has: `(?s)(${name}\\|sd.*){4}` },
    map: { run: ['dmsetup', 'table', name], has: '( \\d+:\\d+ 1 1.*){4}' },
  });

  test('with udevd running', async () => {
    const { rescan, map } = await gone();
    await settle(machine());
    await measure(machine(), 'udevd running: a path appears', [rescan], fourPaths(map));
    await expectTablesEqualKernel(machine(), ALL);
  });

  test('with udevd stopped: after the bounded wait, by what sysfs says', async () => {
    await settle(machine());
    await stopUdevd(machine());
    const { rescan, map } = await gone();
    await measure(machine(), 'udevd stopped: a path appears', [rescan], fourPaths(map));
    await expectTablesEqualKernel(machine(), ALL);
    await continueUdevd(machine());
    await settle(machine());
    await expectTablesEqualKernel(machine(), ALL);
  });
});

describe('identity', () => {
  test("a disk added under the name and number of another LUN's, while udevd is stopped, joins its own LUN's map", async () => {
    const truth = await expectTablesEqualKernel(machine(), ALL);
    const [old] = disksOfLun(truth, 0);
    const host = await hostOf(old!.name);
    const other = await ofHost(host, disksOfLun(truth, 1));
    // The kernel gives the lowest free name first (sd.c, sd_probe): to a disk of the other disk's LUN.
    const [first, second] = [old!, other].sort((a, b) => a.name.length - b.name.length || (a.name < b.name ? -1 : 1));
    const lunThatComes = lunOf(second!);
    await settle(machine());
    const record = await guest(`grep ^E:ID_SERIAL= /run/udev/data/b${first!.devt}`);
    await stopUdevd(machine());
    await deletePath(machine(), other.name);
    await deletePath(machine(), old!.name);
    await expectTablesEqualKernel(machine(), { maps: 2, paths: 6 });
    await guest(`echo '0 0 ${lunThatComes}' > /sys/class/scsi_host/host${host}/scan`);
    const after = await expectTablesEqualKernel(machine(), { maps: 2, paths: 7 });
    const [impostor] = after.disks.filter((disk) => disk.name === first!.name);
    expect(impostor!.devt).toBe(first!.devt);
    expect(lunOf(impostor!)).toBe(lunThatComes);
    expect(await guest(`grep ^E:ID_SERIAL= /run/udev/data/b${impostor!.devt}`)).toBe(record);
    expect(mapOfLun(after, lunThatComes).groups.flatMap((group) => group.paths)).toContain(impostor!.devt);
    expect(mapOfLun(after, 1 - lunThatComes).groups.flatMap((group) => group.paths)).not.toContain(impostor!.devt);
    await continueUdevd(machine());
    await bringBack();
  });

  test('a synthetic remove event removes nothing', async () => {
    const before = await expectTablesEqualKernel(machine(), ALL);
    const [disk] = disksOfLun(before, 0);
    const lines = (await daemon.log()).split('\n').length;
    await guest(`echo remove > /sys/block/${disk!.name}/uevent && udevadm settle`);
    // A resync drains the socket, so all effects of the event come before its end.
    await guest('node /project/dist/mpathctl.js resync');
    const after = await expectTablesEqualKernel(machine(), ALL);
    expect(after.maps.map((map) => map.groups)).toEqual(before.maps.map((map) => map.groups));
    expect(
      (await daemon.log())
        .split('\n')
        .slice(lines - 1)
        .join('\n'),
    ).not.toMatch(/removed|reload|leaves/);
    await guest(`udevadm trigger --action=add /sys/block/${disk!.name}`);
    await settle(machine());
    await expectTablesEqualKernel(machine(), ALL);
  });
});

describe('when the last path of a map goes', () => {
  const heldOpen = async ({ name, uuid }: KernelMap): Promise<Background> => {
    const holder = await machine().start(`exec sleep 100000 < /dev/mapper/${name}`);
    await waitFor(
      machine(),
      'the map to be open',
      async () =>
        (await truthOf(machine())).maps.some((map) => map.uuid === uuid && map.open === 1) ? true : undefined,
      10_000,
    );
    return holder;
  };

  test('an unused map goes with it, and comes back under its alias with its paths', async () => {
    const before = await expectTablesEqualKernel(machine(), ALL);
    const { name, uuid } = mapOfLun(before, 1);
    for (const disk of disksOfLun(before, 1)) await deletePath(machine(), disk.name);
    const gone = await expectTablesEqualKernel(machine(), { maps: 1, paths: 4 });
    expect(gone.maps[0]!.uuid).not.toBe(uuid);
    const after = await bringBack();
    expect(mapOfLun(after, 1)).toMatchObject({ name, uuid });
  });

  test('an open map stays with an empty table, and gets its paths again', async () => {
    const before = await expectTablesEqualKernel(machine(), ALL);
    const { name, uuid, devt, diskseq } = mapOfLun(before, 1);
    const holder = await heldOpen(mapOfLun(before, 1));
    for (const disk of disksOfLun(before, 1)) await deletePath(machine(), disk.name);
    const empty = await expectTablesEqualKernel(machine(), { maps: 2, paths: 4 });
    expect(empty.maps.find((map) => map.uuid === uuid)).toMatchObject({ name, devt, diskseq, groups: [], open: 1 });
    const after = await bringBack();
    expect(mapOfLun(after, 1)).toMatchObject({ name, uuid, devt, diskseq, open: 1 });
    await holder.kill('TERM');
  });

  test('a map that is closed only after its paths are gone goes then, and comes back under its alias', async () => {
    const before = await expectTablesEqualKernel(machine(), ALL);
    const { name, uuid } = mapOfLun(before, 1);
    const holder = await heldOpen(mapOfLun(before, 1));
    for (const disk of disksOfLun(before, 1)) await deletePath(machine(), disk.name);
    await expectTablesEqualKernel(machine(), { maps: 2, paths: 4 });
    await holder.kill('TERM');
    await expectTablesEqualKernel(machine(), { maps: 1, paths: 4 });
    expect(mapOfLun(await bringBack(), 1)).toMatchObject({ name, uuid });
  });
});

test('no udev cookie is left, not of the time without udevd either', () => noSemaphoreLeft());

test('it ends when told to, and leaves its maps and no semaphore', async () => {
  expect(await daemon.stop()).toBe(0);
  expect((await truthOf(machine())).maps).toHaveLength(2);
  expect(await guest('ipcs -s')).not.toMatch(/^0x0d4d/m);
});
