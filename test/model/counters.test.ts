import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { COUNTERS, zeroCounters } from '../../src/model/counters';

const MANUAL = readFileSync(join(__dirname, '..', '..', 'docs', 'operations.md'), 'utf8');

test.each(Object.values(COUNTERS))('docs/operations.md has a line for $label, in these words', ({ label, counts }) => {
  expect(MANUAL).toContain(`| \`${label}\` | ${counts} |`);
});

test('no two have one label', () => {
  expect(new Set(Object.values(COUNTERS).map(({ label }) => label)).size).toBe(Object.keys(COUNTERS).length);
});

test('each begins with 0, and for each engine anew', () => {
  const counters = zeroCounters();
  expect(Object.keys(counters)).toEqual(Object.keys(COUNTERS));
  expect(new Set(Object.values(counters))).toEqual(new Set([0]));
  counters.silentMisses += 1;
  expect(zeroCounters().silentMisses).toBe(0);
});
