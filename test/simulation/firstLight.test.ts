import { uuidOfWwid } from '../../src/model/identity';
import { addPath, addSan, createBench, startWithSan, wwidOf } from './bench';

describe('start', () => {
  it('makes a map for each LUN with two or more paths and none for a single path', async () => {
    const bench = await startWithSan(3, 4);
    addPath(bench, 9, 0);
    await bench.run(2_000);
    expect(Object.keys(bench.truth().maps)).toEqual([1, 2, 3].map((lun) => uuidOfWwid(wwidOf(lun))));
    expect(
      Object.values(bench.truth().maps)
        .map((map) => map.name)
        .sort(),
    ).toEqual(['mpatha', 'mpathb', 'mpathc']);
    expect(bench.view()).toEqual(bench.truth());
    expect(bench.ready()).toBe(true);
  });
});

describe('readiness', () => {
  it('waits for maps whose paths wait for udev', async () => {
    const bench = createBench({ simulator: { udev: { delayMs: 500 } } });
    addSan(bench, 2, 2);
    await bench.runtime.start();
    await bench.run(300);
    expect(bench.ready()).toBe(false);
    await bench.run(2_000);
    expect(bench.ready()).toBe(true);
    expect(Object.keys(bench.truth().maps)).toHaveLength(2);
  });
});
