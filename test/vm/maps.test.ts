import { ask, type Daemon, startMpathd, writeConfig } from './daemon';
import {
  createMap,
  deliverUevents,
  loseUevents,
  mapNamed,
  misledMaps,
  ownTable,
  reloadMap,
  removeMap,
  renameMap,
  swapNames,
  tableLine,
} from './foreign';
import { machineForFile, waitFor } from './machine';
import { statusOf } from './status';
import { fastUdev, scsiDebug } from './topologies';
import { expectTablesEqualKernel, type KernelMap, type Truth, truthOf } from './truth';

/*
 * Maps that somebody else removes, makes, reloads and renames with dmsetup, with and without the uevents. LUN n is
 * mpatha, mpathb ... in the order of its disks.
 */
const machine = machineForFile();
const LUNS = 4;
const ALL = { maps: LUNS, paths: 2 * LUNS };
let daemon: Daemon;
/** The UUID for each alias in the bindings file, from the first start on. */
let bound: Readonly<Record<string, string>>;

const byName = (truth: Truth): Record<string, string> =>
  Object.fromEntries(truth.maps.map((map) => [map.name, map.uuid]));

/** Checks that the tables are equal, and that no map has a path of another LUN. */
const expectTrue = async (expected: { maps: number; paths: number }): Promise<Truth> => {
  const truth = await expectTablesEqualKernel(machine(), expected);
  expect(misledMaps(truth)).toEqual([]);
  return truth;
};

/** Waits until every map has the name that the bindings file gives its WWID. */
const expectBoundNames = async (): Promise<void> => {
  await waitFor(
    machine(),
    'the bound names',
    async () => {
      const now = JSON.stringify(Object.entries(byName(await truthOf(machine()))).sort());
      if (now !== JSON.stringify(Object.entries(bound).sort())) throw new Error(now);
      return true;
    },
    60_000,
  );
  await expectTrue(ALL);
};

const logHas = async (pattern: RegExp): Promise<boolean> => pattern.test(await daemon.log());

const whileStopped = async (change: () => Promise<void>): Promise<void> => {
  expect(await daemon.stop()).toBe(0);
  await change();
  daemon = await startMpathd(machine());
};

/** Restores all LUNs as at first: asks for removed maps again, and gives all maps their bound names. */
const restore = async (): Promise<void> => {
  for (const uuid of Object.values(bound)) await ask(machine(), `add map ${uuid.slice('mpath-'.length)}`);
  await whileStopped(async () => undefined);
  await expectBoundNames();
};

beforeAll(async () => {
  await writeConfig(machine());
  await fastUdev(machine());
  await scsiDebug(machine(), { luns: LUNS, paths: 2 });
  daemon = await startMpathd(machine());
  bound = byName(await expectTrue(ALL));
  expect(Object.keys(bound).sort()).toEqual(['mpatha', 'mpathb', 'mpathc', 'mpathd']);
}, 300_000);

afterEach(async () => {
  if (process.env.MPATHD_VM_LOG !== undefined) process.stdout.write(await daemon.log());
});

const gone = (uuid: string) => async (): Promise<true | undefined> =>
  (await ask(machine(), 'show maps raw format "%w"')).includes(uuid.slice('mpath-'.length)) ? undefined : true;

/** Somebody else's changes of mpathd's map, one after the other. Both tables are compared after each. */
const foreignChanges = (seen: 'seen' | 'unseen'): void => {
  let before: KernelMap;

  test(`removed (${seen}): it leaves the tables, and is not made again`, async () => {
    before = await mapNamed(machine(), 'mpathd');
    await removeMap(machine(), 'mpathd');
    await waitFor(machine(), 'the entry to go', gone(before.uuid), 30_000);
    await expectTrue({ maps: LUNS - 1, paths: 2 * (LUNS - 1) });
  });

  test(`created (${seen}) under another name, with one group: it is adopted as it is`, async () => {
    await createMap(machine(), 'mine', before.uuid, ownTable(before));
    const truth = await expectTrue(ALL);
    expect(byName(truth).mine).toBe(before.uuid);
  });

  test(`renamed (${seen}): the new name stands`, async () => {
    await renameMap(machine(), 'mine', 'yours');
    const truth = await expectTrue(ALL);
    expect(byName(truth).yours).toBe(before.uuid);
    await renameMap(machine(), 'yours', 'mpathd');
    expect(byName(await expectTrue(ALL))).toEqual(bound);
  });

  test(`reloaded (${seen}) with one path a group: followed, and not undone`, async () => {
    const paths = before.groups.flatMap((group) => group.paths);
    await reloadMap(
      machine(),
      'mpathd',
      tableLine(
        before,
        paths.map((devt) => [devt]),
      ),
    );
    await expectTrue(ALL);
    await reloadMap(machine(), 'mpathd', tableLine(before, [[...paths].reverse()]));
    await expectTrue(ALL);
    expect((await mapNamed(machine(), 'mpathd')).groups).toHaveLength(1);
  });

  test(`reloaded (${seen}) with a path less: followed, the path stays out until it is added`, async () => {
    const [first, second] = before.groups.flatMap((group) => group.paths);
    await reloadMap(machine(), 'mpathd', tableLine(before, [[first!]]));
    const fewer = { maps: LUNS, paths: 2 * LUNS - 1 };
    const { disks } = await expectTrue(fewer);
    const name = disks.find((disk) => disk.devt === second)!.name;
    await waitFor(
      machine(),
      'the reason',
      async () => (/left out of mpathd/.test(await ask(machine(), 'mpathd paths json')) ? true : undefined),
      30_000,
    );
    await expectTrue(fewer);
    expect(await ask(machine(), `add path ${name}`)).toMatch(/^ok/);
    await expectTrue(ALL);
  });
};

