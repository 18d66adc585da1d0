/** The uevent port over a simulated socket: a reader that drains it whenever it is readable. */
import type { ListenerInfo, UeventPort } from '../kernel/ports';
import type { LossCause, Uevent, UeventBatch } from '../model/uevent';
import type { Scheduler } from './scheduler';
import { createSeqnumGaps, PATIENCE_MS, type SeqnumGaps } from './seqnumGaps';
import { createUeventSocket, type UeventSocket } from './ueventSocket';

export interface ListenerOptions {
  /** SO_RCVBUF; the kernel doubles it. */
  bufferBytes: number;
  /** Time from "readable" to reading, ms. */
  readDelayMs: number;
  /** Most messages taken in one turn. */
  readLimit: number;
  /**
   * The reader's buffer for one message. 8 KiB is more than the kernel sends (UEVENT_BUFFER_SIZE,
   * include/linux/kobject.h).
   */
  messageBytes: number;
}

export interface Listener {
  port: UeventPort;
  /** The reader is away: nothing is read until {@link resume}. */
  pause(): void;
  resume(): void;
  paused(): boolean;
  /** From now on the reader's buffer is of this size: longer messages are cut. */
  setMessageBytes(bytes: number): void;
  /** The reader ends with its socket, and what was queued is gone; the port opens another one `ms` later. */
  die(ms: number): void;
  /** Null while there is none. */
  socket(): UeventSocket | null;
}

/** As the native listener filters: block devices, SCSI unit attentions, and fences. */
function ofInterest(event: Uevent): boolean {
  const fence = event.synthUuid !== null && event.synthUuid !== '0';
  return event.subsystem === 'block' || event.env['SDEV_UA'] !== undefined || fence;
}

interface Reader {
  socket: UeventSocket;
  scheduled: boolean;
  /** It will look for holes that have become old. */
  looking: boolean;
  reportedDrops: number;
  gaps: SeqnumGaps;
}

/** What outlives a reader. */
interface Client {
  onBatch: (batch: UeventBatch) => void;
  /** Drain requests that are not answered. */
  tokens: number[];
}

const empty = (): UeventBatch => ({ events: [], losses: [], refused: 0, drained: [] });

const isEmpty = (b: UeventBatch): boolean =>
  b.events.length + b.losses.length + b.drained.length === 0 && b.gap === undefined;

function noteLoss(reader: Reader, batch: UeventBatch, cause: LossCause, count: number): void {
  batch.losses.push({ cause, count });
  reader.gaps.forget();
}

/** The socket was read to its end. */
function finish(reader: Reader, client: Client, batch: UeventBatch, now: number): void {
  const drops = reader.socket.drops();
  if (drops > reader.reportedDrops) noteLoss(reader, batch, 'drops', drops - reader.reportedDrops);
  reader.reportedDrops = drops;
  const gap = reader.gaps.take(now);
  if (gap !== null) batch.gap = gap;
  batch.drained = client.tokens.map((token) => ({ token, drops }));
  client.tokens = [];
}

/** One turn: up to the limit, or to EAGAIN, which answers the drain requests. */
function readOnce(
  reader: Reader,
  client: Client,
  { readLimit, messageBytes }: ListenerOptions,
  now: number,
): { batch: UeventBatch; ended: boolean } {
  const batch = empty();
  for (let taken = 0; taken < readLimit; taken++) {
    const got = reader.socket.receive(messageBytes);
    if (got === 'EAGAIN') {
      finish(reader, client, batch, now);
      return { batch, ended: true };
    }
    if (got === 'ENOBUFS') {
      noteLoss(reader, batch, 'overrun', 1);
      continue;
    }
    if (got === 'MSG_TRUNC') {
      noteLoss(reader, batch, 'truncated', 1);
      continue;
    }
    // udevd passes on what it has worked on: no order of numbers there.
    if (got.source === 'kernel') reader.gaps.see(got.seqnum, now);
    if (ofInterest(got)) batch.events.push(got);
  }
  return { batch, ended: false };
}

/** `group` is the set of sockets that the sender delivers to. */
export function createListener(group: Set<UeventSocket>, scheduler: Scheduler, options: ListenerOptions): Listener {
  let client: Client | null = null;
  let reader: Reader | null = null;
  let paused = false;
  let heartbeat = 0;
  let { messageBytes } = options;

  const schedule = (mine: Reader): void => {
    if (mine.scheduled || paused || reader !== mine) return;
    mine.scheduled = true;
    scheduler.after(options.readDelayMs, () => read(mine));
  };
  const lookLater = (mine: Reader): void => {
    if (mine.looking || !mine.gaps.pending()) return;
    mine.looking = true;
    scheduler.after(PATIENCE_MS, () => {
      mine.looking = false;
      schedule(mine);
    });
  };
  const read = (mine: Reader): void => {
    mine.scheduled = false;
    if (paused || reader !== mine || client === null) return;
    heartbeat++;
    const { batch, ended } = readOnce(mine, client, { ...options, messageBytes }, scheduler.now());
    if (!ended) schedule(mine);
    lookLater(mine);
    if (!isEmpty(batch)) client.onBatch(batch);
  };
  const open = (): void => {
    const socket = createUeventSocket(options.bufferBytes);
    const mine: Reader = { socket, scheduled: false, looking: false, reportedDrops: 0, gaps: createSeqnumGaps() };
    socket.onReadable = () => schedule(mine);
    reader = mine;
    group.add(socket);
    if ((client?.tokens.length ?? 0) > 0) schedule(mine);
  };
  const close = (): void => {
    if (reader !== null) group.delete(reader.socket);
    reader = null;
  };

  const port: UeventPort = {
    start: (onBatch) => {
      if (client !== null) return;
      client = { onBatch, tokens: [] };
      open();
    },
    drain: (token) => {
      client?.tokens.push(token);
      if (reader !== null) schedule(reader);
    },
    info: (): ListenerInfo => ({
      requestedBufferBytes: options.bufferBytes,
      grantedBufferBytes: 2 * options.bufferBytes,
      scheduling: 'simulated',
      heartbeat,
      drops: reader?.socket.drops() ?? 0,
    }),
    stop: () => {
      close();
      client = null;
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
    setMessageBytes: (bytes) => {
      messageBytes = bytes;
    },
    die: (ms) => {
      const mine = client;
      close();
      scheduler.after(ms, () => {
        if (mine === null || client !== mine || reader !== null) return;
        open();
        mine.onBatch({ ...empty(), losses: [{ cause: 'listener-restarted', count: 1 }] });
      });
    },
    socket: () => reader?.socket ?? null,
  };
}
