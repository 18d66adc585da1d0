/** The uevent port over a simulated socket: a reader that empties the socket whenever it is readable. */
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
  /** The largest number of messages in one turn. */
  readLimit: number;
  /**
   * The size of the reader's buffer for one message. The kernel's messages are shorter than 8 KiB (UEVENT_BUFFER_SIZE,
   * include/linux/kobject.h).
   */
  messageBytes: number;
}

export interface Listener {
  port: UeventPort;
  /** The reader reads nothing until {@link resume}. */
  pause(): void;
  resume(): void;
  paused(): boolean;
  /** Sets the size of the reader's buffer. Longer messages are cut from now on. */
  setMessageBytes(bytes: number): void;
  /** The reader ends with its socket, and the queued messages are gone. The port opens another socket `ms` later. */
  die(ms: number): void;
  /** The socket; null while there is none. */
  socket(): UeventSocket | null;
}

/** Filters events like the native listener: block devices, SCSI unit attentions, and fences. */
function ofInterest(event: Uevent): boolean {
  const fence = event.synthUuid !== null && event.synthUuid !== '0';
  return event.subsystem === 'block' || event.env['SDEV_UA'] !== undefined || fence;
}

interface Reader {
  socket: UeventSocket;
  scheduled: boolean;
  /** True if the reader will look again for holes that have become old. */
  looking: boolean;
  reportedDrops: number;
  gaps: SeqnumGaps;
}

/** The state that outlives a reader. */
interface Client {
  onBatch: (batch: UeventBatch) => void;
  /** The tokens of unanswered drain requests. */
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

/** One turn of the reader: it reads up to the limit, or to EAGAIN. EAGAIN answers the drain requests. */
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
    // udevd sends an event when it has finished with it, so its events are not in the order of their numbers.
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
