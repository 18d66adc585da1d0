import { showTopology } from '../../../src/cli/daemon/screen';
import { mapRows } from '../../../src/ipc/rows';
import { topology } from '../../../src/ipc/topology';
import { startWithSan, type Rig } from '../../simulation/rig';

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] }));
afterEach(() => void jest.useRealTimers());

/** What is printed at each look. */
function watch(rig: Rig): { look(): string; hide(): void } {
  let printed = '';
  const hide = showTopology(rig.runtime.tables, (text) => (printed += text));
  return {
    look: () => {
      printed = '';
      jest.advanceTimersByTime(500);
      return printed;
    },
    hide,
  };
}

test('the first look shows all maps, and a further one only what has changed since', async () => {
  const rig = await startWithSan(3, 2);
  const { look, hide } = watch(rig);
  expect(look()).toBe(`\n${topology(rig.runtime.tables, mapRows(rig.runtime.tables))}\n`);
  expect(look()).toBe('');
  rig.simulator.admin.change('sda', { state: 'offline' });
  await rig.run(30_000);
  const [changed] = mapRows(rig.runtime.tables).filter(({ paths }) => paths.some(({ path }) => path?.name === 'sda'));
  expect(changed).toBeDefined();
  expect(look()).toBe(`\n${topology(rig.runtime.tables, changed === undefined ? [] : [changed])}\n`);
  rig.simulator.admin.renameMap('mpatha', 'other');
  await rig.run(3_000);
  expect(look()).toMatch(/^\nother \([^]*\n\n$/);
  expect(look()).toBe('');
  hide();
});

test('each change of a picture is noticed', async () => {
  const rig = await startWithSan(2, 2);
  const { look, hide } = watch(rig);
  const pictures = (): string => topology(rig.runtime.tables, mapRows(rig.runtime.tables));
  look();
  const { admin } = rig.simulator;
  const steps: Array<() => void> = [
    () => admin.change('sda', { state: 'offline' }),
    () => admin.change('sda', { state: 'running' }),
    () => admin.resize('sdb', 32768),
    () => admin.removeDisk('sdc'),
    () => admin.change('sdb', { accessState: 'standby' }),
    () => admin.renameMap('mpathb', 'x'),
  ];
  let before = pictures();
  for (const step of steps) {
    step();
    await rig.run(40_000);
    const after = pictures();
    expect(look() !== '').toBe(after !== before);
    before = after;
  }
  hide();
});

test('many maps are drawn over several looks, each of which draws a bounded number', async () => {
  const rig = await startWithSan(120, 2);
  const { look, hide } = watch(rig);
  const counts = [look(), look(), look(), look()].map((text) => text.match(/^size=/gm)?.length ?? 0);
  const total = rig.runtime.tables.maps.size;
  expect(Math.max(...counts)).toBeLessThanOrEqual(50);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(total);
  hide();
});
