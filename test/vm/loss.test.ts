import { setTimeout as sleep } from 'node:timers/promises';
import type { StatusDocument } from '../../src/ipc/documents';
import { type Daemon, startMpathd, writeConfig } from './daemon';
import { deletePath, killUdevd, rescanHosts, startUdevd, stopUdevd } from './disks';
import {
  createMap,
  deliverUevents,
  loseUevents,
  mapNamed,
  misledMaps,
  ownTable,
  removeMap,
  renameMap,
  swapNames,
} from './foreign';
import { machineForFile, waitFor } from './machine';
import { statusOf } from './status';
import { flood } from './storm';
import { fastUdev, scsiDebug } from './topologies';
import { type DaemonTables, expectTablesEqualKernel, tablesOf, type Truth, truthOf } from './truth';

/*
 * A real overrun of the uevent socket, with paths and maps changed among the events that it lost.
 */
const machine = machineForFile({ needs: ['smp'] });
const LUNS = 4;
type TruthDocument = StatusDocument['truth'];
let daemon: Daemon;

const overruns = async (): Promise<number> => {
  const { losses } = (await statusOf(machine())).truth;
  return losses.overrun + losses.drops;
};

/** The devices among these that the daemon does not have, although the kernel had them all the time. */
const forgotten = (kept: Truth, tables: DaemonTables): string[] => [
  ...kept.maps.filter((map) => !tables.maps.some((one) => `mpath-${one.wwid}` === map.uuid)).map((map) => map.uuid),
  ...kept.disks
    .filter((disk) => disk.wwid?.startsWith('naa.3333') === true && !tables.paths.some((one) => one.devt === disk.devt))
    .map((disk) => disk.devt),
];

/** Looks at the tables repeatedly until it is stopped. Returns everything that was missing from them at any time. */
const watchTables = (kept: () => Promise<Truth>): (() => Promise<{ looks: number; missing: string[] }>) => {
  let over = false;
  const missing = new Set<string>();
  let looks = 0;
  const watching = (async () => {
    while (!over) {
      const tables = await tablesOf(machine());
      looks += 1;
      for (const one of forgotten(await kept(), tables)) missing.add(one);
      await sleep(50);
    }
  })();
  return async () => {
    over = true;
    await watching;
    return { looks, missing: [...missing] };
  };
};

beforeAll(async () => {
  await writeConfig(machine());
  await fastUdev(machine());
  await scsiDebug(machine(), { luns: LUNS, paths: 2 });
  // 64 KiB, given in MiB. The kernel doubles it.
  daemon = await startMpathd(machine(), '--receive-buffer 0.0625');
  await expectTablesEqualKernel(machine(), { maps: LUNS, paths: 2 * LUNS });
}, 300_000);

afterEach(async () => {
  if (process.env.MPATHD_VM_LOG !== undefined) process.stdout.write(await daemon.log());
});

/** A disk goes and comes back unseen. Returns the daemon's counters before that, and after all is right again. */
const comeBackUnseen = async (): Promise<{ before: TruthDocument; after: TruthDocument }> => {
  const [disk] = (await truthOf(machine())).disks.filter(({ wwid }) => wwid?.startsWith('naa.3333') === true);
  await deletePath(machine(), disk!.name);
  await expectTablesEqualKernel(machine(), { maps: LUNS, paths: 2 * LUNS - 1 });
  // Otherwise the next fence may be among the lost messages, and show the loss.
  const { truth: before } = await waitFor(
    machine(),
    'a fence',
    async () => {
      const now = await statusOf(machine());
      return (now.truth.lastFenceAgeMs ?? Infinity) < 2_000 ? now : undefined;
    },
    60_000,
  );
  await loseUevents(machine(), daemon);
  await rescanHosts(machine());
  await machine().ok('udevadm settle');
  await deliverUevents(machine(), daemon);
  await expectTablesEqualKernel(machine(), { maps: LUNS, paths: 2 * LUNS });
  const { truth: after } = await waitFor(
    machine(),
    'the loss to be counted',
    async () => {
      const now = await statusOf(machine());
      return now.truth.losses.gap + now.truth.losses['fence-lost'] > before.losses.gap + before.losses['fence-lost']
        ? now
        : undefined;
    },
    30_000,
  );
  return { before, after };
};

test('a disk that comes back while a filter keeps its events from the socket: found by a look at the hole, without a resync', async () => {
  let seen = await comeBackUnseen();
  for (let more = 2; more > 0 && seen.after.losses['fence-lost'] > seen.before.losses['fence-lost']; more--)
    seen = await comeBackUnseen();
  const { before, after } = seen;
  expect(after.losses).toEqual({ ...before.losses, gap: before.losses.gap + 1 });
  expect(after.gaps.numbers).toBeGreaterThan(before.gaps.numbers);
  expect(after.gaps.looks).toBeGreaterThan(before.gaps.looks);
  expect(after.resyncs).toBe(before.resyncs);
});

