import type { Machine } from './machine';

/** What is looked at, and what must or must not be found there (a regular expression). See guest/watch.py. */
export type Condition = ({ readonly ask: string } | { readonly run: readonly string[] } | { readonly file: string }) &
  ({ readonly has: string } | { readonly lacks: string });

/** An action: a text is written to a file of the kernel, or a program runs. */
export type Action = readonly ['write', file: string, text: string] | readonly ['run', ...program: string[]];

const WATCH_MS = 60_000;

/**
 * Does something, and returns for each condition the milliseconds until it first held. Throws if one did not hold, or
 * held already before. The figures are printed and are not for assertions, because the machine is slow and shared.
 */
export const measure = async <Label extends string>(
  machine: Machine,
  what: string,
  actions: readonly Action[],
  until: Readonly<Record<Label, Condition>>,
): Promise<Readonly<Record<Label, number>>> => {
  const order = { actions, until, timeout: WATCH_MS / 1000 };
  const output = await machine.ok('python3 /project/test/vm/guest/watch.py', {
    stdin: JSON.stringify(order),
    timeoutMs: 2 * WATCH_MS,
  });
  process.stdout.write(`${what}, ms: ${output}\n`);
  const figures = JSON.parse(output) as Record<Label, number | null>;
  const never = Object.entries(figures)
    .filter(([, ms]) => ms === null)
    .map(([label]) => label);
  if (never.length > 0) throw new Error(`${what}: never came true within ${WATCH_MS} ms: ${never.join(', ')}`);
  return figures as Record<Label, number>;
};
