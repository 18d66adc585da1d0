import { setTimeout as sleep } from 'node:timers/promises';
import { ask, type Daemon, OFTEN_CHECKED_CONFIG, startMpathd, writeConfig } from './daemon';
import { deletePath, rescanHosts, setState } from './disks';
import { type Fault, faultHits, setFaults } from './faults';
import { removeMap } from './foreign';
import { machineForFile, waitFor } from './machine';
import { mapDocuments, statusOf } from './status';
import { fastUdev, scsiDebug } from './topologies';
import { expectTablesEqualKernel, type KernelMap, truthOf } from './truth';

/*
 * ioctls that fail or hang. No map is dropped because of them, and when the failures stop, the daemon's tables equal
 * the kernel's within seconds.
 */
const machine = machineForFile();
const ERRNOS = ['ENOMEM', 'EINTR', 'EIO', 'EBUSY'] as const;
const READS = ['DM_TABLE_STATUS', 'DM_DEV_STATUS'] as const;
const ALL = { maps: 3, paths: 9 };
/** "Within seconds" on an emulated machine whose host has other work, too. */
const SOON = { timeoutMs: 20_000 };
let daemon: Daemon;

const onMap = (map: KernelMap, ioctl: string, more: Partial<Fault>): Fault => ({
  ioctl,
  name: map.name,
  uuid: map.uuid,
  dev: map.devt,
  ...more,
});
const message = (map: KernelMap, text: string): Promise<string> =>
  machine().ok(`dmsetup message ${map.name} 0 '${text}'`);
const pathsOf = (map: KernelMap): string[] => map.groups.flatMap((group) => group.paths);
const diskOf = async (devt: string): Promise<string> =>
  (await truthOf(machine())).disks.find((disk) => disk.devt === devt)!.name;
const maps = async (): Promise<KernelMap[]> =>
  [...(await truthOf(machine())).maps].sort((a, b) => (a.name < b.name ? -1 : 1));

const strikes = async (): Promise<number> => (await faultHits(machine())).length;

/** Looks at the daemon's maps repeatedly for some time. Each look must show all of the kernel's maps. */
const expectNoneDropped = async (ms: number): Promise<void> => {
  const uuids = (await maps()).map((map) => map.uuid).sort();
  const end = Date.now() + ms;
  while (Date.now() < end) {
    expect((await mapDocuments(machine())).map((map) => map.uuid).sort()).toEqual(uuids);
    await sleep(50);
  }
};

const awaitStale = async (map: KernelMap, errno: string): Promise<void> =>
  waitFor(
    machine(),
    `${map.name} to be stale with ${errno}`,
    async () => {
      const stale = (await mapDocuments(machine())).find((one) => one.uuid === map.uuid)?.stale;
      const listed = (await statusOf(machine())).stale.some(
        (one) => one.kind === 'map' && one.device === map.name && one.errno === errno,
      );
      return stale?.errno === errno && listed ? true : undefined;
    },
    30_000,
  ).then(() => undefined);

/** Lets everything work again, and waits for equal tables without a stale entry. */
const mend = async (expected: { maps: number; paths: number } = ALL): Promise<void> => {
  await setFaults(machine(), []);
  const since = Date.now();
  await expectTablesEqualKernel(machine(), { ...expected, ...SOON });
  process.stdout.write(`equal ${Date.now() - since} ms after the failures stopped\n`);
  await waitFor(
    machine(),
    'nothing to be stale',
    async () => ((await statusOf(machine())).stale.length === 0 ? true : undefined),
    20_000,
  );
};

/** Deleted disks come back and join again. */
const allBack = async (): Promise<void> => {
  await rescanHosts(machine());
  await expectTablesEqualKernel(machine(), ALL);
};

beforeAll(async () => {
  await writeConfig(machine(), OFTEN_CHECKED_CONFIG);
  await fastUdev(machine());
  await scsiDebug(machine(), { luns: 3, paths: 3 });
  daemon = await startMpathd(machine(), '', { faults: true });
  await expectTablesEqualKernel(machine(), ALL);
}, 300_000);

afterEach(() => setFaults(machine(), []));
afterEach(async () => {
  if (process.env.MPATHD_VM_LOG !== undefined) process.stdout.write(await daemon.log());
});

describe.each(ERRNOS)('%s', (errno) => {
  test('for each reading of one idle map, while events arrive for it: kept, stale, then right', async () => {
    const [map] = await maps();
    const [first, , third] = pathsOf(map!);
    const before = await strikes();
    await setFaults(
      machine(),
      READS.map((ioctl) => onMap(map!, ioctl, { errno })),
    );
    await message(map!, `fail_path ${third!}`);
    await awaitStale(map!, errno);
    await deletePath(machine(), await diskOf(first!));
    await expectNoneDropped(2_000);
    expect(await strikes()).toBeGreaterThan(before);
    await mend({ maps: 3, paths: 8 });
    await allBack();
  });

  test('for all maps and every listing, and a resync asked for meanwhile: none is dropped, then right', async () => {
    const [map, other] = await maps();
    await setFaults(
      machine(),
      [...READS, 'DM_LIST_DEVICES'].map((ioctl) => ({ ioctl, errno })),
    );
    const resync = ask(machine(), 'mpathd resync', 120_000);
    await message(map!, `fail_path ${pathsOf(map!)[0]!}`);
    await deletePath(machine(), await diskOf(pathsOf(other!)[0]!));
    await expectNoneDropped(2_000);
    await awaitStale(map!, errno);
    await mend({ maps: 3, paths: 8 });
    await resync;
    await allBack();
  });
});

