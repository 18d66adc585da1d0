import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultScenario } from '../../src/simulator/defaultScenario';
import { readScenario } from '../../src/simulator/readScenario';
import { simulate } from '../../src/simulator/simulate';
import { createVirtualScheduler } from './virtualTime';
import type { Scenario } from '../../src/simulator/scenario';
import type { UeventBatch } from '../../src/model/uevent';
import { valueOf, WWID } from './machine';

function play(scenario: Scenario) {
  const time = createVirtualScheduler();
  const log: string[] = [];
  const { simulator, player } = simulate(scenario, time, (line) => log.push(`${time.now()} ${line}`));
  const batches: UeventBatch[] = [];
  simulator.ports.kernelUevents.start((b) => batches.push(b));
  return { time, log, simulator, player, batches };
}

const LUNS = [
  { name: 'a', wwid: WWID(1), paths: 2, map: 'mpa' },
  { name: 'b', wwid: WWID(2), sizeMiB: 16, paths: 2 },
];
const scenario = (steps: object[], more: object = {}): Scenario =>
  readScenario(JSON.stringify({ luns: LUNS, steps, ...more }), 'f');

async function after(steps: object[]) {
  const p = play(scenario(steps.map((s, n) => ({ at: n + 1, ...s }))));
  await p.time.run(60_000);
  return p;
}

test('the SAN exists at once, with the maps of the scenario', () => {
  const { simulator } = play(scenario([]));
  const { paths, maps } = simulator.truth();
  expect([...paths.values()].map((p) => [p.name, p.wwid, p.sizeSectors, p.accessState])).toEqual([
    ['sda', WWID(1), 16384, 'active/optimized'],
    ['sdb', WWID(1), 16384, 'active/non-optimized'],
    ['sdc', WWID(2), 32768, 'active/optimized'],
    ['sdd', WWID(2), 32768, 'active/non-optimized'],
  ]);
  expect([...maps.keys()]).toEqual([`mpath-${WWID(1)}`]);
  expect(maps.get(`mpath-${WWID(1)}`)?.facts).toMatchObject({
    name: 'mpa',
    targets: [{ table: '0 1 alua 2 1 service-time 0 1 2 8:0 1 1 service-time 0 1 2 8:16 1 1 ' }],
  });
});

test('steps come at their times, rounds repeat, and stop ends them', async () => {
  const p = play(
    scenario(
      [
        { at: 1, do: 'fail-path', lun: 'a', path: 0 },
        { at: 2.5, do: 'restore-path', lun: 'a', path: 0 },
      ],
      { repeatEvery: 10 },
    ),
  );
  await p.time.run(12_000);
  expect(p.log).toEqual(['1000 fail-path a path 0', '2500 restore-path a path 0', '11000 fail-path a path 0']);
  p.player.stop();
  await p.time.run(60_000);
  expect(p.log).toHaveLength(3);
  expect(p.time.pending()).toBe(0);
});

test('a scenario that is played once logs its end', async () => {
  const p = await after([{ do: 'clear-faults' }]);
  expect(p.log).toEqual(['1000 clear-faults', '1000 the scenario is over']);
});

test('a step that cannot be done is logged and skipped', async () => {
  const p = await after([
    { do: 'add-path', lun: 'a', path: 0 },
    { do: 'remove-path', lun: 'a', path: 0 },
    { do: 'remove-path', lun: 'a', path: 0 },
    { do: 'remove-map', lun: 'b' },
    { do: 'open-map', lun: 'a' },
    { do: 'remove-map', lun: 'a' },
  ]);
  expect(p.log.map((l) => /: refused: .*: (E\w+)$/.exec(l)?.[1] ?? '')).toEqual([
    'EEXIST',
    '',
    'ENODEV',
    'ENXIO',
    '',
    'EBUSY',
    '',
  ]);
});

test('a LUN without ALUA, and one whose paths all come later', () => {
  const luns = [
    { name: 'a', wwid: WWID(1), map: 'mpa', paths: [{ access: null }, { access: null }] },
    { name: 'b', wwid: WWID(2), map: 'mpb', paths: [{ present: false }] },
  ];
  const { simulator } = play(readScenario(JSON.stringify({ luns }), 'f'));
  expect([...simulator.truth().maps.values()].map((m) => m.facts.targets[0]?.table)).toEqual([
    '0 0 1 1 service-time 0 2 2 8:0 1 1 8:16 1 1 ',
    '0 1 alua 0 0 ',
  ]);
});

