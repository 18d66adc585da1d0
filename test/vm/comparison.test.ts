import { ask, type Daemon, PLAIN_CONFIG, startMultipathd, writeConfig } from './daemon';
import { continueUdevd, deletePath, settle, stopUdevd } from './disks';
import { setFaults } from './faults';
import { machineForFile, waitFor } from './machine';
import { fastUdev, scsiDebug } from './topologies';
import { differences, expectTablesEqualKernel, tablesOf, truthOf } from './truth';

/*
 * The comparison itself, applied to multipathd. It must pass if multipathd is right, and must find the errors that
 * multipathd is known to make.
 */
const machine = machineForFile();
let daemon: Daemon;

const found = async (): Promise<string[]> => differences(await truthOf(machine()), await tablesOf(machine()));

beforeAll(async () => {
  await writeConfig(machine(), PLAIN_CONFIG);
  await fastUdev(machine());
  await scsiDebug(machine(), { luns: 2, paths: 2 });
  daemon = await startMultipathd(machine(), { faults: true });
}, 300_000);

test('multipathd answers over the socket', async () => {
  expect(await ask(machine(), 'show daemon')).toMatch(/^pid \d+ (idle|running|configure)/);
  expect(await ask(machine(), 'no such thing')).toMatch(/^fail/);
});

test("its tables equal the kernel's once its maps are there", async () => {
  const truth = await expectTablesEqualKernel(machine(), { maps: 2, paths: 4 });
  expect(truth.maps.flatMap((map) => Object.values(map.states))).toEqual(['A', 'A', 'A', 'A']);
});

test('a failed path is equal on both sides, and noticed while it is not', async () => {
  const map = (await truthOf(machine())).maps[0]!;
  const tables = await tablesOf(machine());
  const devt = map.groups[0]!.paths[0]!;
  const stale = { ...map, states: { ...map.states, [devt]: 'F' } };
  expect(differences({ ...(await truthOf(machine())), maps: [stale] }, tables)).toContain(
    `map ${map.uuid.slice('mpath-'.length)}: path ${devt} failed: the daemon does not have it`,
  );
});

test('a map that was left suspended is told, although all else is equal', async () => {
  const map = (await truthOf(machine())).maps[0]!;
  await machine().ok(`dmsetup suspend --noflush --nolockfs ${map.name}`);
  await waitFor(machine(), 'the difference', async () => ((await found()).length > 0 ? true : undefined), 10_000);
  expect(await found()).toEqual([`map ${map.uuid.slice('mpath-'.length)}: is suspended`]);
  await machine().ok(`dmsetup resume ${map.name}`);
  await expectTablesEqualKernel(machine(), { maps: 2, paths: 4 });
});

test("a path deleted while udevd is stopped is told as only the daemon's, until udevd goes on", async () => {
  const [disk] = (await truthOf(machine())).disks.filter((one) => one.wwid?.startsWith('naa.3333'));
  await stopUdevd(machine());
  await deletePath(machine(), disk!.name);
  await waitFor(machine(), 'the difference', async () => ((await found()).length > 0 ? true : undefined), 10_000);
  expect(await found()).toContain(`disk ${disk!.name} ${disk!.devt}: only the daemon has it`);
  await continueUdevd(machine());
  await settle(machine());
  await expectTablesEqualKernel(machine(), { maps: 2, paths: 3 });
});

test('the faults reach the daemon, and a map it lost is told', async () => {
  const map = (await truthOf(machine())).maps[0]!;
  await setFaults(machine(), [
    { ioctl: 'DM_TABLE_STATUS', name: map.name, uuid: map.uuid, dev: map.devt, errno: 'ENOMEM' },
  ]);
  await ask(machine(), 'reconfigure');
  const wwid = map.uuid.slice('mpath-'.length);
  await waitFor(
    machine(),
    'the loss',
    async () => ((await found()).includes(`map ${wwid}: the daemon does not have it`) ? true : undefined),
    60_000,
  );
  await setFaults(machine(), []);
});

test('it ends when told to', async () => {
  expect(await daemon.stop()).toBe(0);
});
