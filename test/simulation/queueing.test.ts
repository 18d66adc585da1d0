import { uuidOfWwid } from '../../src/model/identity';
import { configured, startWithSan, wwidOf, type Rig, type RigOptions } from './rig';

const LUN1 = uuidOfWwid(wwidOf(1));

const kernelQueues = (rig: Rig): boolean | undefined => {
  const live = [...rig.simulator.world.dmByName.values()].find(({ uuid }) => uuid === LUN1)?.live;
  return live?.kind === 'multipath' ? live.target.queueIfNoPath : undefined;
};
const messages = (rig: Rig): string[] =>
  rig.logs
    .map(({ message }) => /: ((?:queue|fail)_if_no_path)$/.exec(message)?.[1] ?? '')
    .filter((verb) => verb !== '');
const queueing = (rig: Rig) => rig.runtime.tables.maps.get(LUN1)?.queueing;
const counters = (rig: Rig) => rig.runtime.tables.maps.get(LUN1)?.counters;

function answer(
  rig: Rig,
  state: 'up' | 'down' | 'hangs' | 'transitioning',
  names: readonly string[] = ['sda', 'sdb'],
): void {
  for (const name of names) rig.simulator.admin.change(name, { answer: state, io: state === 'down' });
}

const start = (options: RigOptions): Promise<Rig> => startWithSan(1, 2, options);

describe('no_path_retry', () => {
  it.each([
    ['fail', 'fail' as const, false],
    ['queue', 'queue' as const, true],
    ['a number', 4, true],
  ])('%s: a new map has it in its table', async (_, retry, queues) => {
    const rig = await start(configured({ no_path_retry: retry }));
    expect(kernelQueues(rig)).toBe(queues);
    expect(messages(rig)).toEqual([]);
  });

  it('not set: the value that an administrator sets stays, also after a reload of the map', async () => {
    const rig = await start({});
    rig.simulator.admin.messageMap('mpatha', 'queue_if_no_path');
    rig.simulator.admin.removeDisk('sdb');
    await rig.run(30_000);
    expect(rig.truth().maps[LUN1]?.paths).toHaveLength(1);
    expect(kernelQueues(rig)).toBe(true);
    expect(messages(rig)).toEqual([]);
  });

  it.each([
    ['queue', 'queue' as const, true],
    ['fail', 'fail' as const, false],
  ])('%s: a map with another state is corrected by a message, and not by a reload', async (_, retry, queues) => {
    const rig = await start(configured({ no_path_retry: retry }));
    rig.simulator.admin.messageMap('mpatha', queues ? 'fail_if_no_path' : 'queue_if_no_path');
    await rig.run(25_000);
    expect(kernelQueues(rig)).toBe(queues);
    expect(messages(rig)).toHaveLength(1);
    expect(counters(rig)?.mapLoads).toBe(1);
  });

  it('a number of checks: the map queues for this time without a path, then fails I/O, and queues again with a path', async () => {
    const rig = await start(configured({ no_path_retry: 3 }));
    answer(rig, 'down');
    await rig.run(2_000);
    expect(queueing(rig)?.recovery).not.toBeNull();
    expect(counters(rig)).toMatchObject({ queueTimeouts: 1, mapFailures: 0 });
    await rig.run(12_500);
    expect(kernelQueues(rig)).toBe(true);
    await rig.run(4_000);
    expect(kernelQueues(rig)).toBe(false);
    expect(queueing(rig)).toMatchObject({ recovery: null, exhausted: true });
    expect(counters(rig)).toMatchObject({ queueTimeouts: 1, mapFailures: 1, totalQueueTime: 16 });
    await rig.run(30_000);
    expect(messages(rig)).toEqual(['fail_if_no_path']);

    answer(rig, 'up', ['sdb']);
    await rig.run(7_000);
    expect(kernelQueues(rig)).toBe(true);
    expect(queueing(rig)).toMatchObject({ recovery: null, exhausted: false });
    expect(messages(rig)).toEqual(['fail_if_no_path', 'queue_if_no_path']);
  });

  it('a number of checks: a path that comes back in time ends the time, and the next failure has the full time', async () => {
    const rig = await start(configured({ no_path_retry: 3 }));
    answer(rig, 'down');
    await rig.run(10_000);
    answer(rig, 'up', ['sda']);
    await rig.run(6_000);
    expect(queueing(rig)?.recovery).toBeNull();
    answer(rig, 'down');
    await rig.run(12_000);
    expect(kernelQueues(rig)).toBe(true);
    expect(messages(rig)).toEqual([]);
    expect(counters(rig)?.queueTimeouts).toBe(2);
  });

  it('the map waits for a path in transition, however long', async () => {
    const rig = await start(configured({ no_path_retry: 1 }));
    answer(rig, 'down', ['sda']);
    answer(rig, 'transitioning', ['sdb']);
    rig.simulator.admin.messageMap('mpatha', 'fail_path 8:16');
    await rig.run(60_000);
    expect(kernelQueues(rig)).toBe(true);
  });

  it('paths whose checks hang count as down', async () => {
    const rig = await start(configured({ no_path_retry: 2 }));
    answer(rig, 'hangs');
    for (const devt of ['8:0', '8:16']) rig.simulator.admin.messageMap('mpatha', `fail_path ${devt}`);
    await rig.run(80_000);
    expect(kernelQueues(rig)).toBe(false);
  });

  it('while the map cannot be read, its queueing stays as it is', async () => {
    const rig = await start(configured({ no_path_retry: 1 }));
    answer(rig, 'down');
    await rig.run(1_000);
    rig.simulator.faults.add({
      operations: ['read'],
      devices: null,
      outcome: { kind: 'errno', errno: 'ENOMEM' },
      times: 1_000_000,
      probability: 1,
    });
    await rig.run(60_000);
    expect(kernelQueues(rig)).toBe(true);
    rig.simulator.faults.clear();
    await rig.run(10_000);
    expect(kernelQueues(rig)).toBe(false);
  });

  it('the empty map of a LUN without paths uses the entry for its device', async () => {
    const device = {
      vendor: { value: 'SIM', file: 'f', line: 1 },
      product: { value: 'LUN', file: 'f', line: 2 },
      no_path_retry: { value: 'queue' as const, file: 'f', line: 3 },
    };
    const rig = await start(configured({}, { devices: [device] }));
    rig.simulator.admin.openMap('mpatha');
    for (const name of ['sda', 'sdb']) rig.simulator.admin.removeDisk(name);
    await rig.run(60_000);
    expect(rig.truth().maps[LUN1]?.paths).toEqual([]);
    expect(kernelQueues(rig)).toBe(true);
  });
});

