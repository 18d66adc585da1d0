import { readFileSync } from 'fs';
import { join } from 'path';
import { createSeqnumGaps, type SeqnumGaps } from '../../src/simulator/seqnumGaps';

interface VectorCase {
  title: string;
  lines: string[];
}

/** test/native/uevent_gaps_test.cc tests the native watcher with the same file. */
const CASES = readFileSync(join(__dirname, '..', 'vectors', 'seqnumGaps.txt'), 'utf8')
  .split(/^case /m)
  .slice(1)
  .map((text): VectorCase => {
    const [title = '', ...lines] = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return { title, lines };
  });

function told(gaps: SeqnumGaps, now: number): string {
  const gap = gaps.take(now);
  return gap === null ? 'none' : `${gap.count} ${gap.from} ${gap.to}`;
}

function play(gaps: SeqnumGaps, line: string): void {
  const [verb, what = '', ...more] = line.split(' ');
  if (verb === 'forget') return gaps.forget();
  if (verb === 'take') return expect([line, told(gaps, Number(what))]).toEqual([line, more.join(' ')]);
  if (verb !== 'see') throw new Error(`no such step: ${line}`);
  const [first, last = first] = what.split('-').map(Number);
  for (let n = first as number; n <= (last as number); n++) gaps.see(n, Number(more[0]));
}

it('has vectors', () => expect(CASES.length).toBeGreaterThan(15));

it.each(CASES)('$title', ({ lines }) => {
  const gaps = createSeqnumGaps();
  for (const line of lines) play(gaps, line);
  expect(lines.some((line) => line.startsWith('take'))).toBe(true);
});

it('keeps 128 holes; of more holes the oldest are reported early, and none is forgotten', () => {
  const gaps = createSeqnumGaps();
  for (let n = 0; n <= 3 * 128; n++) gaps.see(1 + 2 * n, 0);
  expect(told(gaps, 0)).toBe('256 2 512');
  expect(told(gaps, 1_000)).toBe('128 514 768');
  expect(gaps.pending()).toBe(false);
});
