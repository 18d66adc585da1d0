/** Journals of simulated daemons, and the contents of saved journals. */
import {
  FORMAT,
  FORMAT_VERSION,
  fileText,
  type End,
  type Header,
  type Recording,
} from '../../../src/daemon/journal/format';
import { createJournal, type Journal } from '../../../src/daemon/journal/journal';
import { digestOf } from '../../../src/daemon/journal/digest';
import { linesOf } from '../../../src/daemon/journal/lines';
import { readJournal, type NumberedInput, type ReadJournal } from '../../../src/daemon/journal/readFile';
import { createReplay, digestOfTables } from '../../../src/daemon/journal/replay';
import type { Engine } from '../../../src/engine/engine';
import type { Effect } from '../../../src/engine/protocol';
import { createRandom } from '../../../src/simulator/random';
import { addSan, createRig, type Rig } from '../../simulation/rig';
import { FLAKY, happen } from '../../simulation/recorded';

export const HEADER: Header = {
  format: FORMAT,
  version: FORMAT_VERSION,
  daemon: '1.2.3',
  pid: 7,
  savedAt: '2026-01-02T03:04:05.678Z',
  at: 1_000,
  reason: 'asked',
  detail: null,
};

export interface Machine {
  rig: Rig;
  /** The engine of the running daemon. */
  engine(): Engine;
  journal(): Journal;
  /** All effects of the engine since its start, as JSON, one line for each input. */
  effects(): string[];
}

/** A daemon with a journal of `limit` bytes on an unreliable machine. */
export async function machine(seed: number, limit: number, actions = 0): Promise<Machine> {
  let engine: Engine | null = null;
  let effects: string[] = [];
  const rig = createRig({
    simulator: { seed, ...FLAKY },
    journal: (of) => {
      engine = watched(of, (effects = []));
      return createJournal(of, limit);
    },
  });
  addSan(rig, 2, 2);
  await rig.runtime.start();
  await happen(rig, createRandom(seed), actions);
  return {
    rig,
    engine: () => there(engine),
    journal: () => there(rig.runtime.journal),
    effects: () => effects,
  };
}

function there<T>(value: T | null): T {
  if (value === null) throw new Error('no journal was asked for');
  return value;
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value))
    Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

function watched(engine: Engine, effects: string[]): Engine {
  const step = engine.step;
  engine.step = (input) => {
    // A snapshot is written down later. A change of the snapshot, or of any input, would change the record.
    const given: Effect[] = step(frozen(input));
    effects.push(JSON.stringify(given));
    return given;
  };
  return engine;
}

/** The journal as the text of a file. */
export function textOf(recording: Recording, header = HEADER): Buffer {
  const digest = recording.now === null ? null : digestOf(recording.now);
  return Buffer.concat([...fileText(header, recording, digest)].map((piece) => Buffer.from(piece)));
}

export interface Whole extends Omit<ReadJournal, 'inputs'> {
  inputs: NumberedInput[];
  end: End;
}

/** A whole journal at once. Throws what its reading throws. */
export function readWhole(text: Buffer, file = 'F'): Whole {
  const { header, checkpoint, inputs } = readJournal(file, linesOf(file, [text]));
  const all: NumberedInput[] = [];
  for (let next = inputs.next(); ; next = inputs.next()) {
    if (next.done === true) return { header, checkpoint, inputs: all, end: next.value };
    all.push(next.value);
  }
}

export interface Replayed {
  digest: string;
  /** As JSON, one line for each input. */
  effects: string[];
  threw: string[];
}

/** Steps through a whole journal. */
export function replayed(text: Buffer): Replayed {
  const { tables, steps } = createReplay('F', readJournal('F', linesOf('F', [text])));
  const effects: string[] = [];
  const threw: string[] = [];
  for (const step of steps) {
    effects.push(JSON.stringify(step.effects));
    if (step.threw !== null) threw.push(step.threw);
  }
  return { digest: digestOfTables(tables), effects, threw };
}
