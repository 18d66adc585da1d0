/** Steps through a saved journal: what each input changed in the tables, and the effects that it had. */
import { resumeEngine, type Engine } from '../../engine/engine';
import type { Effect } from '../../engine/protocol';
import type { Tables } from '../../model/tables';
import { createLookout, type EntryChange, type Interest, type Lookout } from './changes';
import { digestOf, tableLines, type TableContents } from './digest';
import { malformed, type End } from './format';
import type { NumberedInput, ReadJournal } from './readFile';

export interface ReplayedStep {
  input: NumberedInput;
  changes: EntryChange[];
  effects: Effect[];
  /** The stack of what the engine threw at this input; null as a rule. */
  threw: string | null;
}

/** An engine in the state of the checkpoint. */
export interface Replay {
  /** As they are after the step that was given last. */
  tables: Tables;
  /** A step per input. Ends with null after a step at which the engine threw, if the journal goes on after it. */
  steps: Generator<ReplayedStep, End | null>;
}

/** What of the tables' changes is asked for. To look for them costs more than the steps. */
export interface Watch {
  /** None before this input. */
  from: number;
  interest: Interest;
}

const EVERYTHING: Watch = { from: 0, interest: () => true };

/** Throws an MpathdError if the checkpoint is none. */
export function createReplay(file: string, journal: ReadJournal, { from, interest }: Watch = EVERYTHING): Replay {
  const engine = orMalformed(file, 2, 'the checkpoint cannot be restored', () => resumeEngine(journal.checkpoint));
  let lookout: Lookout | null = null;

  function* steps(): Generator<ReplayedStep, End | null> {
    for (;;) {
      const read = journal.inputs.next();
      if (read.done === true) return read.value;
      const input = read.value;
      if (input.number >= from)
        lookout ??= orMalformed(file, 2, 'the checkpoint has spoilt tables', () =>
          createLookout(engine.tables, interest),
        );
      const outcome = taken(engine, input);
      const changes = orMalformed(
        file,
        input.line,
        `input ${input.number} spoils the tables`,
        () => lookout?.changes() ?? [],
      );
      yield { input, changes, ...outcome };
      if (outcome.threw === null) continue;
      // Where the daemon's engine threw, it ended, and so does the journal.
      const after = journal.inputs.next();
      return after.done === true ? after.value : null;
    }
  }

  return { tables: engine.tables, steps: steps() };
}

function taken(engine: Engine, { input }: NumberedInput): Pick<ReplayedStep, 'effects' | 'threw'> {
  try {
    return { effects: engine.step(input), threw: null };
  } catch (error) {
    return { effects: [], threw: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

function orMalformed<T>(file: string, line: number, what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw malformed(file, line, `${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const contentsOf = (tables: Tables): TableContents => ({
  paths: tables.paths.values(),
  maps: tables.maps.values(),
  truth: tables.truth,
  now: tables.now,
});

/** The tables' digest at a step, comparable with the one at the end of the file. */
export function digestOfTables(tables: Tables): string {
  return digestOf(contentsOf(tables));
}

/** The tables as they are digested, a line of JSON per entry. */
export function linesOfTables(tables: Tables): string[] {
  return [...tableLines(contentsOf(tables))];
}
