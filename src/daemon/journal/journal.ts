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
  readonly bytes: number;
}

/** The journal of an engine from here on. `limit`: bytes of inputs; the checkpoints come on top. */
export function createJournal(engine: Engine, limit: number): Journal {
  const first = engine.checkpoint();
  const ring = createRing<Checkpoint>(first, limit);
  let writer = createInputWriter();
  let last = first.seq;
  let stepping = false;

  return {
    record: (input) => {
      last += 1;
      stepping = true;
      ring.append(writer.line(last, input));
    },
    stepped: () => {
      stepping = false;
      if (!ring.isDue()) return;
      ring.begin(engine.checkpoint());
      // A reader may begin at this checkpoint.
      writer = createInputWriter();
    },
    recording: () => {
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
  };
}
