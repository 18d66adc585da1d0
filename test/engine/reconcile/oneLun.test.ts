/* LUNs that udev's wrong rules give one WWID. sysfs shows which disks are one LUN. */
import { addSan, createRig, wwidOf, type Rig } from '../../simulation/rig';

const SAME = 'SAME_FOR_ALL';
const MAP = `mpath-${SAME}`;

const errorsOf = (rig: Rig): string[] =>
  rig.logs.filter(({ level }) => level === 'error').map(({ device, message }) => `${device}: ${message}`);
const mapsOf = (rig: Rig): Record<string, string[]> =>
  Object.fromEntries(Object.entries(rig.truth().maps).map(([uuid, { paths }]) => [uuid, paths]));
const reasonOf = (rig: Rig, devt: string): string | undefined => rig.runtime.tables.pathByDevt(devt)?.reason?.text;

/** `luns` LUNs through two ports, all with one ID_SERIAL. */
async function startWith(luns: number, before: (rig: Rig) => void = () => undefined): Promise<Rig> {
  const rig = createRig({});
  rig.simulator.admin.useUdevSerial(SAME);
  addSan(rig, luns, 2);
  await rig.run(1_000);
  before(rig);
  await rig.boot();
  await rig.run(10_000);
  return rig;
}

const table = (devts: string): { type: string; params: string; sizeSectors: number; readOnly: boolean } => {
  const paths = devts.split(' ');
  const params = `0 0 1 1 service-time 0 ${paths.length} 1 ${paths.map((devt) => `${devt} 1`).join(' ')}`;
  return { type: 'multipath', params, sizeSectors: 16384, readOnly: false };
};

test('paths of one LUN have a map by that WWID: an administrator may name LUNs as he likes', async () => {
  expect(mapsOf(await startWith(1))).toEqual({ [MAP]: ['8:0 active', '8:16 active'] });
});

test('no map is made over three LUNs, and the log names both disks and both identities', async () => {
  const rig = await startWith(3);
  expect(mapsOf(rig)).toEqual({});
  expect(errorsOf(rig)).toContain(
    `sda: another LUN has its WWID: its disk is ${wwidOf(1)}, and sdb is ${wwidOf(2)}; both have the WWID ${SAME} (by udev): no map of ${SAME} is made`,
  );
  expect(reasonOf(rig, '8:0')).toBe(`another LUN has its WWID: its disk is ${wwidOf(1)}, and sdb is ${wwidOf(2)}`);
  await rig.run(60_000);
  expect(errorsOf(rig).filter((line) => line.startsWith('sda:'))).toHaveLength(1);
});

test('a disk of another LUN does not join the map that exists', async () => {
  const rig = await startWith(1);
  const name = rig.simulator.admin.addDisk({ wwid: wwidOf(2), hcil: '9:0:0:0', sizeSectors: 16384 });
  await rig.run(10_000);
  expect(mapsOf(rig)).toEqual({ [MAP]: ['8:0 active', '8:16 active'] });
  expect(errorsOf(rig).join()).toContain(`${name}: another LUN has its WWID`);
});

test('from a map over two LUNs that somebody else made, the paths of the smaller part are taken out', async () => {
  // sda and sdc are LUN 1, sdb and sdd are LUN 2.
  const rig = await startWith(2, ({ simulator }) => simulator.admin.createMap('mixed', MAP, table('8:0 8:16 8:32')));
  expect(mapsOf(rig)).toEqual({ [MAP]: ['8:0 active', '8:32 active'] });
  expect(errorsOf(rig).join()).toContain('sdb: another LUN has its WWID');
});

test('in a map with the name of a LUN stay its own paths, however few', async () => {
  const rig = createRig({});
  addSan(rig, 2, 2);
  await rig.run(1_000);
  const uuid = `mpath-${wwidOf(2)}`;
  rig.simulator.admin.createMap('mixed', uuid, table('8:0 8:16 8:32'));
  await rig.boot();
  await rig.run(10_000);
  expect(mapsOf(rig)[uuid]).toEqual(['8:16 active', '8:48 active']);
});

test('after a start a map with the right name keeps its paths, although udev has another WWID for them by then', async () => {
  const rig = createRig({});
  addSan(rig, 1, 2);
  await rig.boot();
  await rig.run(10_000);
  const before = mapsOf(rig);
  rig.kill();
  rig.simulator.admin.useUdevSerial(SAME);
  for (const name of ['sda', 'sdb']) rig.simulator.admin.trigger(name, 'change');
  await rig.run(5_000);
  await rig.boot();
  await rig.run(10_000);
  expect(mapsOf(rig)).toEqual(before);
  expect(before).toEqual({ [`mpath-${wwidOf(1)}`]: ['8:0 active', '8:16 active'] });
});
