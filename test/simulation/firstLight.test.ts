import { uuidOfWwid } from '../../src/model/identity';
import { addPath, addSan, createRig, startWithSan, wwidOf } from './rig';

describe('start', () => {
  it('makes a map for each LUN with two or more paths and none for a single path', async () => {
    const rig = await startWithSan(3, 4);
    addPath(rig, 9, 0);
    await rig.run(2_000);
    expect(Object.keys(rig.truth().maps)).toEqual([1, 2, 3].map((lun) => uuidOfWwid(wwidOf(lun))));
    expect(
      Object.values(rig.truth().maps)
        .map((map) => map.name)
        .sort(),
    ).toEqual(['mpatha', 'mpathb', 'mpathc']);
    expect(rig.view()).toEqual(rig.truth());
    expect(rig.ready()).toBe(true);
  });
});

describe('readiness', () => {
  it('waits for maps whose paths wait for udev', async () => {
    const rig = createRig({ simulator: { udev: { delayMs: 500 } } });
    addSan(rig, 2, 2);
    await rig.runtime.start();
    await rig.run(300);
    expect(rig.ready()).toBe(false);
    await rig.run(2_000);
    expect(rig.ready()).toBe(true);
    expect(Object.keys(rig.truth().maps)).toHaveLength(2);
  });
});
