import { createMachine } from './machine';
import type { UeventBatch } from '../../src/model/uevent';

const KIB = 1024;
const losses = (batches: UeventBatch[]) => batches.flatMap((b) => b.losses);

test('delivery is asynchronous and in batches', async () => {
  const m = createMachine();
  m.admin.addDisk({ wwid: '333333330000007d0', hcil: '0:0:0:0' });
  m.admin.addDisk({ wwid: '333333330000007d0', hcil: '1:0:0:0' });
  expect(m.batches).toEqual([]);
  await m.time.run(1);
  expect(m.batches.map((b) => b.events.length)).toEqual([2]);
});

test('an overrun while the reader is away is reported once, with the exact number of drops', async () => {
  const m = createMachine({ listener: { bufferBytes: 64 * KIB } });
  const name = m.admin.addDisk({ wwid: '333333330000007d0', hcil: '0:0:0:0' });
  await m.time.run(1);
  m.batches.length = 0;
  m.kernelListener.pause();
  m.admin.trigger(name, 'change', 2000);
  await m.time.run(1000);
  expect(m.batches).toEqual([]);
  expect(m.ports.kernelUevents.info().drops).toBe(1843);
  m.kernelListener.resume();
  await m.time.run(1);
  expect(m.events()).toHaveLength(157);
  expect(losses(m.batches)).toEqual([
    { cause: 'overrun', count: 1 },
    { cause: 'drops', count: 1843 },
  ]);
});

test('events that come while a slow reader drains are lost silently: only the counter shows them', async () => {
  const m = createMachine({ listener: { bufferBytes: 64 * KIB, readLimit: 50, readDelayMs: 10 } });
  const name = m.admin.addDisk({ wwid: '333333330000007d0', hcil: '0:0:0:0' });
  await m.time.run(20);
  m.admin.trigger(name, 'change', 158);
  await m.time.run(10);
  expect(losses(m.batches)).toEqual([{ cause: 'overrun', count: 1 }]);
  m.admin.trigger(name, 'change', 7);
  await m.time.run(100);
  expect(losses(m.batches)).toEqual([
    { cause: 'overrun', count: 1 },
    { cause: 'drops', count: 8 },
  ]);
  m.admin.trigger(name, 'change', 1);
  await m.time.run(100);
  expect(losses(m.batches)).toHaveLength(2);
  expect(m.events()).toHaveLength(1 + 157 + 1);
});

test('a drain is answered at EAGAIN, with the drop counter, after all that was queued', async () => {
  const m = createMachine({ listener: { bufferBytes: 64 * KIB, readLimit: 60 } });
  const name = m.admin.addDisk({ wwid: '333333330000007d0', hcil: '0:0:0:0' });
  await m.time.run(1);
  m.admin.trigger(name, 'change', 200);
  m.ports.kernelUevents.drain(7);
  m.ports.kernelUevents.drain(8);
  await m.time.run(10);
  const at = m.batches.findIndex((b) => b.drained.length > 0);
  expect(m.batches[at]?.drained).toEqual([
    { token: 7, drops: 43 },
    { token: 8, drops: 43 },
  ]);
  expect(m.batches.slice(0, at + 1).flatMap((b) => b.events)).toHaveLength(158);
  expect(m.batches).toHaveLength(at + 1);
});

test('a drain of an empty socket is answered too', async () => {
  const m = createMachine();
  m.ports.kernelUevents.drain(1);
  await m.time.run(1);
  expect(m.batches.map((b) => b.drained)).toEqual([[{ token: 1, drops: 0 }]]);
});

test('nothing is delivered after stop, and a new start begins with an empty socket', async () => {
  const m = createMachine();
  const name = m.admin.addDisk({ wwid: '333333330000007d0', hcil: '0:0:0:0' });
  m.ports.kernelUevents.stop();
  m.admin.trigger(name, 'change', 3);
  await m.time.run(10);
  expect(m.batches).toEqual([]);
  const again: UeventBatch[] = [];
  m.ports.kernelUevents.start((b) => again.push(b));
  m.admin.trigger(name, 'change');
  await m.time.run(10);
  expect(again.map((b) => b.events.map((e) => e.action))).toEqual([['change']]);
  expect(m.ports.kernelUevents.info()).toMatchObject({
    drops: 0,
    requestedBufferBytes: 134217728,
    grantedBufferBytes: 268435456,
  });
});

test('foreign events use numbers and room, but are not delivered', async () => {
  const m = createMachine({ listener: { bufferBytes: 4 * KIB } });
  const before = m.world.seqnum;
  m.admin.foreignEvents(20);
  expect(m.world.seqnum).toBe(before + 20);
  await m.time.run(10);
  expect(m.events()).toEqual([]);
  expect(losses(m.batches)).toEqual([
    { cause: 'overrun', count: 1 },
    { cause: 'drops', count: 11 },
  ]);
});

test('a message longer than the reader’s buffer is a loss of its own kind, and the next one is read whole', async () => {
  const m = createMachine();
  const name = m.admin.addDisk({ wwid: '333333330000007d0', hcil: '0:0:0:0' });
  await m.time.run(1);
  m.batches.length = 0;
  m.kernelListener.setMessageBytes(200);
  m.admin.trigger(name, 'change', 2);
  m.admin.foreignEvents(1);
  await m.time.run(1);
  m.kernelListener.setMessageBytes(8192);
  m.admin.trigger(name, 'change', 1);
  await m.time.run(1);
  expect(losses(m.batches)).toEqual([
    { cause: 'truncated', count: 1 },
    { cause: 'truncated', count: 1 },
  ]);
  expect(m.events().map((event) => event.action)).toEqual(['change']);
  expect(m.ports.kernelUevents.info().drops).toBe(0);
});
