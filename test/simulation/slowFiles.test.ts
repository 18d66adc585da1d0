/** Files that do not answer hold up nothing but what needs them. */
import { memoryFile } from '../../src/daemon/bindingsStore';
import type { Configuration } from '../../src/config/configuration';
import { configurationOf, filesOf } from '../configuration';
import { bindingsOf, createRig, addSan, startWithSan, type Rig } from './rig';

it('a map whose alias the bindings file does not tell loses its gone path at once', async () => {
  const store = bindingsOf(memoryFile());
  const rig = createRig({ bindings: { ...store, bind: () => new Promise(() => undefined) } });
  addSan(rig, 1, 3);
  const disks = [...rig.simulator.world.disks.values()];
  rig.simulator.admin.createMap('other', `mpath-${disks[0]?.wwid}`, {
    type: 'multipath',
    params: `0 0 1 1 service-time 0 3 1 ${disks.map(({ devt }) => `${devt} 1`).join(' ')}`,
    sizeSectors: 16_384,
    readOnly: false,
  });
  await rig.runtime.start();
  await rig.run(2_000);
  expect(rig.runtime.tables.truth.pending).toBe(1);
  rig.simulator.admin.removeDisk('sda');
  await rig.run(500);
  expect(Object.values(rig.truth().maps).map(({ name, paths }) => [name, paths.length])).toEqual([['other', 2]]);
});

describe('many reconfigures', () => {
  async function started(): Promise<{ rig: Rig; answerReading: () => void; readings: () => number }> {
    const answers: Array<() => void> = [];
    let isSlow = false;
    let readings = 0;
    const load = (): Promise<{ reading: { ok: true; value: Configuration }; notes: [] }> => {
      const loaded = { reading: { ok: true as const, value: configurationOf() }, notes: [] as [] };
      if (!isSlow) return Promise.resolve(loaded);
      readings += 1;
      return new Promise((resolve) => answers.push(() => resolve(loaded)));
    };
    const rig = await startWithSan(1, 2, { ...filesOf(), configuration: { load } });
    isSlow = true;
    return { rig, answerReading: () => answers.shift()?.(), readings: () => readings };
  }

  it('get one reading of the files, and one more for all that came meanwhile', async () => {
    const { rig, answerReading, readings } = await started();
    const outcomes: string[] = [];
    const ask = (): void =>
      void rig.runtime.submit({ kind: 'reconfigure' }).then(({ outcome }) => outcomes.push(outcome));
    ask();
    for (let asked = 0; asked < 100; asked++) ask();
    expect(readings()).toBe(1);
    answerReading();
    await rig.run(5_000);
    expect([readings(), outcomes]).toEqual([2, ['ok']]);
    answerReading();
    await rig.run(10_000);
    expect([readings(), outcomes.length]).toEqual([2, 101]);
    expect(new Set(outcomes)).toEqual(new Set(['ok']));
    void rig.runtime.stop();
  });
});
