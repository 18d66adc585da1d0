/**
 * Property tests try the same cases in every run, so that a change is judged by itself.
 * `SEED=random npx jest` tries others; a failure prints its seed.
 */
import fc from 'fast-check';

const { SEED } = process.env;
if (SEED !== 'random') fc.configureGlobal({ seed: Number(SEED ?? 20_261_123) });
