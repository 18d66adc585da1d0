import { configured, startWithSan, type Rig } from '../../simulation/rig';

/** The next `times` reloads report a failure. `applied`: the kernel carries them out all the same. */
function failReloads(rig: Rig, times: number, applied: boolean): void {
  rig.simulator.faults.add({
    operations: ['reload'],
    devices: null,
    outcome: { kind: 'errno', errno: 'EINTR', applied },
    times,
    probability: 1,
  });
}

const said = (rig: Rig, pattern: RegExp): number => rig.logs.filter(({ message }) => pattern.test(message)).length;

describe('a reload that is reported as failed although it took effect', () => {
  it("is not taken for somebody else's reload: groups follow priorities as before", async () => {
    const rig = await startWithSan(1, 3, configured({ failback: 'immediate' }));
    failReloads(rig, 1, true);
    rig.simulator.admin.removeDisk('sda');
    await rig.run(3_000);
    expect(said(rig, /by someone else/)).toBe(0);
    expect(said(rig, /the table of a reload that was reported as failed is in force/)).toBe(1);
    expect(rig.view()).toEqual(rig.truth());

    rig.simulator.admin.change('sdb', { accessState: 'active/non-optimized' });
    rig.simulator.admin.trigger('sdb', 'change');
    await rig.run(1_000);
    const [map] = [...rig.runtime.tables.maps.values()];
    expect(map?.table?.groups.map((group) => group.paths.map(({ devt }) => devt))).toEqual([['8:32'], ['8:16']]);
  });

  it('does not keep out a path whose size was wrong when it left', async () => {
    const rig = await startWithSan(1, 3);
    failReloads(rig, 1, true);
    rig.simulator.admin.resize('sdc', 8192);
    await rig.run(3_000);
    expect(rig.runtime.tables.pathByName('sdc')?.map).toBeNull();
    rig.simulator.admin.resize('sdc', 16384);
    await rig.run(3_000);
    expect(rig.runtime.tables.pathByName('sdc')?.map).not.toBeNull();
    expect(rig.view()).toEqual(rig.truth());
  });

  it('does not hide a later reload by somebody else', async () => {
    const rig = await startWithSan(1, 3);
    failReloads(rig, 1, true);
    rig.simulator.admin.removeDisk('sda');
    await rig.run(3_000);
    rig.simulator.admin.reloadMap('mpatha', {
      type: 'multipath',
      sizeSectors: 16384,
      readOnly: false,
      params: '0 1 alua 1 1 service-time 0 1 1 8:16 1',
    });
    await rig.run(3_000);
    expect(said(rig, /was reloaded by someone else/)).toBe(1);
    expect(rig.view()).toEqual(rig.truth());
  });
});

describe('reloads that fail', () => {
  it('are logged as an error once for each difference, and not at every attempt', async () => {
    const rig = await startWithSan(1, 4);
    for (const [disk, times] of [
      ['sda', 3],
      ['sdb', 3],
    ] as const) {
      const before = rig.logs.filter(({ level, message }) => level === 'error' && /reload failed/.test(message)).length;
      // The last of these reloads takes effect, so there is no success between this difference and the next.
      failReloads(rig, times - 1, false);
      failReloads(rig, 1, true);
      rig.simulator.admin.removeDisk(disk);
      await rig.run(10_000);
      expect(rig.view()).toEqual(rig.truth());
      expect(rig.logs.filter(({ level, message }) => level === 'error' && /reload failed/.test(message))).toHaveLength(
        before + 1,
      );
    }
  });
});

describe('a map whose table the kernel refuses', () => {
  const states = (rig: Rig): string[] => Object.values(rig.truth().maps)[0]?.paths.toSorted() ?? [];

  async function refusing(options = configured({})): Promise<Rig> {
    const rig = await startWithSan(1, 3, options);
    rig.simulator.faults.add({
      operations: ['reload'],
      devices: null,
      outcome: { kind: 'errno', errno: 'EINVAL' },
      times: null,
      probability: 1,
    });
    rig.simulator.admin.removeDisk('sda');
    await rig.run(20_000);
    expect(states(rig)).toEqual(['8:0 failed', '8:16 active', '8:32 active']);
    return rig;
  }

  it('has its paths failed and reinstated all the same, and the log says so at once', async () => {
    const rig = await refusing();
    rig.simulator.admin.change('sdb', { answer: 'down' });
    await rig.run(25_000);
    expect(states(rig)).toEqual(['8:0 failed', '8:16 failed', '8:32 active']);
    rig.simulator.admin.change('sdb', { answer: 'up' });
    await rig.run(10_000);
    expect(states(rig)).toEqual(['8:0 failed', '8:16 active', '8:32 active']);
    const told = rig.logs.filter(({ level, message }) => level === 'notice' && /_path 8:16$/.test(message));
    expect(told.map(({ message }) => /\w+_path/.exec(message)?.[0])).toEqual(['fail_path', 'reinstate_path']);
  });

  it('queues, or does not queue, as it is configured', async () => {
    const rig = await refusing(configured({ no_path_retry: 2, polling_interval: 1, max_polling_interval: 1 }));
    const queues = (): boolean | undefined => {
      const [dm] = rig.simulator.world.dmByName.values();
      return dm?.live?.kind === 'multipath' ? dm.live.target.queueIfNoPath : undefined;
    };
    expect(queues()).toBe(true);
    for (const disk of ['sdb', 'sdc']) rig.simulator.admin.change(disk, { answer: 'down' });
    await rig.run(10_000);
    expect(queues()).toBe(false);
    rig.simulator.admin.change('sdc', { answer: 'up' });
    await rig.run(10_000);
    expect(queues()).toBe(true);
  });

  it('gets its table again and again, until the kernel takes it', async () => {
    const rig = await refusing();
    rig.simulator.faults.clear();
    await rig.run(5_000);
    expect(states(rig)).toEqual(['8:16 active', '8:32 active']);
    expect(rig.view()).toEqual(rig.truth());
  });
});
