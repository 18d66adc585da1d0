/** Steps through a saved journal: what each input changed in the tables, and the effects that it had. */
import { resumeEngine } from '../../engine/engine';
import type { Effect } from '../../engine/protocol';
import type { Tables } from '../../model/tables';
import { createLookout, type EntryChange } from './changes';
import { digestOf } from './digest';
import { malformed } from './format';
import type { NumberedInput, ReadJournal } from './readFile';

export interface ReplayedStep {
  input: NumberedInput;
  changes: EntryChange[];
  effects: Effect[];
  tables: Tables;
}

/** Yields a step per input. */
export function* replay(file: string, journal: ReadJournal): Generator<ReplayedStep, void> {
  const engine = orMalformed(file, 2, 'the checkpoint cannot be restored', () => resumeEngine(journal.checkpoint));
  const seen = createLookout(engine.tables);
  for (const input of journal.inputs) {
    const effects = orMalformed(file, input.line, `input ${input.number} ended the engine`, () => engine.step(input.input));
    yield { input, changes: seen.changes(), effects, tables: engine.tables };
  }
}

function orMalformed<T>(file: string, line: number, what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw malformed(file, line, `${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The tables' digest at a step, comparable with the one at the end of the file. */
export function digestOfTables(tables: Tables): string {
  return digestOf({ paths: tables.paths.values(), maps: tables.maps.values(), truth: tables.truth, now: tables.now });
}
