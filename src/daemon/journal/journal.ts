/** The journal: all inputs of the engine of late, and what they began from. */
import type { Checkpoint } from '../../engine/checkpoint';
import type { Engine } from '../../engine/engine';
import type { Input } from '../../engine/protocol';
import type { Recording } from './format';
import { createInputWriter } from './inputLines';
import { createRing } from './ring';

/** What the runtime tells of an engine's life. */
export interface Journal {
  /** Before the step: the input may be what ends the daemon. */
  record(input: Input): void;
  /** After the step. */
  stepped(): void;
  /** All that is held. It stays as it is while the journal goes on. */
  recording(): Recording;
  /** Length of all lines. */
  readonly bytes: number;
}

/** A journal that holds what it records in memory. */
export interface RingJournal extends Journal {
  /** What the lines take in memory, bytes. */
  readonly memory: number;
}

/** Other work gets its turn after so many ms of writing down a snapshot. */
const SLICE_MS = 5;

/** More inputs than this do not wait for it. */
const MAX_WAITING = 10_000;

/**
 * The journal of an engine from here on. `limit`: bytes of inputs; the checkpoints come on top.
 *
 * A snapshot of thousands of disks is written down little by little, and what comes meanwhile waits
 * for it: nobody changes it, since the engine copies what it takes from it.
 */
export function createJournal(engine: Engine, limit: number): RingJournal {
  const first = engine.checkpoint();
  const ring = createRing<Checkpoint>(first, limit);
  /** Lines in the making, in order; the first may have been begun. */
  const waiting: Array<Iterator<string>> = [];
  let writer = createInputWriter();
  let last = first.seq;
  let stepping = false;
  let scheduled = false;

  const write = (until: number): void => {
    for (let line = waiting[0]; line !== undefined; line = waiting[0]) {
      for (let piece = line.next(); piece.done !== true; piece = line.next()) {
        ring.append(piece.value);
        if (performance.now() >= until) return;
      }
      ring.endLine();
      waiting.shift();
    }
  };

  const goOn = (): void => {
    scheduled = false;
    write(performance.now() + SLICE_MS);
    schedule();
  };

  const schedule = (): void => {
    if (scheduled || waiting.length === 0) return;
    scheduled = true;
    setImmediate(goOn);
  };

  return {
    record: (input) => {
      last += 1;
      stepping = true;
      waiting.push(writer.pieces(last, input)[Symbol.iterator]());
      const inPieces = input.type === 'snapshot' || waiting.length > 1;
      if (!inPieces || waiting.length > MAX_WAITING) write(Infinity);
      else schedule();
    },
    stepped: () => {
      stepping = false;
      // A checkpoint follows all inputs that are in it.
      if (waiting.length > 0 || !ring.isDue()) return;
      ring.begin(engine.checkpoint());
      // A reader may begin at this checkpoint.
      writer = createInputWriter();
    },
    recording: () => {
      write(Infinity);
      const segments = ring.segments();
      return {
        checkpoint: segments[0]?.checkpoint ?? first,
        parts: segments.flatMap((segment) => segment.parts),
        inputs: segments.reduce((count, segment) => count + segment.lines, 0),
        last,
        now: stepping ? null : engine.checkpoint(),
      };
    },
    get bytes() {
      return ring.bytes;
    },
    get memory() {
      return ring.memory;
    },
  };
}
