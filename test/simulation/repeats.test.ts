/**
 * The kernel accepts a write and does something else, or prints something else. No write is repeated at full speed
 * because of this.
 */
import type { KernelPorts } from '../../src/kernel/ports';
import { configurationOf, filesOf } from '../configuration';
import { addPath, addSan, createRig, type Rig } from './rig';

interface Deaf {
  rig: Rig;
  /** Writes that the kernel reported as done and did not do. */
  asked: string[];
  /** Lets the kernel carry out every later write. */
  listen(): void;
}

/** A kernel that accepts every reload and message and does nothing, after `deaf` is set. */
async function start(defaults: Parameters<typeof configurationOf>[0]): Promise<Deaf> {
  const asked: string[] = [];
  let deaf = true;
  const ports = (real: KernelPorts): KernelPorts => ({
    ...real,
    deviceMapper: {
      ...real.deviceMapper,
      message: (uuid, message) => {
        if (!deaf) return real.deviceMapper.message(uuid, message);
        asked.push(message);
        return Promise.resolve({ ok: true, value: null });
      },
      reload: (request) => {
        if (!deaf) return real.deviceMapper.reload(request);
        asked.push(request.params);
        return real.deviceMapper.read(request.uuid);
      },
    },
  });
  const rig = createRig({ ...filesOf(configurationOf(defaults)), ports });
  addSan(rig, 1, 2);
  rig.simulator.admin.createMap('mpatha', 'mpath-360014050000000000000000000000001', {
    type: 'multipath',
    sizeSectors: 16384,
    readOnly: false,
    params: '0 1 alua 1 1 service-time 0 2 1 8:0 1 8:16 1',
  });
  await rig.runtime.start();
  await rig.run(3_000);
  return {
    rig,
    asked,
    listen: () => {
      deaf = false;
    },
  };
}

test.each([
  ['a message', { no_path_retry: 'queue' as const }],
  ['a table', { path_selector: 'round-robin 0' }],
])(
  '%s without a visible effect is repeated after a growing pause, and each is logged once',
  async (_what, defaults) => {
    const { rig, asked, listen } = await start(defaults);
    await rig.run(120_000);
    expect(asked.length).toBeGreaterThan(3);
    expect(asked.length).toBeLessThan(30);
    const told = rig.logs
      .filter(({ message }) => message.includes('but does not show it'))
      .map(({ message }) => message);
    expect(told.length).toBeGreaterThan(0);
    expect(told).toEqual([...new Set(told)]);
    listen();
    await rig.run(70_000);
    const [map] = rig.simulator.truth().maps.values();
    expect(map?.facts.targets[0]?.table).toContain('no_path_retry' in defaults ? 'queue_if_no_path' : 'round-robin');
  },
);

test('other work at the map waits for none of them', async () => {
  const { rig, asked } = await start({ path_selector: 'round-robin 0' });
  await rig.run(60_000);
  const before = asked.length;
  addPath(rig, 1, 2);
  await rig.run(4_000);
  expect(asked.slice(before).some((params) => params.includes('8:32'))).toBe(true);
});
