/** A udevd: it reads the kernel's events, writes its record after some time, and sends the event on. */
import type { Uevent } from '../model/uevent';
import { messageBytes } from './eventText';
import type { Kernel } from './kernel';
import { createUeventSocket, type UeventSocket } from './ueventSocket';
import { udevRecordFor } from './udevRules';

export interface UdevOptions {
  /** How long the rules take for one event, ms. Events of one device wait for each other. */
  delayMs: number;
  /** SO_RCVBUF of udevd's own socket. */
  bufferBytes: number;
}

export interface Udev {
  /** Sockets on the udev group. */
  readonly listeners: Set<UeventSocket>;
  /** SIGSTOP to udevd and its workers: events wait in its socket. */
  stop(): void;
  continue(): void;
  /** udevd dies: its socket and the events in work are gone. */
  kill(): void;
  start(): void;
  state(): 'running' | 'stopped' | 'dead';
  setDelay(ms: number): void;
  /**
   * The probability that a worker is killed while it works on an event: then it writes no record and sends no event.
   */
  setLoss(probability: number): void;
}

interface Daemon {
  socket: UeventSocket;
  scheduled: boolean;
  /** Events whose rules were done while the daemon was stopped. */
  held: Uevent[];
  /** For each device the time at which its last event in work is done. */
  busyUntil: Map<string, number>;
}

function writeRecord(kernel: Kernel, event: Uevent): Record<string, string> {
  const { udevDatabase } = kernel.world;
  if (event.devt === null) return {};
  if (event.action === 'remove') {
    const last = udevDatabase.get(event.devt);
    udevDatabase.delete(event.devt);
    return last?.properties ?? {};
  }
  const record = udevRecordFor(kernel.world, event, udevDatabase.get(event.devt));
  if (record === null) return {};
  udevDatabase.set(event.devt, record);
  return record.properties;
}

/** udevd's message: the kernel's variables, then its own; DEVNAME is a full path in it. */
function passedOn(event: Uevent, properties: Record<string, string>): Uevent {
  const env = { ...event.env, ...properties };
  if (event.env['DEVNAME'] !== undefined) env['DEVNAME'] = `/dev/${event.env['DEVNAME']}`;
  return { ...event, source: 'udev', env };
}

/**
 * udevd lets an event wait for an earlier event of the same device number, even if that was another disk
 * (udev-manager.c, event_is_blocked).
 */
const deviceOf = (event: Uevent): string => event.devt ?? event.devpath;

/** struct udev_monitor_netlink_header before the properties. */
const HEADER_BYTES = 40;

/** Makes a running udevd. */
export function createUdev(kernel: Kernel, options: UdevOptions): Udev {
  const listeners = new Set<UeventSocket>();
  let state: 'running' | 'stopped' | 'dead' = 'dead';
  let daemon: Daemon | null = null;
  let delayMs = options.delayMs;
  let loss = 0;

  const finish = (mine: Daemon, event: Uevent): void => {
    if (daemon !== mine) return;
    if (state === 'stopped') return void mine.held.push(event);
    const device = deviceOf(event);
    const until = mine.busyUntil.get(device);
    if (until !== undefined && until <= kernel.scheduler.now()) mine.busyUntil.delete(device);
    if (kernel.random.chance(loss)) return;
    const message = passedOn(event, writeRecord(kernel, event));
    const bytes = HEADER_BYTES + messageBytes(message);
    for (const socket of listeners) socket.deliver(message, bytes);
  };
  const read = (mine: Daemon): void => {
    mine.scheduled = false;
    if (daemon !== mine || state !== 'running') return;
    const now = kernel.scheduler.now();
    for (let got = mine.socket.receive(); got !== 'EAGAIN'; got = mine.socket.receive()) {
      // udevd ignores an overrun (device-monitor.c logs it at debug level and goes on).
      if (got === 'ENOBUFS' || got === 'MSG_TRUNC') continue;
      const event = got;
      const done = Math.max(now, mine.busyUntil.get(deviceOf(event)) ?? now) + delayMs;
      mine.busyUntil.set(deviceOf(event), done);
      kernel.scheduler.after(done - now, () => finish(mine, event));
    }
  };
  const schedule = (mine: Daemon): void => {
    if (mine.scheduled || state !== 'running' || daemon !== mine) return;
    mine.scheduled = true;
    kernel.scheduler.after(0, () => read(mine));
  };
  const start = (): void => {
    if (daemon !== null) return;
    const mine: Daemon = {
      socket: createUeventSocket(options.bufferBytes),
      scheduled: false,
      held: [],
      busyUntil: new Map(),
    };
    mine.socket.onReadable = () => schedule(mine);
    kernel.sockets.add(mine.socket);
    daemon = mine;
    state = 'running';
  };
  start();
  return {
    listeners,
    state: () => state,
    start,
    stop: () => {
      if (state === 'running') state = 'stopped';
    },
    continue: () => {
      if (state !== 'stopped' || daemon === null) return;
      state = 'running';
      const held = daemon.held;
      daemon.held = [];
      for (const event of held) finish(daemon, event);
      schedule(daemon);
    },
    kill: () => {
      if (daemon !== null) kernel.sockets.delete(daemon.socket);
      daemon = null;
      state = 'dead';
    },
    setDelay: (ms) => {
      delayMs = ms;
    },
    setLoss: (probability) => {
      loss = probability;
    },
  };
}