test('a third of all readings and listings fail, with each error, and maps change all the while: none is dropped, then right', async () => {
  const [a, b, c] = await maps();
  const before = await strikes();
  await setFaults(
    machine(),
    [...READS, 'DM_LIST_DEVICES'].flatMap((ioctl) => ERRNOS.map((errno) => ({ ioctl, errno, probability: 0.1 }))),
  );
  const shown = expectNoneDropped(10_000);
  for (let round = 0; round < 6; round++) {
    for (const map of [a!, b!, c!]) await message(map, `fail_path ${pathsOf(map)[round % 3]!}`);
    if (round % 3 === 0) await ask(machine(), 'mpathd resync', 120_000);
  }
  await shown;
  expect(await strikes()).toBeGreaterThan(before);
  await mend();
});

test('a listing that leaves a map out: one proof is not enough', async () => {
  const [map] = await maps();
  const before = await strikes();
  await setFaults(machine(), [{ ioctl: 'DM_LIST_DEVICES', hide: map!.name }]);
  const resync = ask(machine(), 'mpathd resync', 60_000);
  await expectNoneDropped(3_000);
  expect(await resync).toMatch(/^ok/);
  await expectNoneDropped(500);
  expect(await strikes()).toBeGreaterThan(before);
  await mend();
});