describe('flush_on_last_del', () => {
  const lose = async (rig: Rig, used: boolean): Promise<void> => {
    if (used) rig.simulator.admin.openMap('mpatha');
    for (const name of ['sda', 'sdb']) rig.simulator.admin.removeDisk(name);
    await rig.run(5_000);
  };

  it.each([
    ['unused: a map that is used goes on queueing', 'unused' as const, true, true],
    ['always: a map that is used queues no longer', 'always' as const, true, false],
    ['never: a map that is used goes on queueing', 'never' as const, true, true],
    ['never: so does one that nobody uses', 'never' as const, false, true],
    ['unused: one that nobody uses goes', 'unused' as const, false, undefined],
    ['always: one that nobody uses goes', 'always' as const, false, undefined],
  ])('%s', async (_, flush, used, queues) => {
    const rig = await start(configured({ flush_on_last_del: flush, no_path_retry: 'queue' }));
    await lose(rig, used);
    expect(kernelQueues(rig)).toBe(queues);
    expect(rig.view()).toEqual(rig.truth());
  });

  it('never: a map that does not queue is removed if nobody uses it', async () => {
    const rig = await start(configured({ flush_on_last_del: 'never' }));
    await lose(rig, false);
    expect(rig.truth().maps).toEqual({});
  });

  it('always: the map queues again with its first path', async () => {
    const rig = await start(configured({ flush_on_last_del: 'always', no_path_retry: 'queue' }));
    await lose(rig, true);
    rig.simulator.admin.addDisk({ wwid: wwidOf(1), hcil: '0:0:0:1', sizeSectors: 16384 });
    await rig.run(5_000);
    expect(rig.truth().maps[LUN1]?.paths).toHaveLength(1);
    expect(kernelQueues(rig)).toBe(true);
  });
});

