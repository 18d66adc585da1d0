import fc from 'fast-check';
import { createUeventPort } from '../../src/kernel/uevents';
import { MpathdError } from '../../src/model/failure';
import type { UeventBatch } from '../../src/model/uevent';

import { OPTIONS, convert, failureOf, fakeAddon, nativeBatch, nativeEvent } from './fakeListener';

describe('opening', () => {
  it('opens nothing before start()', () => {
    const addon = fakeAddon();
    createUeventPort(addon, OPTIONS);
    expect(addon.opened).toHaveLength(0);
  });

  test.each([
    ['kernel', 1],
    ['udev', 2],
  ] as const)('joins the group of %s', (source, group) => {
    const addon = fakeAddon();
    createUeventPort(addon, { ...OPTIONS, source }).start(() => undefined);
    expect(addon.last().options).toEqual({ group, bufferBytes: 1024, realtimePriority: 5, queueLimit: 100 });
  });

  it('passes the option for injected messages on', () => {
    const addon = fakeAddon();
    createUeventPort(addon, { ...OPTIONS, acceptInjected: true }).start(() => undefined);
    expect(addon.last().options.acceptInjected).toBe(true);
  });

  it('gives the errno when the kernel refuses, and keeps the advice of the addon', () => {
    const openUevents = () => {
      throw Object.assign(new Error('bind: EPERM; run mpathd as root'), { code: 'EPERM' });
    };
    const error = failureOf(() => createUeventPort({ openUevents }, OPTIONS).start(() => undefined));
    expect(error.failure).toMatchObject({
      code: 'KERNEL_ERROR',
      operation: 'listen',
      device: 'kernel uevents',
      errno: 'EPERM',
    });
    expect(error.message).toContain('run mpathd as root');
  });

  it('distinguishes wrong options from answers of the kernel', () => {
    const openUevents = () => {
      throw new RangeError('options.queueLimit must be from 1 to 1048576');
    };
    const error = failureOf(() => createUeventPort({ openUevents }, OPTIONS).start(() => undefined));
    expect(error.failure).toMatchObject({ code: 'REFUSED', errno: null });
  });

  it('can be tried again after a failure', () => {
    const addon = fakeAddon();
    let fail = true;
    const port = createUeventPort(
      {
        openUevents: (options, onBatch) => {
          if (fail) throw new Error('no');
          return addon.openUevents(options, onBatch);
        },
      },
      OPTIONS,
    );
    expect(() => port.start(() => undefined)).toThrow(MpathdError);
    fail = false;
    port.start(() => undefined);
    expect(addon.opened).toHaveLength(1);
  });

  it('refuses a second start', () => {
    const addon = fakeAddon();
    const port = createUeventPort(addon, OPTIONS);
    port.start(() => undefined);
    expect(failureOf(() => port.start(() => undefined)).failure.code).toBe('REFUSED');
    expect(addon.opened).toHaveLength(1);
  });
});

describe('events', () => {
  it("have all fields of the addon's event", () => {
    expect(convert(nativeBatch({ events: [nativeEvent()] })).events).toEqual([
      {
        source: 'kernel',
        action: 'add',
        devpath: '/devices/pci0000:00/host0/block/sda',
        subsystem: 'block',
        devtype: 'disk',
        name: 'sda',
        devt: '8:0',
        diskseq: 12,
        seqnum: 345,
        synthUuid: null,
        env: { ACTION: 'add', DISKSEQ: '12' },
      },
    ]);
  });

  it('of udevd are marked as such', () => {
    const batch = convert(nativeBatch({ events: [nativeEvent()] }), { ...OPTIONS, source: 'udev' });
    expect(batch.events.map((e) => e.source)).toEqual(['udev']);
  });

  it('keep their order', () => {
    const events = ['add', 'change', 'remove'].map((action) => nativeEvent({ action }));
    expect(convert(nativeBatch({ events })).events.map((e) => e.action)).toEqual(['add', 'change', 'remove']);
  });

  test.each([
    ['/devices/virtual/block/dm-0', 'dm-0'],
    ['/devices/x/block/cciss!c0d0', 'cciss!c0d0'],
    ['/devices/x/block/sda/sda1', 'sda1'],
    ['/module', 'module'],
  ])('of %s have the name %s', (devpath, name) => {
    expect(convert(nativeBatch({ events: [nativeEvent({ devpath })] })).events[0]?.name).toBe(name);
  });

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'may have a variable with the name %s',
    (key) => {
      const env = convert(nativeBatch({ events: [nativeEvent({ env: [key, 'x', 'A', 'b'] })] })).events[0]?.env;
      expect(Object.keys(env ?? {})).toEqual([key, 'A']);
      expect(env?.[key]).toBe('x');
      expect(({} as Record<string, unknown>)['x']).toBeUndefined();
    },
  );

  it('have no variables but their own', () => {
    const env = convert(nativeBatch({ events: [nativeEvent({ env: [] })] })).events[0]?.env;
    expect(env?.['constructor']).toBeUndefined();
    expect(env?.['__proto__']).toBeUndefined();
  });

  it('keep all variables, whatever their names are', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(fc.string(), fc.string()), { selector: ([key]) => key }), (pairs) => {
        const env = convert(nativeBatch({ events: [nativeEvent({ env: pairs.flat() })] })).events[0]?.env ?? {};
        expect(new Map(Object.entries(env))).toEqual(new Map(pairs));
      }),
    );
  });
});

