import { uuidOfWwid } from '../../src/model/identity';
import { configured, startWithSan, wwidOf, type Bench, type BenchOptions } from './bench';

const LUN1 = uuidOfWwid(wwidOf(1));

const kernelQueues = (bench: Bench): boolean | undefined => {
  const live = [...bench.simulator.world.dmByName.values()].find(({ uuid }) => uuid === LUN1)?.live;
  return live?.kind === 'multipath' ? live.target.queueIfNoPath : undefined;
};
const messages = (bench: Bench): string[] =>
  bench.logs
    .map(({ message }) => /: ((?:queue|fail)_if_no_path)$/.exec(message)?.[1] ?? '')
    .filter((verb) => verb !== '');
const queueing = (bench: Bench) => bench.runtime.tables.maps.get(LUN1)?.queueing;
const counters = (bench: Bench) => bench.runtime.tables.maps.get(LUN1)?.counters;

function answer(
  bench: Bench,
  state: 'up' | 'down' | 'hangs' | 'transitioning',
  names: readonly string[] = ['sda', 'sdb'],
): void {
  for (const name of names) bench.simulator.admin.change(name, { answer: state, io: state === 'down' });
}

const start = (options: BenchOptions): Promise<Bench> => startWithSan(1, 2, options);

describe('no_path_retry', () => {
  it.each([
    ['fail', 'fail' as const, false],
    ['queue', 'queue' as const, true],
    ['a number', 4, true],
  ])('%s: a new map has it in its table', async (_, retry, queues) => {
    const bench = await start(configured({ no_path_retry: retry }));
    expect(kernelQueues(bench)).toBe(queues);
    expect(messages(bench)).toEqual([]);
  });

  it('not set: what an administrator sets stays, also when the map is reloaded', async () => {
    const bench = await start({});
    bench.simulator.admin.messageMap('mpatha', 'queue_if_no_path');
    bench.simulator.admin.removeDisk('sdb');
    await bench.run(30_000);
    expect(bench.truth().maps[LUN1]?.paths).toHaveLength(1);
    expect(kernelQueues(bench)).toBe(true);
    expect(messages(bench)).toEqual([]);
  });

  it.each([
    ['queue', 'queue' as const, true],
    ['fail', 'fail' as const, false],
  ])('%s: a map that does otherwise is put right by a message, not by a reload', async (_, retry, queues) => {
    const bench = await start(configured({ no_path_retry: retry }));
    bench.simulator.admin.messageMap('mpatha', queues ? 'fail_if_no_path' : 'queue_if_no_path');
    await bench.run(25_000);
    expect(kernelQueues(bench)).toBe(queues);
    expect(messages(bench)).toHaveLength(1);
    expect(counters(bench)?.mapLoads).toBe(1);
  });

  it('a number of checks: queues for so long without a path, then fails I/O, and queues again with a path', async () => {
    const bench = await start(configured({ no_path_retry: 3 }));
    answer(bench, 'down');
    await bench.run(2_000);
    expect(queueing(bench)?.recovery).not.toBeNull();
    expect(counters(bench)).toMatchObject({ queueTimeouts: 1, mapFailures: 0 });
    await bench.run(12_500);
    expect(kernelQueues(bench)).toBe(true);
    await bench.run(4_000);
    expect(kernelQueues(bench)).toBe(false);
    expect(queueing(bench)).toMatchObject({ recovery: null, exhausted: true });
    expect(counters(bench)).toMatchObject({ queueTimeouts: 1, mapFailures: 1, totalQueueTime: 16 });
    await bench.run(30_000);
    expect(messages(bench)).toEqual(['fail_if_no_path']);

    answer(bench, 'up', ['sdb']);
    await bench.run(7_000);
    expect(kernelQueues(bench)).toBe(true);
    expect(queueing(bench)).toMatchObject({ recovery: null, exhausted: false });
    expect(messages(bench)).toEqual(['fail_if_no_path', 'queue_if_no_path']);
  });

  it('a number of checks: a path that comes back in time ends it, and the next failure has its full time', async () => {
    const bench = await start(configured({ no_path_retry: 3 }));
    answer(bench, 'down');
    await bench.run(10_000);
    answer(bench, 'up', ['sda']);
    await bench.run(6_000);
    expect(queueing(bench)?.recovery).toBeNull();
    answer(bench, 'down');
    await bench.run(12_000);
    expect(kernelQueues(bench)).toBe(true);
    expect(messages(bench)).toEqual([]);
    expect(counters(bench)?.queueTimeouts).toBe(2);
  });

  it('a path in transition is waited for, however long', async () => {
    const bench = await start(configured({ no_path_retry: 1 }));
    answer(bench, 'down', ['sda']);
    answer(bench, 'transitioning', ['sdb']);
    bench.simulator.admin.messageMap('mpatha', 'fail_path 8:16');
    await bench.run(60_000);
    expect(kernelQueues(bench)).toBe(true);
  });

  it('paths that hang count as down', async () => {
    const bench = await start(configured({ no_path_retry: 2 }));
    answer(bench, 'hangs');
    for (const devt of ['8:0', '8:16']) bench.simulator.admin.messageMap('mpatha', `fail_path ${devt}`);
    await bench.run(80_000);
    expect(kernelQueues(bench)).toBe(false);
  });

  it('while the map cannot be read, its queueing is left as it is', async () => {
    const bench = await start(configured({ no_path_retry: 1 }));
    answer(bench, 'down');
    await bench.run(1_000);
    bench.simulator.faults.add({
      operations: ['read'],
      devices: null,
      outcome: { kind: 'errno', errno: 'ENOMEM' },
      times: 1_000_000,
      probability: 1,
    });
    await bench.run(60_000);
    expect(kernelQueues(bench)).toBe(true);
    bench.simulator.faults.clear();
    await bench.run(10_000);
    expect(kernelQueues(bench)).toBe(false);
  });

  it('the empty map of a LUN whose paths are all gone goes by the entry for its device', async () => {
    const device = {
      vendor: { value: 'SIM', file: 'f', line: 1 },
      product: { value: 'LUN', file: 'f', line: 2 },
      no_path_retry: { value: 'queue' as const, file: 'f', line: 3 },
    };
    const bench = await start(configured({}, { devices: [device] }));
    bench.simulator.admin.openMap('mpatha');
    for (const name of ['sda', 'sdb']) bench.simulator.admin.removeDisk(name);
    await bench.run(60_000);
    expect(bench.truth().maps[LUN1]?.paths).toEqual([]);
    expect(kernelQueues(bench)).toBe(true);
  });
});

