/** The uevent port over the addon's listener: one socket of the kernel's or of udevd's group. */
import type { ListenerInfo, UeventPort } from './ports';
import type { Addon } from './native';
import { MpathdError } from '../model/failure';
import type { LossCause, Uevent, UeventBatch } from '../model/uevent';
import type { NativeBatch, NativeListener, NativeUevent } from '../../native/mpathd';

export interface UeventPortOptions {
  source: Uevent['source'];
  /** Asked of the kernel, which grants twice that or its own limit. */
  bufferBytes: number;
  /** SCHED_RR priority of the listener's thread, 0 for none. */
  realtimePriority: number;
  /** Events that may wait for JavaScript; beyond them events are lost, with notice. */
  queueLimit: number;
  /** Tests only: takes messages that a privileged process had the kernel send. */
  acceptInjected?: boolean;
}

/** The multicast groups of NETLINK_KOBJECT_UEVENT. */
const GROUPS = { kernel: 1, udev: 2 } as const;

const LOSSES: ReadonlyArray<[LossCause, (batch: NativeBatch) => number]> = [
  ['overrun', (batch) => batch.overruns],
  ['drops', (batch) => batch.dropped],
  ['truncated', (batch) => batch.truncated],
  ['malformed', (batch) => batch.malformed],
  ['queue-full', (batch) => batch.queueFull],
];

/**
 * A port that opens its socket at start() (which throws an {@link MpathdError} if it cannot) and
 * may be started again after stop(): what happened between is then reported as a loss.
 */
export function createUeventPort(
  addon: Pick<Addon, 'openUevents'>,
  options: UeventPortOptions,
): UeventPort {
  const device = `${options.source} uevents`;
  let listener: NativeListener | null = null;
  let last: ListenerInfo = notStarted(options);
  let stopped = false;

  function start(onBatch: (batch: UeventBatch) => void): void {
    if (listener !== null) throw refused('start', device, 'it is started already');
    const opened = open(addon, options, device, (batch) => {
      if (listener === opened) onBatch(toBatch(options.source, batch));
    });
    listener = opened;
    if (!stopped) return;
    setImmediate(() => {
      if (listener === opened) onBatch(restarted());
    });
  }

  function drain(token: number): void {
    if (listener === null) throw refused('drain', device, 'it is not started');
    listener.drain(token);
  }

  function info(): ListenerInfo {
    return listener === null ? last : toInfo(listener);
  }

  function stop(): void {
    if (listener === null) return;
    const ending = listener;
    listener = null;
    stopped = true;
    ending.stop();
    last = toInfo(ending);
  }

  return { start, drain, info, stop };
}

function open(
  addon: Pick<Addon, 'openUevents'>,
  options: UeventPortOptions,
  device: string,
  onBatch: (batch: NativeBatch) => void,
): NativeListener {
  const { source, ...rest } = options;
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

function toBatch(source: Uevent['source'], batch: NativeBatch): UeventBatch {
  return {
    events: batch.events.map((event) => toUevent(source, event)),
    losses: LOSSES.map(([cause, countOf]) => ({ cause, count: countOf(batch) })).filter(
      (loss) => loss.count > 0,
    ),
    refused: batch.refused,
    drained: batch.drained,
  };
}

function toUevent(source: Uevent['source'], event: NativeUevent): Uevent {
  return {
    source,
    action: event.action,
    devpath: event.devpath,
    subsystem: event.subsystem,
    devtype: event.devtype,
    // sysfs spelling: a `/` of the device name is a `!` here (cciss!c0d0).
    name: event.devpath.slice(event.devpath.lastIndexOf('/') + 1),
    devt: event.devt,
    diskseq: event.diskseq,
    seqnum: event.seqnum,
    synthUuid: event.synthUuid,
    env: toEnv(event.env),
  };
}

/** Without a prototype: a variable called `__proto__` is a variable like any other. */
function toEnv(flat: readonly string[]): Record<string, string> {
  const env = Object.create(null) as Record<string, string>;
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const key = flat[i];
    const value = flat[i + 1];
    if (key !== undefined && value !== undefined) env[key] = value;
  }
  return env;
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
