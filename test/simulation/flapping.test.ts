import { uuidOfWwid } from '../../src/model/identity';
import { startWithSan, wwidOf, type Bench } from './bench';

/* A path that answers its checks and fails with I/O, as a standby port does that answers TEST UNIT READY. */
const LUN1 = uuidOfWwid(wwidOf(1));

const reinstatements = (bench: Bench): number =>
  bench.logs.filter(({ message }) => message.endsWith(': reinstate_path 8:0')).length;
const isActive = (bench: Bench): boolean => bench.truth().maps[LUN1]?.paths.includes('8:0 active') === true;

/** I/O goes to the path all the time: it fails as soon as it is reinstated. */
async function failForever(bench: Bench, ms: number): Promise<void> {
  for (let gone = 0; gone < ms; gone += 50) {
    if (isActive(bench)) bench.simulator.admin.messageMap('mpatha', 'fail_path 8:0');
    await bench.run(50);
  }
}

it('is reinstated at once the first time, and then ever less often', async () => {
  const bench = await startWithSan(1, 2);
  await failForever(bench, 1_000);
  expect(reinstatements(bench)).toBe(1);
  // After 1, 2, 4, 8, 16 and then 20 s.
  await failForever(bench, 119_000);
  expect(reinstatements(bench)).toBeGreaterThanOrEqual(7);
  expect(reinstatements(bench)).toBeLessThanOrEqual(11);
  const tells = bench.logs.filter(({ message }) =>
    /failed in mpatha by the kernel soon after its reinstatement \(\d+ in a row\): it rests for \d+ s/.test(message),
  );
  expect(tells.length).toBeGreaterThanOrEqual(6);
  expect(bench.runtime.tables.pathByName('sda')?.check.message).toMatch(
    /^the kernel failed it soon after its reinstatement, \d+ times in a row$/,
  );
});

it('that has mended is reinstated within the longest pause, and at once when it fails much later', async () => {
  const bench = await startWithSan(1, 2);
  await failForever(bench, 60_000);
  await bench.run(25_000);
  expect(isActive(bench)).toBe(true);
  await bench.run(30_000);
  const before = reinstatements(bench);
  bench.simulator.admin.messageMap('mpatha', 'fail_path 8:0');
  await bench.run(500);
  expect([isActive(bench), reinstatements(bench)]).toEqual([true, before + 1]);
  expect(bench.view()).toEqual(bench.truth());
});

it('is not reinstated by a check that somebody asks for meanwhile', async () => {
  const bench = await startWithSan(1, 2);
  await failForever(bench, 10_000);
  const before = reinstatements(bench);
  for (let i = 0; i < 20; i++) {
    bench.simulator.admin.attention('sda', 'POWER_ON_RESET_OCCURRED');
    await bench.run(100);
  }
  expect(reinstatements(bench)).toBe(before);
  await bench.run(40_000);
  expect(isActive(bench)).toBe(true);
});
