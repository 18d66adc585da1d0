/** The uevent port over a simulated socket: a reader that drains it whenever it is readable. */
import type { ListenerInfo, UeventPort } from '../kernel/ports';
import type { Uevent, UeventBatch } from '../model/uevent';
import type { Scheduler } from './scheduler';
import { createUeventSocket, type UeventSocket } from './ueventSocket';

export interface ListenerOptions {
  /** SO_RCVBUF; the kernel doubles it. */
  bufferBytes: number;
  /** Time from "readable" to reading, ms. */
  readDelayMs: number;
  /** Most messages taken in one turn. */
  readLimit: number;
}

export interface Listener {
  port: UeventPort;
  /** The reader is away: nothing is read until {@link resume}. */
  pause(): void;
  resume(): void;
  paused(): boolean;
  /** Null while the port is not started. */
  socket(): UeventSocket | null;
}

/** As the native listener filters: block devices, SCSI unit attentions, and fences. */
function ofInterest(event: Uevent): boolean {
  const fence = event.synthUuid !== null && event.synthUuid !== '0';
  return event.subsystem === 'block' || event.env['SDEV_UA'] !== undefined || fence;
}

interface Reader {
  socket: UeventSocket;
  onBatch: (batch: UeventBatch) => void;
  tokens: number[];
  scheduled: boolean;
  reportedDrops: number;
}

/** One turn: up to the limit, or to EAGAIN, which answers the drain requests. */
function readOnce(reader: Reader, limit: number): { batch: UeventBatch; empty: boolean } {
  const batch: UeventBatch = { events: [], losses: [], refused: 0, drained: [] };
  for (let taken = 0; taken < limit; taken++) {
    const got = reader.socket.receive();
    if (got === 'ENOBUFS') {
      batch.losses.push({ cause: 'overrun', count: 1 });
    } else if (got !== 'EAGAIN') {
      if (ofInterest(got)) batch.events.push(got);
    } else {
      const drops = reader.socket.drops();
      if (drops > reader.reportedDrops) batch.losses.push({ cause: 'drops', count: drops - reader.reportedDrops });
      reader.reportedDrops = drops;
      batch.drained = reader.tokens.map((token) => ({ token, drops }));
      reader.tokens = [];
      return { batch, empty: true };
    }
  }
  return { batch, empty: false };
}

const isEmpty = (b: UeventBatch): boolean => b.events.length + b.losses.length + b.drained.length === 0;

/** `group` is the set of sockets that the sender delivers to. */
export function createListener(group: Set<UeventSocket>, scheduler: Scheduler, options: ListenerOptions): Listener {
  let reader: Reader | null = null;
  let paused = false;
  let heartbeat = 0;

  const schedule = (mine: Reader): void => {
    if (mine.scheduled || paused || reader !== mine) return;
    mine.scheduled = true;
    scheduler.after(options.readDelayMs, () => read(mine));
  };
  const read = (mine: Reader): void => {
    mine.scheduled = false;
    if (paused || reader !== mine) return;
    heartbeat++;
    const { batch, empty } = readOnce(mine, options.readLimit);
    if (!empty) schedule(mine);
    if (!isEmpty(batch)) mine.onBatch(batch);
  };

  const port: UeventPort = {
    start: (onBatch) => {
      if (reader !== null) return;
      const socket = createUeventSocket(options.bufferBytes);
      const mine: Reader = { socket, onBatch, tokens: [], scheduled: false, reportedDrops: 0 };
      socket.onReadable = () => schedule(mine);
      reader = mine;
      group.add(socket);
    },
    drain: (token) => {
      if (reader === null) return;
      reader.tokens.push(token);
      schedule(reader);
    },
    info: (): ListenerInfo => ({
      requestedBufferBytes: options.bufferBytes,
      grantedBufferBytes: 2 * options.bufferBytes,
      scheduling: 'simulated',
      heartbeat,
      drops: reader?.socket.drops() ?? 0,
    }),
    stop: () => {
      if (reader !== null) group.delete(reader.socket);
      reader = null;
    },
  };
  return {
    port,
    pause: () => {
      paused = true;
    },
    resume: () => {
      paused = false;
      if (reader !== null) schedule(reader);
    },
    paused: () => paused,
    socket: () => reader?.socket ?? null,
  };
}
