import { ask, type Daemon, startMpathd, writeConfig } from './daemon';
import { continueUdevd, deletePath, rescanHosts, settle, stopUdevd } from './disks';
import { faultHits, setFaults } from './faults';
import { machineForFile, waitFor } from './machine';
import { scsiDebug } from './topologies';
import { expectTablesEqualKernel, truthOf } from './truth';

const machine = machineForFile();
let daemon: Daemon;

beforeAll(async () => {
  await writeConfig(machine());
  await scsiDebug(machine(), { luns: 2, paths: 2 });
  daemon = await startMpathd(machine(), '', { faults: true });
}, 300_000);

/* The product on a real kernel, in its plainest form: what every other scenario rests on. */
test('it makes a map of each LUN with all its paths', async () => {
  const truth = await expectTablesEqualKernel(machine(), { maps: 2, paths: 4 });
  expect(truth.maps.flatMap((map) => Object.values(map.states))).toEqual(['A', 'A', 'A', 'A']);
});

test('a path deleted while udevd is stopped leaves its map', async () => {
  const [disk] = (await truthOf(machine())).disks.filter((one) => one.wwid?.startsWith('naa.3333'));
  await stopUdevd(machine());
  await deletePath(machine(), disk!.name);
  await expectTablesEqualKernel(machine(), { maps: 2, paths: 3 });
  await continueUdevd(machine());
  await settle(machine());
  await rescanHosts(machine());
  await expectTablesEqualKernel(machine(), { maps: 2, paths: 4 });
});

test('a map whose table cannot be read is not forgotten', async () => {
  const map = (await truthOf(machine())).maps[0]!;
  await setFaults(machine(), [{ ioctl: 'DM_TABLE_STATUS', name: map.name, uuid: map.uuid, dev: map.devt, errno: 'ENOMEM' }]);
  await ask(machine(), 'reconfigure');
  await machine().ok(`dmsetup message ${map.name} 0 'fail_path ${map.groups[0]!.paths[0]!}'`);
  await waitFor(machine(), 'the fault to strike', async () => ((await faultHits(machine())).length > 0 ? true : undefined), 60_000);
  expect(await ask(machine(), 'show maps raw format "%w"')).toContain(map.uuid.slice('mpath-'.length));
  await setFaults(machine(), []);
  await expectTablesEqualKernel(machine(), { maps: 2, paths: 4 });
});

test('it ends when told to, and leaves its maps to the kernel', async () => {
  expect(await daemon.stop()).toBe(0);
  expect((await truthOf(machine())).maps).toHaveLength(2);
});