describe('by its uevents', () => {
  foreignChanges('seen');

  test('names swapped under the running daemon: followed', async () => {
    await swapNames(machine(), 'mpatha', 'mpathb');
    const truth = await expectTrue(ALL);
    expect(byName(truth)).toEqual({ ...bound, mpatha: bound.mpathb, mpathb: bound.mpatha });
    await swapNames(machine(), 'mpatha', 'mpathb');
    expect(byName(await expectTrue(ALL))).toEqual(bound);
  });

  test('no event of theirs was lost', async () => {
    const { losses } = (await statusOf(machine())).truth;
    // On a machine that is short of CPU a fence may be late. This leads to one resync too many, and to nothing worse.
    expect({ ...losses, 'fence-lost': 0 }).toEqual(Object.fromEntries(Object.keys(losses).map((cause) => [cause, 0])));
  });
});

describe('with every uevent lost, and nothing to tell of it', () => {
  beforeAll(() => loseUevents(machine(), daemon));
  afterAll(async () => {
    await deliverUevents(machine(), daemon);
    await restore();
  });

  foreignChanges('unseen');

  test('names swapped: told apart by UUID', async () => {
    await swapNames(machine(), 'mpatha', 'mpathb');
    const truth = await expectTrue(ALL);
    expect(byName(truth)).toEqual({ ...bound, mpatha: bound.mpathb, mpathb: bound.mpatha });
  });

  test("a map removed and another LUN's map made under its alias: each its WWID, paths and name", async () => {
    const [c, d] = [await mapNamed(machine(), 'mpathc'), await mapNamed(machine(), 'mpathd')];
    await removeMap(machine(), 'mpathc');
    await removeMap(machine(), 'mpathd');
    await createMap(machine(), 'mpathc', d.uuid, ownTable(d));
    const truth = await expectTrue({ maps: LUNS - 1, paths: 2 * (LUNS - 1) });
    expect(byName(truth).mpathc).toBe(d.uuid);
    await createMap(machine(), 'mpathd', c.uuid, ownTable(c));
    expect(byName(await expectTrue(ALL))).toEqual({
      mpatha: bound.mpathb,
      mpathb: bound.mpatha,
      mpathc: d.uuid,
      mpathd: c.uuid,
    });
  });

  test('a map removed and made again under its own UUID and number with a path less: known as a new one, and completed', async () => {
    const map = await mapNamed(machine(), 'mpatha');
    await machine().ok(
      `dmsetup remove --retry mpatha && dmsetup create mpatha --uuid ${map.uuid} --table '${tableLine(map, [[map.groups[0]!.paths[0]!]])}'`,
    );
    const again = (await expectTrue(ALL)).maps.find((one) => one.uuid === map.uuid)!;
    expect([again.name, again.devt]).toEqual([map.name, map.devt]);
    expect(again.diskseq).not.toBe(map.diskseq);
  });

  test('the event poll told of it: the evidence is two look-ups, and the fence told of the loss', async () => {
    expect(await logHas(/map removed: missing from a complete listing, and a look-up by UUID answers ENXIO/)).toBe(
      true,
    );
    // The next fence is sent at most 10 s after the last one, and is lost 5 s later. All of the above may take less
    // time.
    const truth = await waitFor(
      machine(),
      'a fence to be lost',
      async () => {
        const now = (await statusOf(machine())).truth;
        return now.losses['fence-lost'] > 0 ? now : undefined;
      },
      60_000,
    );
    expect(truth.losses.overrun + truth.losses.drops).toBe(0);
  });
});

describe('while the daemon is stopped', () => {
  test('two names swapped: they go back to their WWIDs, and no table is written', async () => {
    await whileStopped(() => swapNames(machine(), 'mpatha', 'mpathb'));
    await expectBoundNames();
    expect(await logHas(/reload \[/)).toBe(false);
  });

  test("a map removed and its name given to another LUN's map: both get their own", async () => {
    await whileStopped(async () => {
      await removeMap(machine(), 'mpathd');
      await renameMap(machine(), 'mpathc', 'mpathd');
    });
    await expectBoundNames();
  });

  test("maps removed, and another LUN's map made under the alias of one: all get their own", async () => {
    const b = await mapNamed(machine(), 'mpathb');
    await whileStopped(async () => {
      await removeMap(machine(), 'mpatha');
      await removeMap(machine(), 'mpathb');
      await createMap(machine(), 'mpatha', b.uuid, ownTable(b));
    });
    await expectBoundNames();
  });

  test('a name taken by a device that is no multipath map: it keeps it, the map is as good under another', async () => {
    await whileStopped(async () => {
      await renameMap(machine(), 'mpatha', 'elsewhere');
      await machine().ok("dmsetup create mpatha --uuid LVM-other --table '0 8 zero'");
    });
    const truth = await expectTrue(ALL);
    expect(byName(truth)).toEqual({
      elsewhere: bound.mpatha,
      mpathb: bound.mpathb,
      mpathc: bound.mpathc,
      mpathd: bound.mpathd,
    });
    expect(await machine().ok('dmsetup info -c --noheadings -o uuid mpatha')).toBe('LVM-other');
  });

  test('the alias of a LUN without a map taken by such a device: the map is made all the same', async () => {
    await whileStopped(() => removeMap(machine(), 'elsewhere'));
    const truth = await expectTrue(ALL);
    expect(truth.maps.map((map) => map.uuid).sort()).toEqual(Object.values(bound).sort());
    expect(await machine().ok('dmsetup info -c --noheadings -o uuid mpatha')).toBe('LVM-other');
    await whileStopped(() => removeMap(machine(), 'mpatha'));
    await expectTrue(ALL);
  });
});
