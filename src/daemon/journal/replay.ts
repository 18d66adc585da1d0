/** Steps through a saved journal. Each step has the changes of an input in the tables, and its effects. */
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
  /** The stack of the exception that the engine threw at this input; null as a rule. */
  threw: string | null;
}

/** An engine in the state of the checkpoint. */
export interface Replay {
  /** The tables after the last step that `steps` gave. */
  tables: Tables;
  /** One step per input. Ends with null after a step at which the engine threw, if the journal has further inputs. */
  steps: Generator<ReplayedStep, End | null>;
}

/** The changes of the tables that the caller wants. To look for changes costs more than the steps. */
export interface Watch {
  /** No changes before this input. */
  from: number;
  interest: Interest;
}

const EVERYTHING: Watch = { from: 0, interest: () => true };

/** Throws an MpathdError if the checkpoint cannot be restored. */
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
      // If the daemon's engine threw, too, the journal ends with this input.
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

/** The digest of the tables after a step, to be compared with the digest at the end of the file. */
export function digestOfTables(tables: Tables): string {
  return digestOf(contentsOf(tables));
}

/** The lines of which the digest is made, a line of JSON per entry. */
export function linesOfTables(tables: Tables): string[] {
  return [...tableLines(contentsOf(tables))];
}
