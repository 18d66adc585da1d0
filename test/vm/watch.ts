import type { Machine } from './machine';

/** What is looked at, and what must be found or not found there (a regular expression), see guest/watch.py. */
export type Condition = ({ readonly ask: string } | { readonly run: readonly string[] } | { readonly file: string }) &
  ({ readonly has: string } | { readonly lacks: string });

const WATCH_MS = 60_000;

/**
 * Writes to files of the kernel and gives for each condition the milliseconds until it held; throws if
 * one did not. The figures are printed, and are not for assertions: the machine is slow, and shared.
 */
export const measure = async <Label extends string>(
  machine: Machine,
  what: string,
  writes: readonly (readonly [file: string, text: string])[],
  until: Readonly<Record<Label, Condition>>,
): Promise<Readonly<Record<Label, number>>> => {
  const order = { writes, until, timeout: WATCH_MS / 1000 };
  const output = await machine.ok('python3 /project/test/vm/guest/watch.py', {
    stdin: JSON.stringify(order),
    timeoutMs: 2 * WATCH_MS,
  });
  process.stdout.write(`${what}, ms: ${output}\n`);
  const figures = JSON.parse(output) as Record<Label, number | null>;
  const never = Object.entries(figures).filter(([, ms]) => ms === null).map(([label]) => label);
  if (never.length > 0) throw new Error(`${what}: never came true within ${WATCH_MS} ms: ${never.join(', ')}`);
  return figures as Record<Label, number>;
};
