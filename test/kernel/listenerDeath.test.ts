import { createUeventPort } from '../../src/kernel/uevents';
import type { Failure } from '../../src/model/failure';
import type { UeventBatch } from '../../src/model/uevent';
import { OPTIONS, fakeAddon, nativeBatch, nativeEvent } from './fakeListener';

describe('a listener that dies', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  /** A started port, the batches that it delivers, and the failures that it reports. */
  function dying(addon = fakeAddon()) {
    const batches: UeventBatch[] = [];
    const failures: Failure[] = [];
    const port = createUeventPort(addon, { ...OPTIONS, onFailure: (failure) => void failures.push(failure) });
    port.start((b) => batches.push(b));
    return { addon, port, batches, failures };
  }
  const LAST = nativeBatch({ failure: 'ENOTSOCK' });
  const RESTARTED: UeventBatch = {
    events: [],
    losses: [{ cause: 'listener-restarted', count: 1 }],
    refused: 0,
    drained: [],
  };

  it('is stopped and opened again, and this counts as a loss', () => {
    const { addon, batches, failures } = dying();
    const dead = addon.last();
    dead.deliver(LAST);
    expect(dead.stops).toBe(1);
    expect(batches).toEqual([]);
    expect(failures).toMatchObject([{ code: 'KERNEL_ERROR', device: 'kernel uevents', errno: 'ENOTSOCK' }]);
    jest.advanceTimersByTime(100);
    expect(addon.opened).toHaveLength(2);
    expect(batches).toEqual([RESTARTED]);
    addon.last().deliver(nativeBatch({ events: [nativeEvent()] }));
    expect(batches[1]?.events).toHaveLength(1);
  });

  it('delivers first what it read before its end', () => {
    const { batches, addon } = dying();
    addon.last().deliver({ ...LAST, events: [nativeEvent()] });
    jest.advanceTimersByTime(100);
    expect(batches.map((b) => [b.events.length, b.losses.length])).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });

  it('leaves its unanswered drain requests to the next listener', () => {
    const { addon, port, batches } = dying();
    port.drain(1);
    port.drain(2);
    addon.last().deliver({ ...LAST, drained: [{ token: 1, drops: 0 }] });
    port.drain(3);
    jest.advanceTimersByTime(100);
    expect(addon.last().drains).toEqual([2, 3]);
    addon.last().deliver(
      nativeBatch({
        drained: [
          { token: 2, drops: 0 },
          { token: 3, drops: 0 },
        ],
      }),
    );
    addon.last().deliver(LAST);
    jest.advanceTimersByTime(200);
    expect(addon.opened).toHaveLength(3);
    expect(addon.last().drains).toEqual([]);
    expect(batches.flatMap((b) => b.drained.map(({ token }) => token))).toEqual([1, 2, 3]);
  });

  it('without a listener the port keeps only as many drain requests as the next listener can take', () => {
    const { addon, port } = dying();
    addon.last().deliver(LAST);
    for (let token = 0; token < 500; token++) port.drain(token);
    jest.advanceTimersByTime(100);
    expect(addon.last().drains).toEqual(Array.from({ length: 64 }, (_, i) => 436 + i));
  });

  it('again and again is opened after ever longer pauses, until one has lived long enough', () => {
    const { addon } = dying();
    const pauses: number[] = [];
    for (let i = 0; i < 10; i++) {
      const before = addon.opened.length;
      addon.last().deliver(LAST);
      const died = Date.now();
      while (addon.opened.length === before) jest.advanceTimersByTime(50);
      pauses.push(Date.now() - died);
    }
    expect(pauses).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000]);
    jest.advanceTimersByTime(60_000);
    addon.last().deliver(LAST);
    jest.advanceTimersByTime(100);
    expect(addon.opened).toHaveLength(12);
  });

  it('that cannot be opened again is tried until it can, with one more report', () => {
    const working = fakeAddon();
    let refusals = 0;
    const addon: typeof working = {
      ...working,
      openUevents: (options, onBatch) => {
        if (working.opened.length === 1 && refusals < 5) {
          refusals += 1;
          throw Object.assign(new Error('no memory'), { code: 'ENOMEM' });
        }
        return working.openUevents(options, onBatch);
      },
    };
    const { port, batches, failures } = dying(addon);
    working.last().deliver(LAST);
    expect(port.info()).toMatchObject({ scheduling: 'ended (ENOTSOCK)', heartbeat: 11 });
    jest.advanceTimersByTime(100);
    expect(port.info().scheduling).toBe('ended (ENOMEM)');
    jest.advanceTimersByTime(30_000);
    expect(refusals).toBe(5);
    expect(failures.map(({ errno }) => errno)).toEqual(['ENOTSOCK', 'ENOMEM']);
    expect(batches).toEqual([RESTARTED]);
    expect(port.info().scheduling).toBe('SCHED_RR:5');
  });

  it('is not opened again after stop(), and only once after two reports of one death', () => {
    const { addon, port, batches } = dying();
    const first = addon.last();
    first.deliver(LAST);
    first.deliver(LAST);
    jest.advanceTimersByTime(1_000);
    expect(addon.opened).toHaveLength(2);
    addon.last().deliver(LAST);
    port.stop();
    jest.advanceTimersByTime(100_000);
    expect(addon.opened).toHaveLength(2);
    expect(batches).toEqual([RESTARTED]);
  });

  it('stays dead if the client stops the port at its last events', () => {
    const addon = fakeAddon();
    const port = createUeventPort(addon, OPTIONS);
    port.start(() => port.stop());
    addon.last().deliver({ ...LAST, events: [nativeEvent()] });
    jest.advanceTimersByTime(100_000);
    expect(addon.opened).toHaveLength(1);
    expect(addon.last().stops).toBe(1);
  });
});
