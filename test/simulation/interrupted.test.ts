/** What a daemon leaves that is killed in the middle of a write, and how soon the next one puts it right. */
import { uuidOfWwid } from '../../src/model/identity';
import { startWithSan, wwidOf, type Rig } from './rig';

const UUID = uuidOfWwid(wwidOf(1));
const AT_ONCE_MS = 1_500;

/** A daemon is killed, `leave` makes of its map what it left, and another one starts, with or without the record. */
async function killedIn(recorded: boolean, leave: (rig: Rig) => void): Promise<Rig> {
  const engine: { interrupted: string[] } = { interrupted: [] };
  const rig = await startWithSan(1, 2, { engine });
  rig.kill();
  leave(rig);
  if (recorded) engine.interrupted.push(UUID);
  await rig.boot();
  await rig.run(AT_ONCE_MS);
  return rig;
}

const suspended = (rig: Rig): void => rig.simulator.admin.suspendMap('mpatha');
const withoutTable = (rig: Rig): void => {
  rig.simulator.admin.removeMap('mpatha');
  rig.simulator.admin.createEmptyMap('mpatha', UUID);
};
const isSuspended = (rig: Rig): boolean => rig.simulator.world.dmByUuid.get(UUID)?.suspended === true;
const hasTable = (rig: Rig): boolean => rig.simulator.world.dmByUuid.get(UUID)?.live !== null;

test('a map that was left suspended runs again at once', async () => {
  const rig = await killedIn(true, suspended);
  expect(isSuspended(rig)).toBe(false);
  expect(rig.logs.filter(({ message }) => message.includes('a dead daemon left it suspended'))).toHaveLength(1);
  expect(rig.view()).toEqual(rig.truth());
});

test('a map that others suspended stays so', async () => {
  const rig = await killedIn(false, suspended);
  await rig.run(60_000);
  expect(isSuspended(rig)).toBe(true);
});

test('a map without a table gets it at once, and after some seconds if a living writer may be at work', async () => {
  expect(hasTable(await killedIn(true, withoutTable))).toBe(true);
  const rig = await killedIn(false, withoutTable);
  expect(hasTable(rig)).toBe(false);
  await rig.run(6_000);
  expect(hasTable(rig)).toBe(true);
});

test('the record holds for the start only: a map that others suspend later stays so', async () => {
  const rig = await killedIn(true, () => undefined);
  rig.simulator.admin.suspendMap('mpatha');
  await rig.run(60_000);
  expect(isSuspended(rig)).toBe(true);
});
