/** What is fuzzed: one parser each, with inputs to start from and what must hold for every input. */

export interface FuzzTarget {
  name: string;
  /** Well-formed and nearly well-formed inputs. */
  seeds(): Buffer[] | Promise<Buffer[]>;
  /** Pieces of the parser's language. */
  tokens: readonly string[];
  /** Parses the input, and throws if something does not hold. The typed errors of the parser are caught here. */
  check(input: Buffer): void;
  /** Inputs of about `bytes` bytes that could take long: long repeats, deep levels. */
  worst(bytes: number): Buffer[];
}

/** Throws unless the condition holds. */
export function require(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

/** Throws unless both have the same JSON form. */
export function requireEqual(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: ${a?.slice(0, 300)} is not ${b?.slice(0, 300)}`);
}

/** Runs a parser that may throw errors of this class, and no others. */
export function allowing<T>(typed: abstract new (...args: never[]) => Error, parse: () => T): T | null {
  try {
    return parse();
  } catch (error) {
    if (error instanceof typed) return null;
    throw error;
  }
}

/** Each token repeated to `bytes` bytes, alone, and between a beginning and an end. */
export function repeats(bytes: number, tokens: readonly string[], before = '', after = ''): Buffer[] {
  return tokens.map((token) =>
    Buffer.from(before + token.repeat(Math.ceil(bytes / Math.max(1, token.length))) + after),
  );
}
