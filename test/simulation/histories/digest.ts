/**
 * The digest of a history: of every effect, and of the tables after every few steps. If a change is to change nothing,
 * thousands of histories keep their digests.
 */
import { createHash } from 'node:crypto';
import type { Engine } from '../../../src/engine/engine';

/** The tables are large, so they are taken only after this number of steps. */
const PACE = 8;

/** Values without the names of their fields, so that a renamed field changes nothing. */
function valuesOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Map) return Array.from(value, ([key, entry]) => [valuesOf(key), valuesOf(entry)]);
  if (Array.isArray(value) || value instanceof Set) return Array.from(value as Iterable<unknown>, valuesOf);
  return Object.values(value).map((entry) => (typeof entry === 'function' ? null : valuesOf(entry)));
}

export interface Digest {
  /** Takes in every later step of the engine. Each start of the daemon brings another engine. */
  follow(engine: Engine): void;
  /** The digest of everything so far. */
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
