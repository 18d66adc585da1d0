import type { Machine } from './machine';
import { waitFor } from './machine';

/** The result of guest/looks.py. */
export interface Looks {
  readonly looks: number;
  /** Where and when the map was missing. */
  readonly missing: readonly string[];
  /** The errnos with which the daemon showed it as stale. */
  readonly stale: readonly string[];
  /** The smallest number of the map's paths that the daemon called usable. */
  readonly fewestUsable: number | null;
}

/**
 * Looks at a map in the kernel and in the daemon from outside, without a pause, until the returned function is called.
 */
export const lookForMap = async (machine: Machine, uuid: string): Promise<() => Promise<Looks>> => {
  const looking = await machine.start(`exec python3 /project/test/vm/guest/looks.py '${uuid}'`);
  return async () => {
    await looking.kill('TERM');
    const code = await waitFor(
      machine,
      'the looks to end',
      async () => (await looking.exitCode()) ?? undefined,
      90_000,
    );
    const output = await looking.log();
    if (code !== 0) throw new Error(`the looks ended with ${code}: ${output}`);
    return JSON.parse(output) as Looks;
  };
};
