import { createBenchKernel, type BenchKernel } from '../../bench/engineKernel';
import { batch } from '../../bench/largeSan';

const resync = (kernel: BenchKernel) => kernel.feed(batch({ losses: [{ cause: 'overrun', count: 1 }] }));
const known = ({ engine }: BenchKernel) =>
  [...engine.tables.paths.values(), ...engine.tables.maps.values()].map(({ known, seenAt, readAt }) => ({
    known,
    seenAt,
    readAt,
  }));

test('a resync that finds nothing changed counts as a newer reading, and changes nothing else', () => {
  const kernel = createBenchKernel(3);
  const { paths, maps } = kernel.engine.tables;
  const facts = () => [...paths.values(), ...maps.values()].map((entry) => entry.facts);
  const [before, knownBefore] = [facts(), known(kernel)];
  const rest = () =>
    JSON.stringify(
      [...paths.values(), ...maps.values()].map((entry) => ({ ...entry, known: 0, seenAt: 0, readAt: 0 })),
    );
  const restBefore = rest();
  resync(kernel);
  for (const [at, now] of known(kernel).entries()) {
    expect(now.known).toBeGreaterThan(knownBefore[at]?.known ?? Infinity);
    expect(now.seenAt).toBeGreaterThan(knownBefore[at]?.seenAt ?? Infinity);
  }
  expect(rest()).toBe(restBefore);
  expect(facts().every((now, at) => now === before[at])).toBe(true);
  expect(kernel.engine.tables.truth.lastResync).toMatchObject({
    pathsAdded: 0,
    pathsRemoved: 0,
    mapsAdded: 0,
    mapsChanged: 0,
    mapsRemoved: 0,
  });
});

test('an unseen change among many unchanged devices is taken in, and acted upon', () => {
  const kernel = createBenchKernel(3);
  const { tables } = kernel.engine;
  const lun = kernel.luns[1];
  if (lun === undefined) throw new Error('no LUN');
  // The kernel has failed a path, and the events were lost. The resync sees this, and a check brings the path back.
  Object.assign(lun, { failed: [2], eventNr: lun.eventNr + 1 });
  resync(kernel);
  expect([...tables.paths.values()].filter(({ check }) => check.failures === 1)).toHaveLength(1);
  expect(lun.failed).toEqual([]);
  expect([...tables.paths.values()].every(({ dmState }) => dmState === 'active')).toBe(true);
});

test('a reload by somebody else whose events were lost shows in the next resync', () => {
  const kernel = createBenchKernel(3);
  const { tables } = kernel.engine;
  const [lun] = kernel.luns;
  if (lun === undefined) throw new Error('no LUN');
  lun.members = [0, 1, 3];
  resync(kernel);
  expect(tables.truth.lastResync).toMatchObject({ mapsChanged: 1 });
  expect([...tables.paths.values()].filter(({ map, leftOutByReload: held }) => map === null && held)).toHaveLength(1);
});