describe("at the daemon's start", () => {
  const startUnder = async (faults: readonly Fault[]): Promise<void> => {
    expect(await daemon.stop()).toBe(0);
    await setFaults(machine(), faults);
    const before = await strikes();
    daemon = await startMpathd(machine(), '', { faults: true });
    await waitFor(
      machine(),
      'the faults to strike',
      async () => ((await strikes()) > before ? true : undefined),
      30_000,
    );
  };
  const namesAndTables = async (): Promise<unknown> =>
    (await maps()).map(({ name, uuid, devt, diskseq, groups }) => ({ name, uuid, devt, diskseq, groups }));

  test('one map cannot be read: it is there as stale, it is not made a second time, and is adopted later', async () => {
    const before = await namesAndTables();
    const [map] = await maps();
    await startUnder(READS.map((ioctl) => onMap(map!, ioctl, { errno: 'EBUSY' })));
    await awaitStale(map!, 'EBUSY');
    await expectNoneDropped(1_000);
    await mend();
    expect(await namesAndTables()).toEqual(before);
  });

  test('nothing can be listed or read: nothing is made or changed, and all is adopted later', async () => {
    const before = await namesAndTables();
    await startUnder([...READS, 'DM_LIST_DEVICES'].map((ioctl) => ({ ioctl, errno: 'ENOMEM' })));
    await sleep(2_000);
    expect(await namesAndTables()).toEqual(before);
    await mend();
    expect(await namesAndTables()).toEqual(before);
    expect(await daemon.log()).not.toMatch(/: (create|reload) \[/);
  });
});

describe('writes that fail', () => {
  const lastFailure = async (map: KernelMap, errno: string): Promise<true> =>
    waitFor(
      machine(),
      `the failure to be shown`,
      async () => {
        const shown = (await mapDocuments(machine())).find((one) => one.uuid === map.uuid)?.lastFailure;
        return shown?.includes(errno) === true ? true : undefined;
      },
      30_000,
    );

  test.each([
    ['DM_TABLE_LOAD', 'load', 'ENOMEM'],
    ['DM_DEV_SUSPEND', 'resume', 'EINTR'],
    ['DM_DEV_SUSPEND', 'resume', 'ENOMEM'],
  ] as const)(
    '%s (%s) with %s when a path is to leave: the map is as it was and not left suspended, then right',
    async (ioctl, only, errno) => {
      const [, map] = await maps();
      const [path] = pathsOf(map!);
      await setFaults(machine(), [onMap(map!, ioctl, { errno, ...(only === 'load' ? {} : { only }) })]);
      await deletePath(machine(), await diskOf(path!));
      await lastFailure(map!, errno);
      const now = (await maps()).find((one) => one.uuid === map!.uuid)!;
      expect(pathsOf(now).sort()).toEqual(pathsOf(map!).sort());
      await expectNoneDropped(1_000);
      await mend({ maps: 3, paths: 8 });
      expect((await maps()).map((one) => one.suspended)).toEqual([false, false, false]);
      await allBack();
    },
  );

  test('every table of a map is refused: its paths are failed and reinstated all the same', async () => {
    const [, map] = await maps();
    const [gone, other] = pathsOf(map!);
    const isNow = (state: string): Promise<true> =>
      waitFor(
        machine(),
        `${other!} to be ${state}`,
        async () => ((await maps()).find((one) => one.uuid === map!.uuid)?.states[other!] === state ? true : undefined),
        60_000,
      );
    await setFaults(machine(), [onMap(map!, 'DM_TABLE_LOAD', { errno: 'EINVAL' })]);
    await deletePath(machine(), await diskOf(gone!));
    await lastFailure(map!, 'EINVAL');
    const disk = await diskOf(other!);
    await setState(machine(), disk, 'offline');
    await isNow('F');
    await setState(machine(), disk, 'running');
    await isNow('A');
    await lastFailure(map!, 'EINVAL');
    await mend({ maps: 3, paths: 8 });
    await allBack();
  });

  test('DM_DEV_REMOVE with EBUSY: the map stays, and the administrator is told', async () => {
    const [map] = await maps();
    await setFaults(machine(), [onMap(map!, 'DM_DEV_REMOVE', { errno: 'EBUSY' })]);
    expect(await ask(machine(), `del map ${map!.name}`)).toMatch(/^(fail|map or path)/);
    await expectNoneDropped(500);
    await mend();
  });

  test.each(['DM_DEV_CREATE', 'DM_TABLE_LOAD'])(
    '%s with ENOMEM when a map is to be made: nothing half-made is left, and it is made later',
    async (ioctl) => {
      const [, , map] = await maps();
      await removeMap(machine(), map!.name);
      await expectTablesEqualKernel(machine(), { maps: 2, paths: 6 });
      const before = await strikes();
      await setFaults(machine(), [{ ioctl, errno: 'ENOMEM' }]);
      expect(await ask(machine(), `add map ${map!.uuid.slice('mpath-'.length)}`)).toMatch(/^fail/);
      expect(await strikes()).toBeGreaterThan(before);
      await expectTablesEqualKernel(machine(), { maps: 2, paths: 6 });
      await mend();
    },
  );
});

describe("one map's ioctl hangs", () => {
  test('reading: the socket answers, the other maps are followed, and afterwards it is right', async () => {
    const [map, other] = await maps();
    await setFaults(machine(), [onMap(map!, 'DM_TABLE_STATUS', { delayMs: 8_000 })]);
    const before = await strikes();
    await message(map!, `fail_path ${pathsOf(map!)[0]!}`);
    await waitFor(machine(), 'the hang', async () => ((await strikes()) > before ? true : undefined), 20_000);
    await setFaults(machine(), []);
    const since = Date.now();
    await deletePath(machine(), await diskOf(pathsOf(other!)[0]!));
    await waitFor(
      machine(),
      'the other map to be followed',
      async () => {
        const now = (await maps()).find((one) => one.uuid === other!.uuid)!;
        return pathsOf(now).length === 2 ? true : undefined;
      },
      10_000,
    );
    process.stdout.write(`another map followed ${Date.now() - since} ms after a delete, while one hangs\n`);
    await expectNoneDropped(500);
    await expectTablesEqualKernel(machine(), { maps: 3, paths: 8, timeoutMs: 40_000 });
    await allBack();
  });

  test('a write: the map is shown busy, the socket answers, the other maps are followed', async () => {
    const [map, other] = await maps();
    await setFaults(machine(), [onMap(map!, 'DM_TABLE_LOAD', { delayMs: 8_000, count: 1 })]);
    await deletePath(machine(), await diskOf(pathsOf(map!)[0]!));
    await waitFor(
      machine(),
      'the operation to be shown',
      async () =>
        (await statusOf(machine())).operations.some((one) => one.map === map!.name && one.kind === 'reload')
          ? true
          : undefined,
      10_000,
    );
    await deletePath(machine(), await diskOf(pathsOf(other!)[0]!));
    await waitFor(
      machine(),
      'the other map to be followed',
      async () => {
        const now = (await maps()).find((one) => one.uuid === other!.uuid)!;
        return pathsOf(now).length === 2 ? true : undefined;
      },
      10_000,
    );
    expect((await statusOf(machine())).operations).toHaveLength(1);
    await expectTablesEqualKernel(machine(), { maps: 3, paths: 7, timeoutMs: 40_000 });
    await allBack();
  });
});

test('SG_IO fails on one path with ENOMEM: the path stays in its map', async () => {
  const [map] = await maps();
  const [devt] = pathsOf(map!);
  const before = await strikes();
  await setFaults(machine(), [{ ioctl: 'SG_IO', dev: devt!, errno: 'ENOMEM' }]);
  await waitFor(machine(), 'a check', async () => ((await strikes()) > before ? true : undefined), 40_000);
  await expectNoneDropped(500);
  expect(pathsOf((await maps())[0]!)).toContain(devt);
  await mend();
});
