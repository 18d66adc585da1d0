/** An addon that opens nothing, for the tests of the uevent port. */
import type { ListenerOptions, NativeBatch, NativeListener, NativeUevent } from '../../native/mpathd';
import { createUeventPort } from '../../src/kernel/uevents';
import type { UeventPortOptions } from '../../src/kernel/uevents';
import { MpathdError } from '../../src/model/failure';
import type { UeventBatch } from '../../src/model/uevent';

export const OPTIONS: UeventPortOptions = { source: 'kernel', bufferBytes: 1024, realtimePriority: 5, queueLimit: 100 };

export interface Opened {
  options: ListenerOptions;
  deliver: (batch: NativeBatch) => void;
  drains: number[];
  stops: number;
}

/** An addon that records the calls. */
export function fakeAddon() {
  const opened: Opened[] = [];
  function openUevents(options: ListenerOptions, onBatch: (batch: NativeBatch) => void): NativeListener {
    const entry: Opened = { options, deliver: onBatch, drains: [], stops: 0 };
    opened.push(entry);
    return {
      drain: (token) => entry.drains.push(token),
      info: () => ({
        requestedBufferBytes: 1024,
        grantedBufferBytes: 2048,
        scheduling: 'SCHED_RR:5',
        heartbeat: 10 + entry.stops,
        drops: 3,
        queueBytes: 4096,
      }),
      stop: () => {
        entry.stops += 1;
      },
    };
  }
  const last = (): Opened => {
    const entry = opened.at(-1);
    if (entry === undefined) throw new Error('nothing was opened');
    return entry;
  };
  return { openUevents, opened, last };
}

export function nativeEvent(overrides: Partial<NativeUevent> = {}): NativeUevent {
  return {
    action: 'add',
    devpath: '/devices/pci0000:00/host0/block/sda',
    subsystem: 'block',
    devtype: 'disk',
    devt: '8:0',
    diskseq: 12,
    seqnum: 345,
    synthUuid: null,
    env: ['ACTION', 'add', 'DISKSEQ', '12'],
    ...overrides,
  };
}

export function nativeBatch(overrides: Partial<NativeBatch> = {}): NativeBatch {
  return {
    events: [],
    overruns: 0,
    dropped: 0,
    truncated: 0,
    malformed: 0,
    queueFull: 0,
    refused: 0,
    missing: null,
    failure: null,
    drained: [],
    ...overrides,
  };
}

/** The port's conversion of one batch. */
export function convert(batch: NativeBatch, options: UeventPortOptions = OPTIONS): UeventBatch {
  const addon = fakeAddon();
  const batches: UeventBatch[] = [];
  createUeventPort(addon, options).start((b) => batches.push(b));
  addon.last().deliver(batch);
  expect(batches).toHaveLength(1);
  return batches[0] as UeventBatch;
}

export function failureOf(act: () => void): MpathdError {
  try {
    act();
  } catch (error) {
    if (error instanceof MpathdError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
