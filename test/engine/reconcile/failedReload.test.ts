import { configured, startWithSan, type Bench } from '../../simulation/bench';

/** Reloads are reported as failed `times` times; `applied`: although the kernel did them. */
function failReloads(bench: Bench, times: number, applied: boolean): void {
  bench.simulator.faults.add({
    operations: ['reload'],
    devices: null,
    outcome: { kind: 'errno', errno: 'EINTR', applied },
    times,
    probability: 1,
  });
}

const said = (bench: Bench, pattern: RegExp): number =>
  bench.logs.filter(({ message }) => pattern.test(message)).length;

describe('a reload that is reported as failed although it took effect', () => {
  it("is not taken for somebody else's: groups follow priorities as before", async () => {
    const bench = await startWithSan(1, 3, configured({ failback: 'immediate' }));
    failReloads(bench, 1, true);
    bench.simulator.admin.removeDisk('sda');
    await bench.run(3_000);
    expect(said(bench, /by someone else/)).toBe(0);
    expect(said(bench, /our reload is in force after all/)).toBe(1);
    expect(bench.view()).toEqual(bench.truth());

    bench.simulator.admin.change('sdb', { accessState: 'active/non-optimized' });
    bench.simulator.admin.trigger('sdb', 'change');
    await bench.run(1_000);
    const [map] = [...bench.runtime.tables.maps.values()];
    expect(map?.table?.groups.map((group) => group.paths.map(({ devt }) => devt))).toEqual([['8:32'], ['8:16']]);
  });

  it('does not keep out a path whose size was wrong when it left', async () => {
    const bench = await startWithSan(1, 3);
    failReloads(bench, 1, true);
    bench.simulator.admin.resize('sdc', 8192);
    await bench.run(3_000);
    expect(bench.runtime.tables.pathByName('sdc')?.map).toBeNull();
    bench.simulator.admin.resize('sdc', 16384);
    await bench.run(3_000);
    expect(bench.runtime.tables.pathByName('sdc')?.map).not.toBeNull();
    expect(bench.view()).toEqual(bench.truth());
  });

  it('leaves a later reload by somebody else recognized as his', async () => {
    const bench = await startWithSan(1, 3);
    failReloads(bench, 1, true);
    bench.simulator.admin.removeDisk('sda');
    await bench.run(3_000);
    bench.simulator.admin.reloadMap('mpatha', {
      type: 'multipath',
      sizeSectors: 16384,
      readOnly: false,
      params: '0 1 alua 1 1 service-time 0 1 1 8:16 1',
    });
    await bench.run(3_000);
    expect(said(bench, /was reloaded by someone else/)).toBe(1);
    expect(bench.view()).toEqual(bench.truth());
  });
});

describe('reloads that fail', () => {
  it('are told at the first failure of each difference, not at every attempt, and not only once for ever', async () => {
    const bench = await startWithSan(1, 4);
    for (const [disk, times] of [
      ['sda', 3],
      ['sdb', 3],
    ] as const) {
      const before = bench.logs.filter(
        ({ level, message }) => level === 'error' && /reload failed/.test(message),
      ).length;
      // The last of them took effect, so that no success lies between this difference and the next.
      failReloads(bench, times - 1, false);
      failReloads(bench, 1, true);
      bench.simulator.admin.removeDisk(disk);
      await bench.run(10_000);
      expect(bench.view()).toEqual(bench.truth());
      expect(
        bench.logs.filter(({ level, message }) => level === 'error' && /reload failed/.test(message)),
      ).toHaveLength(before + 1);
    }
  });
});

describe('a map whose table the kernel refuses', () => {
  const states = (bench: Bench): string[] => Object.values(bench.truth().maps)[0]?.paths.toSorted() ?? [];

  async function refusing(options = configured({})): Promise<Bench> {
    const bench = await startWithSan(1, 3, options);
    bench.simulator.faults.add({
      operations: ['reload'],
      devices: null,
      outcome: { kind: 'errno', errno: 'EINVAL' },
      times: null,
      probability: 1,
    });
    bench.simulator.admin.removeDisk('sda');
    await bench.run(20_000);
    expect(states(bench)).toEqual(['8:0 failed', '8:16 active', '8:32 active']);
    return bench;
  }

  it('has its paths failed and reinstated all the same, and told at once', async () => {
    const bench = await refusing();
    bench.simulator.admin.change('sdb', { answer: 'down' });
    await bench.run(25_000);
    expect(states(bench)).toEqual(['8:0 failed', '8:16 failed', '8:32 active']);
    bench.simulator.admin.change('sdb', { answer: 'up' });
    await bench.run(10_000);
    expect(states(bench)).toEqual(['8:0 failed', '8:16 active', '8:32 active']);
    const told = bench.logs.filter(({ level, message }) => level === 'notice' && /_path 8:16$/.test(message));
    expect(told.map(({ message }) => /\w+_path/.exec(message)?.[0])).toEqual(['fail_path', 'reinstate_path']);
  });

  it('queues, or no longer, as it is configured', async () => {
    const bench = await refusing(configured({ no_path_retry: 2, polling_interval: 1, max_polling_interval: 1 }));
    const queues = (): boolean | undefined => {
      const [dm] = bench.simulator.world.dmByName.values();
      return dm?.live?.kind === 'multipath' ? dm.live.target.queueIfNoPath : undefined;
    };
    expect(queues()).toBe(true);
    for (const disk of ['sdb', 'sdc']) bench.simulator.admin.change(disk, { answer: 'down' });
    await bench.run(10_000);
    expect(queues()).toBe(false);
    bench.simulator.admin.change('sdc', { answer: 'up' });
    await bench.run(10_000);
    expect(queues()).toBe(true);
  });

  it('is asked again and again, and takes it in the end', async () => {
    const bench = await refusing();
    bench.simulator.faults.clear();
    await bench.run(5_000);
    expect(states(bench)).toEqual(['8:16 active', '8:32 active']);
    expect(bench.view()).toEqual(bench.truth());
  });
});