describe('losses', () => {
  test.each([
    ['overruns', 'overrun'],
    ['dropped', 'drops'],
    ['truncated', 'truncated'],
    ['malformed', 'malformed'],
    ['queueFull', 'queue-full'],
  ] as const)('%s are reported as %s with their count', (counter, cause) => {
    expect(convert(nativeBatch({ [counter]: 7 })).losses).toEqual([{ cause, count: 7 }]);
  });

  it('are reported each for itself', () => {
    expect(convert(nativeBatch({ overruns: 1, dropped: 1843, queueFull: 2 })).losses).toEqual([
      { cause: 'overrun', count: 1 },
      { cause: 'drops', count: 1843 },
      { cause: 'queue-full', count: 2 },
    ]);
  });

  it('are absent in a batch without loss, and refused messages are no loss', () => {
    const batch = convert(nativeBatch({ refused: 4 }));
    expect(batch.losses).toEqual([]);
    expect(batch.refused).toBe(4);
  });

  it('do not include holes in SEQNUM, which are reported separately', () => {
    const batch = convert(nativeBatch({ missing: { count: 3, from: 10, to: 14 } }));
    expect(batch.gap).toEqual({ count: 3, from: 10, to: 14 });
    expect(batch.losses).toEqual([]);
    expect('gap' in convert(nativeBatch())).toBe(false);
  });
});

describe('draining', () => {
  it('passes tokens both ways', () => {
    const addon = fakeAddon();
    const port = createUeventPort(addon, OPTIONS);
    const batches: UeventBatch[] = [];
    port.start((b) => batches.push(b));
    port.drain(41);
    expect(addon.last().drains).toEqual([41]);
    addon.last().deliver(nativeBatch({ drained: [{ token: 41, drops: 9 }] }));
    expect(batches[0]?.drained).toEqual([{ token: 41, drops: 9 }]);
  });

  it('is refused while the port is not started', () => {
    const port = createUeventPort(fakeAddon(), OPTIONS);
    expect(failureOf(() => port.drain(1)).failure).toMatchObject({ code: 'REFUSED', operation: 'drain' });
  });
});

describe('info', () => {
  it('says before the start that the port is not started', () => {
    expect(createUeventPort(fakeAddon(), OPTIONS).info()).toEqual({
      requestedBufferBytes: 1024,
      grantedBufferBytes: 0,
      scheduling: 'not started',
      heartbeat: 0,
      drops: 0,
    });
  });

  it('is that of the listener while it runs, and stays readable after stop()', () => {
    const port = createUeventPort(fakeAddon(), OPTIONS);
    port.start(() => undefined);
    const running = {
      requestedBufferBytes: 1024,
      grantedBufferBytes: 2048,
      scheduling: 'SCHED_RR:5',
      heartbeat: 10,
      drops: 3,
    };
    expect(port.info()).toEqual(running);
    port.stop();
    expect(port.info()).toEqual({ ...running, heartbeat: 11 });
  });
});

describe('stopping', () => {
  it('stops the listener once', () => {
    const addon = fakeAddon();
    const port = createUeventPort(addon, OPTIONS);
    port.stop();
    port.start(() => undefined);
    port.stop();
    port.stop();
    expect(addon.last().stops).toBe(1);
  });

  it('ends delivery, even if the addon still has a batch', () => {
    const addon = fakeAddon();
    const port = createUeventPort(addon, OPTIONS);
    const batches: UeventBatch[] = [];
    port.start((b) => batches.push(b));
    port.stop();
    addon.last().deliver(nativeBatch({ events: [nativeEvent()] }));
    expect(batches).toEqual([]);
  });

  it('makes a restart a loss, reported once', async () => {
    const addon = fakeAddon();
    const port = createUeventPort(addon, OPTIONS);
    port.start(() => undefined);
    port.stop();
    const batches: UeventBatch[] = [];
    port.start((b) => batches.push(b));
    expect(batches).toEqual([]);
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(batches).toEqual([
      { events: [], losses: [{ cause: 'listener-restarted', count: 1 }], refused: 0, drained: [] },
    ]);
  });

  it('right after a restart does not report the loss', async () => {
    const port = createUeventPort(fakeAddon(), OPTIONS);
    port.start(() => undefined);
    port.stop();
    const batches: UeventBatch[] = [];
    port.start((b) => batches.push(b));
    port.stop();
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(batches).toEqual([]);
  });
});
