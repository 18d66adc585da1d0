/** Writes inputs as lines of a journal, and reads them. */
import type { Binding } from '../../config/bindings';
import type { Input } from '../../engine/protocol';

/**
 * Answers to orders of one batch share one list of bindings, which may hold thousands. The line of the first answer has
 * the list; the lines of the others have `true` in its place.
 */
type Shared = true;

/** Writes the inputs that follow one checkpoint. */
export interface InputWriter {
  /** The line in pieces; only a snapshot has more than one. */
  pieces(number: number, input: Input): Iterable<string>;
}

/** Length of a piece of a large snapshot. Between two pieces the daemon may do other work. */
const PIECE = 64 * 1024;

/** The snapshot of thousands of disks has tens of megabytes. */
function* snapshotPieces(number: number, input: Extract<Input, { type: 'snapshot' }>): Generator<string> {
  const { snapshot, ...fields } = input;
  const { maps, blocks, ...rest } = snapshot;
  yield `{"n":${number},${JSON.stringify(fields).slice(1, -1)},"snapshot":{${JSON.stringify(rest).slice(1, -1)},"maps":[`;
  yield* listPieces(maps);
  if (blocks.ok) {
    yield '],"blocks":{"ok":true,"value":[';
    yield* listPieces(blocks.value);
    yield ']}}}';
  } else {
    yield `],"blocks":${JSON.stringify(blocks)}}}`;
  }
}

/** The elements of a list, with their commas, in pieces. */
export function* listPieces(entries: readonly object[]): Generator<string> {
  let piece = '';
  for (const [at, entry] of entries.entries()) {
    piece += `${at === 0 ? '' : ','}${JSON.stringify(entry)}`;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}

export function createInputWriter(): InputWriter {
  let last: readonly Binding[] | null = null;

  const shareBindings = (input: Input): object => {
    if (input.type !== 'alias-bound' || !input.reading.ok) return input;
    const { alias, bindings } = input.reading.value;
    const seen = bindings === last;
    last = bindings;
    const value: { alias: string | null; bindings: readonly Binding[] | Shared } = {
      alias,
      bindings: seen ? true : bindings,
    };
    return { ...input, reading: { ok: true, value } };
  };

  return {
    pieces: (number, input) =>
      input.type === 'snapshot'
        ? snapshotPieces(number, input)
        : [`{"n":${number},${JSON.stringify(shareBindings(input)).slice(1)}`],
  };
}

/** Reads the lines in their order. */
export interface InputReader {
  /** Throws a RangeError if the line refers to a list that no earlier line has. */
  input(fields: Input): Input;
}

export function createInputReader(): InputReader {
  let last: Binding[] | null = null;
  return {
    input: (fields) => {
      if (fields.type !== 'alias-bound' || !fields.reading.ok) return fields;
      const { alias, bindings } = fields.reading.value as { alias: string | null; bindings: Binding[] | Shared };
      if (bindings !== true) last = bindings;
      if (last === null) throw new RangeError('it refers to a list of bindings that is not there');
      return { ...fields, reading: { ok: true, value: { alias, bindings: last } } };
    },
  };
}