describe('a daemon that stops', () => {
  it.each<[string, Parameters<typeof configured>[0], boolean, string[]]>([
    ['ends the queueing of its maps', { no_path_retry: 'queue' }, false, ['fail_if_no_path']],
    ['also while they count checks', { no_path_retry: 9 }, false, ['fail_if_no_path']],
    ['unless it is to go on without a daemon', { no_path_retry: 'queue', queue_without_daemon: true }, true, []],
  ])('%s', async (_, defaults, queues, sent) => {
    const rig = await start(configured(defaults));
    const stopped = rig.runtime.stop();
    await rig.run(1_000);
    await stopped;
    expect(kernelQueues(rig)).toBe(queues);
    expect(messages(rig)).toEqual(sent);
  });

  it('does not touch queueing that is not configured', async () => {
    const rig = await start({});
    rig.simulator.admin.messageMap('mpatha', 'queue_if_no_path');
    await rig.run(25_000);
    await rig.runtime.stop();
    expect(kernelQueues(rig)).toBe(true);
  });

  it('and starts again: its maps queue again, without a reload', async () => {
    const rig = await start(configured({ no_path_retry: 'queue' }));
    await rig.restart();
    await rig.run(5_000);
    expect(kernelQueues(rig)).toBe(true);
    expect(messages(rig)).toEqual(['fail_if_no_path', 'queue_if_no_path']);
    expect(rig.logs.filter(({ message }) => message.includes(': reload ['))).toEqual([]);
  });

  it('waits with a message to a map for the end of its reload', async () => {
    const rig = await start(configured({ no_path_retry: 'queue' }));
    rig.simulator.faults.add({
      operations: ['reload'],
      devices: null,
      outcome: { kind: 'late', ms: 700 },
      times: 1,
      probability: 1,
    });
    rig.simulator.admin.removeDisk('sdb');
    await rig.run(200);
    expect(rig.runtime.tables.maps.get(LUN1)?.operation?.kind).toBe('reload');
    const stopped = rig.runtime.stop();
    await rig.run(2_000);
    await stopped;
    expect(rig.truth().maps[LUN1]?.paths).toHaveLength(1);
    expect(kernelQueues(rig)).toBe(false);
  });

  it('waits only some seconds for a map that hangs', async () => {
    const rig = await start(configured({ no_path_retry: 'queue' }));
    rig.simulator.faults.add({
      operations: ['message'],
      devices: null,
      outcome: { kind: 'hang' },
      times: 1,
      probability: 1,
    });
    await rig.runtime.stop();
    expect(rig.logs.some(({ message }) => /device-mapper has not answered/.test(message))).toBe(true);
  }, 10_000);
});

describe('queueing by command', () => {
  const ask = async (rig: Rig, command: Parameters<Rig['runtime']['submit']>[0]) => {
    const answered = rig.runtime.submit(command);
    await rig.run(4_000);
    return answered;
  };

  it('disablequeueing: the map does not queue until it is restored, whatever its paths do', async () => {
    const rig = await start(configured({ no_path_retry: 'queue' }));
    expect(await ask(rig, { kind: 'disable-queueing', map: 'mpatha' })).toEqual({ outcome: 'ok' });
    expect(kernelQueues(rig)).toBe(false);
    answer(rig, 'down');
    await rig.run(10_000);
    answer(rig, 'up');
    await rig.run(10_000);
    rig.simulator.admin.removeDisk('sdb');
    await rig.run(5_000);
    expect(kernelQueues(rig)).toBe(false);
    expect(await ask(rig, { kind: 'restore-queueing', map: 'mpatha' })).toEqual({ outcome: 'ok' });
    expect(kernelQueues(rig)).toBe(true);
  });

  it('for all maps at once', async () => {
    const rig = await startWithSan(3, 2, configured({ no_path_retry: 'queue' }));
    expect(await ask(rig, { kind: 'disable-queueing', map: null })).toEqual({ outcome: 'ok' });
    const queues = (): unknown[] =>
      [...rig.simulator.world.dmByName.values()].map(
        ({ live }) => live?.kind === 'multipath' && live.target.queueIfNoPath,
      );
    expect(queues()).toEqual([false, false, false]);
    expect(await ask(rig, { kind: 'restore-queueing', map: null })).toEqual({ outcome: 'ok' });
    expect(queues()).toEqual([true, true, true]);
  });

  it('for a map whose message fails: the answer says so', async () => {
    const rig = await start(configured({ no_path_retry: 'queue' }));
    rig.simulator.faults.add({
      operations: ['message'],
      devices: null,
      outcome: { kind: 'errno', errno: 'ENOMEM' },
      times: 1_000_000,
      probability: 1,
    });
    expect(await ask(rig, { kind: 'disable-queueing', map: 'mpatha' })).toMatchObject({
      outcome: 'fail',
      reason: 'timeout',
    });
    expect(await ask(rig, { kind: 'disable-queueing', map: 'nothing' })).toMatchObject({
      outcome: 'fail',
      reason: 'not-found',
    });
  });

  it('forcequeueing daemon: maps go on queueing when the daemon stops; restorequeueing takes this back', async () => {
    const rig = await start(configured({ no_path_retry: 'queue' }));
    expect(await ask(rig, { kind: 'force-daemon-queueing' })).toEqual({ outcome: 'ok' });
    await rig.restart();
    await rig.run(2_000);
    expect(kernelQueues(rig)).toBe(true);
    expect(messages(rig)).toEqual([]);
    await ask(rig, { kind: 'force-daemon-queueing' });
    await ask(rig, { kind: 'restore-daemon-queueing' });
    await rig.restart();
    expect(messages(rig)).toContain('fail_if_no_path');
  });
});
