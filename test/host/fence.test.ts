import { randomUUID } from 'crypto';
import { writeFence } from '../../src/kernel/fence';
import { loadAddon } from '../../src/kernel/native';
import { createUeventPort } from '../../src/kernel/uevents';
import type { Uevent } from '../../src/model/uevent';

test('a fence comes back through the socket of the kernel’s group', async () => {
  const port = createUeventPort(loadAddon(), {
    source: 'kernel',
    bufferBytes: 1 << 20,
    realtimePriority: 0,
    queueLimit: 1000,
  });
  const uuid = randomUUID();
  const event = new Promise<Uevent>((resolve) => {
    port.start((batch) => {
      const ours = batch.events.find((candidate) => candidate.synthUuid === uuid);
      if (ours !== undefined) resolve(ours);
    });
  });
  try {
    expect(await writeFence(uuid)).toEqual({ ok: true, value: null });
    expect(await event).toMatchObject({ action: 'change', synthUuid: uuid, env: { SYNTH_ARG_MPATHD: '1' } });
  } finally {
    port.stop();
  }
});
