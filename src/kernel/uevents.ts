/** The uevent port over the addon's listener: one socket of the kernel's or of udevd's group. */
import type { ListenerInfo, UeventPort } from './ports';
import type { Addon } from './native';
import { monotonicMs } from './clock';
import { isEmpty, toBatch } from './ueventBatch';
import { MpathdError, type Failure } from '../model/failure';
import type { Uevent, UeventBatch } from '../model/uevent';
import type { NativeBatch, NativeListener } from '../../native/mpathd';

export interface UeventPortOptions {
  source: Uevent['source'];
  /** The requested size. The kernel grants twice this size, or its own limit. */
  bufferBytes: number;
  /** SCHED_RR priority of the listener's thread, 0 for none. */
  realtimePriority: number;
  /**
   * The largest number of events that may wait for JavaScript. Further events are lost, and the batch reports the loss.
   */
  queueLimit: number;
  /** For tests only: accepts messages that a privileged process had the kernel send. */
  acceptInjected?: boolean;
  /** Called when a listener has died, and once more if the first attempt to open it again fails. */
  onFailure?: (failure: Failure) => void;
}

/** The multicast groups of NETLINK_KOBJECT_UEVENT. */
const GROUPS = { kernel: 1, udev: 2 } as const;

/** Pause before a listener that has died is opened again, ms: doubles with each death or failed attempt. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;

/** If a listener lived for this long, ms, the next pause is the first one again. */
const GOOD_LIFE_MS = 60_000;

/** The number of drain requests that the addon keeps. If there is no listener, the port keeps the newest requests. */
const MOST_DRAINS = 64;

/**
 * A port that opens its socket at start(), which throws an {@link MpathdError} if this fails. The port may be started
 * again after stop(). It then reports a loss, because it missed the events in between. A listener dies by an error of
 * its socket that is no loss. Then the port opens another listener, reports a loss, and gives the unanswered drain
 * requests of the dead listener to the new one.
 */
export function createUeventPort(addon: Pick<Addon, 'openUevents'>, options: UeventPortOptions): UeventPort {
  const device = `${options.source} uevents`;
  let client: ((batch: UeventBatch) => void) | null = null;
  let listener: NativeListener | null = null;
  let last: ListenerInfo = notStarted(options);
  let stopped = false;
  /** Tokens of drain requests without an answer. */
  let waiting: number[] = [];
  let reopening: NodeJS.Timeout | null = null;
  let pauseMs = FIRST_PAUSE_MS;
  let openedAt = 0;

  function start(onBatch: (batch: UeventBatch) => void): void {
    if (client !== null) throw refused('start', device, 'it is started already');
    const opened = openListener();
    client = onBatch;
    if (!stopped) return;
    setImmediate(() => {
      if (listener === opened) client?.(restarted());
    });
  }

  function openListener(): NativeListener {
    const opened = open(addon, options, device, (batch) => {
      if (listener === opened) deliver(opened, batch);
    });
    listener = opened;
    openedAt = monotonicMs();
    return opened;
  }

  function deliver(from: NativeListener, native: NativeBatch): void {
    const batch = toBatch(options.source, native);
    const answered = new Set(batch.drained.map(({ token }) => token));
    if (answered.size > 0) waiting = waiting.filter((token) => !answered.has(token));
    if (native.failure === null || !isEmpty(batch)) client?.(batch);
    if (native.failure !== null && listener === from) died(native.failure);
  }

  function died(errno: string): void {
    close(`ended (${errno})`);
    waiting = waiting.slice(-MOST_DRAINS);
    options.onFailure?.({
      code: 'KERNEL_ERROR',
      operation: 'recvmsg',
      device,
      errno,
      detail: 'the listener has ended and is opened again',
    });
    if (monotonicMs() - openedAt >= GOOD_LIFE_MS) pauseMs = FIRST_PAUSE_MS;
    reopenLater(1);
  }

  function reopenLater(attempt: number): void {
    reopening = setTimeout(() => {
      reopening = null;
      reopen(attempt);
    }, pauseMs);
    pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
  }

  function reopen(attempt: number): void {
    try {
      const opened = openListener();
      for (const token of waiting) opened.drain(token);
    } catch (error) {
      if (!(error instanceof MpathdError)) throw error;
      if (attempt === 1) options.onFailure?.(error.failure);
      last = { ...last, scheduling: `ended (${error.failure.errno ?? error.failure.code})` };
      reopenLater(attempt + 1);
      return;
    }
    client?.(restarted());
  }

  function drain(token: number): void {
    if (client === null) throw refused('drain', device, 'it is not started');
    listener?.drain(token);
    waiting.push(token);
    if (listener === null) waiting = waiting.slice(-MOST_DRAINS);
  }

  function info(): ListenerInfo {
    return listener === null ? last : toInfo(listener);
  }

  /** `scheduling`: the text that info() shows from now on; null: as before. */
  function close(scheduling: string | null): void {
    if (listener === null) return;
    const ending = listener;
    listener = null;
    ending.stop();
    last = toInfo(ending);
    if (scheduling !== null) last.scheduling = scheduling;
  }

  function stop(): void {
    if (client === null) return;
    client = null;
    stopped = true;
    waiting = [];
    if (reopening !== null) clearTimeout(reopening);
    reopening = null;
    close(null);
  }

  return { start, drain, info, stop };
}

function open(
  addon: Pick<Addon, 'openUevents'>,
  options: UeventPortOptions,
  device: string,
  onBatch: (batch: NativeBatch) => void,
): NativeListener {
  const { source, onFailure: _, ...rest } = options;
  try {
    return addon.openUevents({ ...rest, group: GROUPS[source] }, onBatch);
  } catch (error) {
    const errno = errnoOf(error);
    const detail = error instanceof Error ? error.message : String(error);
    throw new MpathdError({
      code: errno === null ? 'REFUSED' : 'KERNEL_ERROR',
      operation: 'listen',
      device,
      errno,
      detail,
    });
  }
}

function errnoOf(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

function toInfo(listener: NativeListener): ListenerInfo {
  const info = listener.info();
  return {
    requestedBufferBytes: info.requestedBufferBytes,
    grantedBufferBytes: info.grantedBufferBytes,
    scheduling: info.scheduling,
    heartbeat: info.heartbeat,
    drops: info.drops,
  };
}

function notStarted(options: UeventPortOptions): ListenerInfo {
  return {
    requestedBufferBytes: options.bufferBytes,
    grantedBufferBytes: 0,
    scheduling: 'not started',
    heartbeat: 0,
    drops: 0,
  };
}

function restarted(): UeventBatch {
  return { events: [], losses: [{ cause: 'listener-restarted', count: 1 }], refused: 0, drained: [] };
}

function refused(operation: string, device: string, detail: string): MpathdError {
  return new MpathdError({ code: 'REFUSED', operation, device, errno: null, detail });
}
