import { randomUUID } from 'crypto';
import { openKernel } from '../../src/kernel';
import { loadAddon } from '../../src/kernel/native';
import type { KernelPorts } from '../../src/kernel/ports';
import type { Uevent } from '../../src/model/uevent';
import { attachLoop } from './loopDevice';

/** The kernel's uevents in order, for the duration of `work`. */
async function withEvents(
  kernel: KernelPorts,
  work: (next: (wanted: (event: Uevent) => boolean) => Promise<Uevent>) => Promise<void>,
): Promise<void> {
  const seen: Uevent[] = [];
  let look: () => void = () => undefined;
  kernel.kernelUevents.start((batch) => {
    seen.push(...batch.events);
    look();
  });
  const next = (wanted: (event: Uevent) => boolean): Promise<Uevent> =>
    new Promise((resolve) => {
      look = () => {
        const found = seen.find(wanted);
        if (found !== undefined) resolve(found);
      };
      look();
    });
  try {
    await work(next);
  } finally {
    kernel.kernelUevents.stop();
  }
}

test('all ports see one kernel: an event, the disk of this event, and a fence after it', async () => {
  const kernel = openKernel({
    addon: loadAddon(),
    bufferBytes: 1 << 20,
    realtimePriority: 0,
    queueLimit: 1000,
    record: { begun: () => undefined, ended: () => undefined },
    warn: () => undefined,
  });
  await withEvents(kernel, async (next) => {
    const loop = attachLoop(1024 * 1024);
    try {
      const uuid = randomUUID();
      expect(await kernel.fence(uuid)).toEqual({ ok: true, value: null });
      await next((event) => event.synthUuid === uuid);
      const event = await next((candidate) => candidate.name === loop.name && candidate.action === 'change');
      const reading = await kernel.blocks.read(event.name);
      expect(reading).toMatchObject({
        ok: true,
        value: { devt: event.devt, devpath: event.devpath, diskseq: loop.diskseq },
      });
    } finally {
      loop.detach();
    }
  });
  const woken = new Promise<number>((resolve) => {
    const at = kernel.clock.now() + 5;
    kernel.clock.wakeAt(at, () => resolve(kernel.clock.now() - at));
  });
  expect(await woken).toBeGreaterThanOrEqual(0);
  kernel.deviceMapper.stop();
  kernel.clock.stop();
});
