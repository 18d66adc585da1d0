/**
 * Stands for fast-check in jest. Property tests try the same cases in every run, so that a change is judged by itself.
 * `SEED=random npx jest` tries others; a failure prints its seed. It is no setup file: each test file would load
 * fast-check then, and four of five have no property.
 */
import fc from '../node_modules/fast-check/lib/cjs/fast-check.js';

const { SEED } = process.env;
if (SEED !== 'random') fc.configureGlobal({ seed: Number(SEED ?? 20_261_123) });

export * from '../node_modules/fast-check/lib/cjs/fast-check.js';
export default fc;