describe('flush_on_last_del', () => {
  const lose = async (bench: Bench, used: boolean): Promise<void> => {
    if (used) bench.simulator.admin.openMap('mpatha');
    for (const name of ['sda', 'sdb']) bench.simulator.admin.removeDisk(name);
    await bench.run(5_000);
  };

  it.each([
    ['unused: a map that is used goes on queueing', 'unused' as const, true, true],
    ['always: a map that is used queues no longer', 'always' as const, true, false],
    ['never: a map that is used goes on queueing', 'never' as const, true, true],
    ['never: so does one that nobody uses', 'never' as const, false, true],
    ['unused: one that nobody uses goes', 'unused' as const, false, undefined],
    ['always: one that nobody uses goes', 'always' as const, false, undefined],
  ])('%s', async (_, flush, used, queues) => {
    const bench = await start(configured({ flush_on_last_del: flush, no_path_retry: 'queue' }));
    await lose(bench, used);
    expect(kernelQueues(bench)).toBe(queues);
    expect(bench.view()).toEqual(bench.truth());
  });

  it('never: a map that does not queue goes, if nobody uses it', async () => {
    const bench = await start(configured({ flush_on_last_del: 'never' }));
    await lose(bench, false);
    expect(bench.truth().maps).toEqual({});
  });

  it('always: it queues again with its first path', async () => {
    const bench = await start(configured({ flush_on_last_del: 'always', no_path_retry: 'queue' }));
    await lose(bench, true);
    bench.simulator.admin.addDisk({ wwid: wwidOf(1), hcil: '0:0:0:1', sizeSectors: 16384 });
    await bench.run(5_000);
    expect(bench.truth().maps[LUN1]?.paths).toHaveLength(1);
    expect(kernelQueues(bench)).toBe(true);
  });
});