test('events overrun the socket while the daemon sleeps, paths and maps change among them: rebuilt, and nothing that exists is dropped', async () => {
  expect((await statusOf(machine())).listeners.kernel.grantedBufferBytes).toBe(2 * 65_536);
  expect(await overruns()).toBe(0);
  const before = await truthOf(machine());
  const diskOf = (name: string, path: number) => {
    const devt = before.maps.find((map) => map.name === name)!.groups.flatMap((group) => group.paths)[path];
    return before.disks.find((disk) => disk.devt === devt)!.name;
  };
  const d = await mapNamed(machine(), 'mpathd');

  await daemon.process.kill('STOP');
  await flood(machine(), 800);
  await deletePath(machine(), diskOf('mpathc', 0));
  await rescanHosts(machine());
  await deletePath(machine(), diskOf('mpatha', 1));
  await removeMap(machine(), 'mpathb');
  await renameMap(machine(), 'mpathc', 'renamed');
  await removeMap(machine(), 'mpathd');
  await createMap(machine(), 'mpathb', d.uuid, ownTable(d));
  const now = await truthOf(machine());
  const kept: Truth = {
    maps: now.maps,
    disks: now.disks.filter((disk) =>
      before.disks.some((one) => one.devt === disk.devt && one.diskseq === disk.diskseq),
    ),
  };
  await daemon.process.kill('CONT');

  const stopWatching = watchTables(() => Promise.resolve(kept));
  const truth = await expectTablesEqualKernel(machine(), { maps: LUNS - 1, paths: 2 * LUNS - 3 });
  const { looks, missing } = await stopWatching();
  expect(missing).toEqual([]);
  expect(looks).toBeGreaterThan(0);
  expect(misledMaps(truth)).toEqual([]);
  expect(Object.fromEntries(truth.maps.map((map) => [map.name, map.uuid]))).toEqual({
    mpatha: before.maps.find((map) => map.name === 'mpatha')!.uuid,
    mpathb: d.uuid,
    renamed: before.maps.find((map) => map.name === 'mpathc')!.uuid,
  });
  const { losses, lastResync } = (await statusOf(machine())).truth;
  expect(losses.overrun + losses.drops).toBeGreaterThan(0);
  expect(lastResync?.cause).toMatch(/^(overrun|drops)$/);
  process.stdout.write(
    `a resync after an overrun: ${JSON.stringify(lastResync)}, ${JSON.stringify(losses)}, ${looks} looks meanwhile\n`,
  );
});

test('20,000 events from eight writers, overrun after overrun, names swapped and a path deleted meanwhile: nothing is dropped, and it ends right', async () => {
  const before = await truthOf(machine());
  const lost = await overruns();
  // udevd would work on these events for minutes.
  await stopUdevd(machine());
  const gone = before.disks.find(
    (disk) => disk.devt === before.maps.find((map) => map.name === 'renamed')!.groups[0]!.paths[0],
  )!;
  const kept: Truth = { maps: before.maps, disks: before.disks.filter((disk) => disk !== gone) };
  const stopWatching = watchTables(() => Promise.resolve(kept));
  const storm = flood(machine(), 20_000);
  for (let i = 0; i < 5; i++) {
    await daemon.process.kill('STOP');
    await sleep(700);
    if (i === 1) await machine().ok('dmsetup --noudevsync rename mpatha swapping');
    if (i === 2) await deletePath(machine(), gone.name);
    if (i === 3)
      await machine().ok('dmsetup --noudevsync rename mpathb mpatha && dmsetup --noudevsync rename swapping mpathb');
    await daemon.process.kill('CONT');
    await sleep(700);
  }
  await storm;
  const truth = await expectTablesEqualKernel(machine(), { maps: LUNS - 1, paths: 2 * LUNS - 4 });
  const { looks, missing } = await stopWatching();
  expect(missing).toEqual([]);
  expect(misledMaps(truth)).toEqual([]);
  expect(truth.maps.find((map) => map.name === 'mpatha')!.uuid).toBe(
    before.maps.find((map) => map.name === 'mpathb')!.uuid,
  );
  const status = await waitFor(
    machine(),
    'the resyncs to end',
    async () => {
      const now = await statusOf(machine());
      return now.truth.phase === 'idle' ? now : undefined;
    },
    60_000,
  );
  expect(await overruns()).toBeGreaterThan(lost);
  process.stdout.write(`20,000 events: ${JSON.stringify(status.truth)}, ${looks} looks meanwhile\n`);
  await killUdevd(machine());
  await startUdevd(machine());
});

test('afterwards it follows by events again', async () => {
  const { resyncs } = (await statusOf(machine())).truth;
  await rescanHosts(machine());
  await expectTablesEqualKernel(machine(), { maps: LUNS - 1, paths: 2 * (LUNS - 1) });
  await swapNames(machine(), 'mpatha', 'mpathb');
  expect(misledMaps(await expectTablesEqualKernel(machine(), { maps: LUNS - 1, paths: 2 * (LUNS - 1) }))).toEqual([]);
  expect((await statusOf(machine())).truth.resyncs).toBe(resyncs);
});
