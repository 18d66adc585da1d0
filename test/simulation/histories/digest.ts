/**
 * A history's digest: of every effect, and of the tables after every few steps. A change of the house only, which is to
 * change nothing else, leaves the digests of thousands of histories as they are.
 */
import { createHash } from 'node:crypto';
import type { Engine } from '../../../src/engine/engine';

/** The tables are large: how many steps go by between two looks at them. */
const PACE = 8;

/** Values without the names of their fields: a field that is only renamed is the same. */
function valuesOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Map) return Array.from(value, ([key, entry]) => [valuesOf(key), valuesOf(entry)]);
  if (Array.isArray(value) || value instanceof Set) return Array.from(value as Iterable<unknown>, valuesOf);
  return Object.values(value).map((entry) => (typeof entry === 'function' ? null : valuesOf(entry)));
}

export interface Digest {
  /** Takes in every step of the engine from now on; each start of the daemon brings another one. */
  follow(engine: Engine): void;
  /** Of all until now. */
  text(): string;
}

export function createDigest(): Digest {
  const hash = createHash('sha256');
  let steps = 0;
  const take = (value: unknown): void => void hash.update(JSON.stringify(valuesOf(value)));
  return {
    follow: (engine) => {
      const step = engine.step;
      engine.step = (input) => {
        const effects = step(input);
        take(effects);
        steps += 1;
        const { paths, maps, truth } = engine.tables;
        if (steps % PACE === 0) take([paths, maps, truth]);
        return effects;
      };
    },
    text: () => `${steps} ${hash.copy().digest('hex')}`,
  };
}