describe('a daemon that stops', () => {
  it.each<[string, Parameters<typeof configured>[0], boolean, string[]]>([
    ['ends the queueing of its maps', { no_path_retry: 'queue' }, false, ['fail_if_no_path']],
    ['also while they count checks', { no_path_retry: 9 }, false, ['fail_if_no_path']],
    ['unless it is to go on without a daemon', { no_path_retry: 'queue', queue_without_daemon: true }, true, []],
  ])('%s', async (_, defaults, queues, sent) => {
    const bench = await start(configured(defaults));
    const stopped = bench.runtime.stop();
    await bench.run(1_000);
    await stopped;
    expect(kernelQueues(bench)).toBe(queues);
    expect(messages(bench)).toEqual(sent);
  });

  it('leaves queueing alone that is not configured', async () => {
    const bench = await start({});
    bench.simulator.admin.messageMap('mpatha', 'queue_if_no_path');
    await bench.run(25_000);
    await bench.runtime.stop();
    expect(kernelQueues(bench)).toBe(true);
  });

  it('and starts again has them queue again, without a reload', async () => {
    const bench = await start(configured({ no_path_retry: 'queue' }));
    await bench.restart();
    await bench.run(5_000);
    expect(kernelQueues(bench)).toBe(true);
    expect(messages(bench)).toEqual(['fail_if_no_path', 'queue_if_no_path']);
    expect(bench.logs.filter(({ message }) => message.includes(': reload ['))).toEqual([]);
  });

  it('tells a map that is being reloaded when that is done', async () => {
    const bench = await start(configured({ no_path_retry: 'queue' }));
    bench.simulator.faults.add({
      operations: ['reload'],
      devices: null,
      outcome: { kind: 'late', ms: 700 },
      times: 1,
      probability: 1,
    });
    bench.simulator.admin.removeDisk('sdb');
    await bench.run(200);
    expect(bench.runtime.tables.maps.get(LUN1)?.operation?.kind).toBe('reload');
    const stopped = bench.runtime.stop();
    await bench.run(2_000);
    await stopped;
    expect(bench.truth().maps[LUN1]?.paths).toHaveLength(1);
    expect(kernelQueues(bench)).toBe(false);
  });

  it('waits for a map that hangs no longer than some seconds', async () => {
    const bench = await start(configured({ no_path_retry: 'queue' }));
    bench.simulator.faults.add({
      operations: ['message'],
      devices: null,
      outcome: { kind: 'hang' },
      times: 1,
      probability: 1,
    });
    await bench.runtime.stop();
    expect(bench.logs.some(({ message }) => /device-mapper has not answered/.test(message))).toBe(true);
  }, 10_000);
});

describe('queueing by command', () => {
  const ask = async (bench: Bench, command: Parameters<Bench['runtime']['submit']>[0]) => {
    const answered = bench.runtime.submit(command);
    await bench.run(4_000);
    return answered;
  };

  it('disablequeueing: no longer, until it is restored, whatever the paths do', async () => {
    const bench = await start(configured({ no_path_retry: 'queue' }));
    expect(await ask(bench, { kind: 'disable-queueing', map: 'mpatha' })).toEqual({ outcome: 'ok' });
    expect(kernelQueues(bench)).toBe(false);
    answer(bench, 'down');
    await bench.run(10_000);
    answer(bench, 'up');
    await bench.run(10_000);
    bench.simulator.admin.removeDisk('sdb');
    await bench.run(5_000);
    expect(kernelQueues(bench)).toBe(false);
    expect(await ask(bench, { kind: 'restore-queueing', map: 'mpatha' })).toEqual({ outcome: 'ok' });
    expect(kernelQueues(bench)).toBe(true);
  });

  it('of all maps at once', async () => {
    const bench = await startWithSan(3, 2, configured({ no_path_retry: 'queue' }));
    expect(await ask(bench, { kind: 'disable-queueing', map: null })).toEqual({ outcome: 'ok' });
    const queues = (): unknown[] =>
      [...bench.simulator.world.dmByName.values()].map(
        ({ live }) => live?.kind === 'multipath' && live.target.queueIfNoPath,
      );
    expect(queues()).toEqual([false, false, false]);
    expect(await ask(bench, { kind: 'restore-queueing', map: null })).toEqual({ outcome: 'ok' });
    expect(queues()).toEqual([true, true, true]);
  });

  it('of a map whose message fails: says so', async () => {
    const bench = await start(configured({ no_path_retry: 'queue' }));
    bench.simulator.faults.add({
      operations: ['message'],
      devices: null,
      outcome: { kind: 'errno', errno: 'ENOMEM' },
      times: 1_000_000,
      probability: 1,
    });
    expect(await ask(bench, { kind: 'disable-queueing', map: 'mpatha' })).toMatchObject({
      outcome: 'fail',
      reason: 'timeout',
    });
    expect(await ask(bench, { kind: 'disable-queueing', map: 'nothing' })).toMatchObject({
      outcome: 'fail',
      reason: 'not-found',
    });
  });

  it('forcequeueing daemon: maps go on queueing when it stops; and restorequeueing takes that back', async () => {
    const bench = await start(configured({ no_path_retry: 'queue' }));
    expect(await ask(bench, { kind: 'force-daemon-queueing' })).toEqual({ outcome: 'ok' });
    await bench.restart();
    await bench.run(2_000);
    expect(kernelQueues(bench)).toBe(true);
    expect(messages(bench)).toEqual([]);
    await ask(bench, { kind: 'force-daemon-queueing' });
    await ask(bench, { kind: 'restore-daemon-queueing' });
    await bench.restart();
    expect(messages(bench)).toContain('fail_if_no_path');
  });
});
