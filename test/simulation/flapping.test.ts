import { uuidOfWwid } from '../../src/model/identity';
import { startWithSan, wwidOf, type Rig } from './rig';

/* A path that passes its checks and fails with I/O, like a standby port that answers TEST UNIT READY. */
const LUN1 = uuidOfWwid(wwidOf(1));

const reinstatements = (rig: Rig): number =>
  rig.logs.filter(({ message }) => message.endsWith(': reinstate_path 8:0')).length;
const isActive = (rig: Rig): boolean => rig.truth().maps[LUN1]?.paths.includes('8:0 active') === true;

/** I/O always uses the path, so the path fails as soon as it is reinstated. */
async function failForever(rig: Rig, ms: number): Promise<void> {
  for (let gone = 0; gone < ms; gone += 50) {
    if (isActive(rig)) rig.simulator.admin.messageMap('mpatha', 'fail_path 8:0');
    await rig.run(50);
  }
}

it('is reinstated at once the first time, and then less and less often', async () => {
  const rig = await startWithSan(1, 2);
  await failForever(rig, 1_000);
  expect(reinstatements(rig)).toBe(1);
  // Reinstatements come after 1, 2, 4, 8, 16 and then 20 s.
  await failForever(rig, 119_000);
  expect(reinstatements(rig)).toBeGreaterThanOrEqual(7);
  expect(reinstatements(rig)).toBeLessThanOrEqual(11);
  const tells = rig.logs.filter(({ message }) =>
    /failed in mpatha by the kernel soon after its reinstatement \(\d+ in a row\): it rests for \d+ s/.test(message),
  );
  expect(tells.length).toBeGreaterThanOrEqual(6);
  expect(rig.runtime.tables.pathByName('sda')?.check.message).toMatch(
    /^the kernel failed it soon after its reinstatement, \d+ times in a row$/,
  );
});

it('that works again is reinstated within the longest pause, and at once if it fails much later', async () => {
  const rig = await startWithSan(1, 2);
  await failForever(rig, 60_000);
  await rig.run(25_000);
  expect(isActive(rig)).toBe(true);
  await rig.run(30_000);
  const before = reinstatements(rig);
  rig.simulator.admin.messageMap('mpatha', 'fail_path 8:0');
  await rig.run(500);
  expect([isActive(rig), reinstatements(rig)]).toEqual([true, before + 1]);
  expect(rig.view()).toEqual(rig.truth());
});

it('is not reinstated earlier because of a check that somebody asks for', async () => {
  const rig = await startWithSan(1, 2);
  await failForever(rig, 10_000);
  const before = reinstatements(rig);
  for (let i = 0; i < 20; i++) {
    rig.simulator.admin.attention('sda', 'POWER_ON_RESET_OCCURRED');
    await rig.run(100);
  }
  expect(reinstatements(rig)).toBe(before);
  await rig.run(40_000);
  expect(isActive(rig)).toBe(true);
});