describe('the effect of a step', () => {
  const truthAfter = async (...steps: object[]) => (await after(steps)).simulator.truth();
  const mapA = `mpath-${WWID(1)}`;

  test('fail-path: the kernel fails the path too', async () => {
    const t = await truthAfter({ do: 'fail-path', lun: 'a', path: 1 });
    expect(t.paths.get('sdb')?.answer).toBe('down');
    expect(t.maps.get(mapA)?.paths.map((p) => p.active)).toEqual([true, false]);
  });
  test('hang-path, set-access', async () => {
    const t = await truthAfter(
      { do: 'hang-path', lun: 'a', path: 1 },
      { do: 'set-access', lun: 'a', path: 0, access: 'standby' },
    );
    expect([t.paths.get('sdb')?.answer, t.paths.get('sda')?.accessState]).toEqual(['hangs', 'standby']);
  });
  test('set-state, then restore-path', async () => {
    const offline = { do: 'set-state', lun: 'a', path: 1, state: 'offline' };
    expect((await truthAfter(offline)).paths.get('sdb')?.state).toBe('offline');
    expect((await truthAfter(offline, { do: 'restore-path', lun: 'a', path: 1 })).paths.get('sdb')?.state).toBe(
      'running',
    );
  });
  test('remove-path and add-path: a name in use is not given out again', async () => {
    const t = await truthAfter({ do: 'remove-path', lun: 'a', path: 0 }, { do: 'add-path', lun: 'a', path: 0 });
    expect([...t.paths.keys()]).toEqual(['sdb', 'sdc', 'sdd', 'sde']);
    expect(t.maps.get(mapA)?.paths.map((p) => [p.devt, p.present])).toEqual([
      ['8:0', false],
      ['8:16', true],
    ]);
  });
  test('remove-lun and add-lun', async () => {
    const t = await truthAfter({ do: 'remove-lun', lun: 'b' }, { do: 'add-lun', lun: 'b' });
    expect([...t.paths.values()].map((p) => [p.name, p.wwid, p.diskseq]).slice(2)).toEqual([
      ['sdc', WWID(2), 7],
      ['sdd', WWID(2), 8],
    ]);
  });
  test('remap-path and resize-lun', async () => {
    const t = await truthAfter(
      { do: 'remap-path', lun: 'a', path: 0, to: 'b' },
      { do: 'resize-lun', lun: 'b', sizeMiB: 1 },
    );
    expect(t.paths.get('sda')).toMatchObject({ wwid: WWID(2), sizeSectors: 32768 });
    expect(t.paths.get('sdc')?.sizeSectors).toBe(2048);
  });
  test('rename-map, swap-map-names, reload-map, remove-map', async () => {
    const luns = [LUNS[0], { ...LUNS[1], map: 'mpb' }];
    const run = async (...steps: object[]) => {
      const p = play(readScenario(JSON.stringify({ luns, steps: steps.map((s, n) => ({ at: n, ...s })) }), 'f'));
      await p.time.run(60_000);
      return [...p.simulator.truth().maps.values()].map((x) => [x.facts.name, x.paths.map((y) => y.devt).join(' ')]);
    };
    expect(await run({ do: 'rename-map', lun: 'a', name: 'x' })).toEqual([
      ['x', '8:0 8:16'],
      ['mpb', '8:32 8:48'],
    ]);
    expect(await run({ do: 'swap-map-names', lun: 'a', with: 'b' })).toEqual([
      ['mpb', '8:0 8:16'],
      ['mpa', '8:32 8:48'],
    ]);
    expect(await run({ do: 'reload-map', lun: 'a', paths: [1] })).toEqual([
      ['mpa', '8:16'],
      ['mpb', '8:32 8:48'],
    ]);
    expect(await run({ do: 'remove-map', lun: 'a' })).toEqual([['mpb', '8:32 8:48']]);
  });
  test('overrun: the reader learns of the loss when it is back', async () => {
    const p = await after([{ do: 'overrun', events: 2000, awayMs: 500 }]);
    expect(p.batches.flatMap((b) => b.losses).map((l) => l.cause)).toEqual(['overrun', 'drops']);
  });
  test('udev', async () => {
    expect((await after([{ do: 'udev', action: 'stop' }])).simulator.udev?.state()).toBe('stopped');
    expect(
      (
        await after([
          { do: 'udev', action: 'kill' },
          { do: 'udev', action: 'start' },
        ])
      ).simulator.udev?.state(),
    ).toBe('running');
  });
  test('a fault for one LUN means its map and its disks, until it is cleared', async () => {
    const fault = { do: 'fault', lun: 'a', errno: 'EIO' };
    const oks = async (...steps: object[]): Promise<boolean[]> => {
      const p = await after(steps);
      const { deviceMapper, blocks } = p.simulator.ports;
      const answers = Promise.all([
        deviceMapper.read(mapA),
        blocks.read('sda'),
        blocks.read('sdc'),
        deviceMapper.list(null),
      ]);
      await p.time.run(100);
      return (await answers).map((r) => r.ok);
    };
    expect(await oks(fault)).toEqual([false, false, true, true]);
    expect(await oks(fault, { do: 'clear-faults' })).toEqual([true, true, true, true]);
  });
});

test.each<[string, () => Scenario]>([
  ['the built-in scenario', defaultScenario],
  [
    'docs/examples/names-swapped.json',
    () => readScenario(readFileSync(join(__dirname, '../../docs/examples/names-swapped.json'), 'utf8'), 'x'),
  ],
])('%s: no step is refused in any round, if the maps are kept', async (_, read) => {
  const p = play(read());
  await p.time.run(300_000);
  expect(p.log.length).toBeGreaterThan(5);
  expect(p.log.filter((l) => l.includes('refused'))).toEqual([]);
  expect(p.batches.flatMap((b) => b.losses).some((l) => l.cause === 'overrun')).toBe(true);
  const snapshot = p.simulator.ports.snapshot();
  await p.time.run(100);
  expect(valueOf((await snapshot).dm).length).toBe(p.simulator.truth().maps.size);
});
