/** Changes inputs at random. The same seed gives the same inputs. */

/** Numbers below a bound. */
export type Random = (bound: number) => number;

/** mulberry32: small, fast, and good enough to spread inputs. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % Math.max(1, bound);
  };
}

/** Mutations do not let an input grow beyond this. */
const LARGEST = 900_000;

const EDGES = [0, 1, 9, 10, 13, 27, 32, 34, 35, 47, 48, 57, 61, 64, 92, 123, 125, 127, 128, 194, 237, 255];

function splice(input: Buffer, at: number, removed: number, inserted: Uint8Array): Buffer {
  return Buffer.concat([input.subarray(0, at), inserted, input.subarray(Math.min(input.length, at + removed))]);
}

/** One change of bytes, tokens or lines. */
function mutateOnce(input: Buffer, random: Random, tokens: readonly string[], seeds: readonly Buffer[]): Buffer {
  const at = random(input.length + 1);
  const length = random(32);
  const piece = input.subarray(at, at + 1 + random(64));
  switch (random(11)) {
    case 0: {
      const copy = Buffer.from(input);
      if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ (1 << random(8));
      return copy;
    }
    case 1:
      return splice(input, at, 1, Buffer.from([EDGES[random(EDGES.length)] ?? 0]));
    case 2:
      return input.subarray(0, at);
    case 3:
      return splice(input, at, length, Buffer.alloc(0));
    case 4:
      return splice(input, at, 0, Buffer.from(Array.from({ length }, () => random(256))));
    case 5:
    case 6:
      return splice(input, at, random(2) * length, Buffer.from(tokens[random(tokens.length)] ?? ''));
    case 7: {
      const other = seeds[random(seeds.length)] ?? input;
      const from = random(other.length);
      return splice(input, at, 0, other.subarray(from, from + 1 + random(400)));
    }
    case 8:
      return splice(input, at, 0, piece);
    case 9: {
      // Most inputs stay small, so that many are tried; some grow large.
      const times = random(20) === 0 ? random(10_000) : random(20);
      return splice(input, at, 0, Buffer.alloc(piece.length * times, piece.length === 0 ? 0 : piece));
    }
    default: {
      const number = [0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff][random(6)] ?? 0;
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(number);
      return splice(input, at, 4, random(2) === 0 ? bytes : Buffer.from(String(number)));
    }
  }
}

/** The input that belongs to a seed. */
export function inputOf(seed: number, tokens: readonly string[], seeds: readonly Buffer[]): Buffer {
  const random = createRandom(seed);
  let input: Buffer = seeds[random(seeds.length)] ?? Buffer.alloc(0);
  for (let changes = 1 + random(8); changes > 0; changes--) input = mutateOnce(input, random, tokens, seeds);
  return input.subarray(0, LARGEST);
}
