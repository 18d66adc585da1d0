/** Inputs as lines of a journal and back. */
import type { Binding } from '../../config/bindings';
import type { Input } from '../../engine/protocol';

/**
 * Answers to orders made together share one list of bindings, which may hold thousands: it is
 * written with the first of them, the others say `true` in its place.
 */
type Shared = true;

/** Writes the inputs that follow one checkpoint. */
export interface InputWriter {
  line(number: number, input: Input): string;
}

export function createInputWriter(): InputWriter {
  let last: readonly Binding[] | null = null;

  const shareBindings = (input: Input): object => {
    if (input.type !== 'alias-bound' || !input.reading.ok) return input;
    const { alias, bindings } = input.reading.value;
    const seen = bindings === last;
    last = bindings;
    const value: { alias: string | null; bindings: readonly Binding[] | Shared } = { alias, bindings: seen ? true : bindings };
    return { ...input, reading: { ok: true, value } };
  };

  return { line: (number, input) => `{"n":${number},${JSON.stringify(shareBindings(input)).slice(1)}` };
}

/** Reads them in turn. */
export interface InputReader {
  /** Throws a RangeError if what the line refers to is not there. */
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
