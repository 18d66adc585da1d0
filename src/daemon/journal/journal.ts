/** The journal: the latest inputs of the engine, and the state before them. */
import type { Checkpoint } from '../../engine/checkpoint';
import type { Engine } from '../../engine/engine';
import type { Input } from '../../engine/protocol';
import type { Recording } from './format';
import { createInputWriter } from './inputLines';
import { createRing } from './ring';

/** The runtime reports each step of an engine to the journal. */
export interface Journal {
  /** Called before the step, because the input may end the daemon. */
  record(input: Input): void;
  /** Called after the step. */
  stepped(): void;
  /** The whole content. It does not change when the journal goes on. */
  recording(): Recording;
  /** Length of all lines. */
  readonly bytes: number;
}

/** A journal in memory. */
export interface RingJournal extends Journal {
  /** The memory that the lines take, bytes. */
  readonly memory: number;
}

/** After this time of writing down a snapshot, ms, the daemon does other work. */
const SLICE_MS = 5;

/** At most so many inputs wait for a snapshot in the making. */
const MAX_WAITING = 10_000;

/**
 * The journal of an engine from now on. `limit`: bytes of inputs, without the checkpoints.
 *
 * A snapshot of thousands of disks is written down in pieces, and later inputs wait for it. It does not change
 * meanwhile, because the engine copies the parts that it uses.
 */
export function createJournal(engine: Engine, limit: number): RingJournal {
  const first = engine.checkpoint();
  const ring = createRing<Checkpoint>(first, limit);
  /** Lines in the making, in order. The first line may be partly written. */
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
      // A checkpoint must come after all inputs that are in its state.
      if (waiting.length > 0 || !ring.isDue()) return;
      ring.begin(engine.checkpoint());
      // A reader may begin at this checkpoint, so no line may refer to a line before it.
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
