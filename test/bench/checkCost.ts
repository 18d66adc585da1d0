/**
 * Runs in the guest of identity.bench.ts: checks of one disk with and without the question which LUN it is, by turns.
 * Prints µs per check, elapsed and CPU of all threads, as JSON.
 */
import { createBlockPort } from '../../src/kernel/blocks';
import { loadAddon } from '../../src/kernel/native';
import type { IdentityCopy } from '../../src/model/facts';
import { identityCopyOf } from '../../src/policy/compareLuns';

const ROUNDS = 20;
const CHECKS = 100;

async function main(name: string, addon: string): Promise<void> {
  const now = (): number => performance.now();
  const port = createBlockPort({ addon: loadAddon(addon), now, used: () => new Set() });
  const disk = await port.read(name);
  if (!disk.ok) throw new Error(JSON.stringify(disk.failure));
  const { devt, diskseq } = disk.value;
  const copy = identityCopyOf(disk.value);
  if (copy === null) throw new Error(`${name} has no identity`);

  const round = async (identity: IdentityCopy | null): Promise<readonly [wall: number, cpu: number]> => {
    const [began, before] = [now(), process.cpuUsage()];
    for (let n = 0; n < CHECKS; n++) {
      const { state } = await port.check({ name, devt, diskseq, method: 'tur', identity, timeoutMs: 30_000 });
      if (state !== 'up') throw new Error(`${name} is ${state}`);
    }
    const { user, system } = process.cpuUsage(before);
    return [((now() - began) * 1_000) / CHECKS, (user + system) / CHECKS];
  };
  const median = (values: number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
  const found = { without: [] as Array<readonly [number, number]>, with: [] as Array<readonly [number, number]> };
  for (let n = 0; n < ROUNDS; n++) {
    found.without.push(await round(null));
    found.with.push(await round(copy));
  }
  const figures = (rounds: Array<readonly [number, number]>): [number, number] => [
    median(rounds.map(([wall]) => wall)),
    median(rounds.map(([, cpu]) => cpu)),
  ];
  console.log(JSON.stringify({ without: figures(found.without), with: figures(found.with) }));
}

void main(process.argv[2] ?? '', process.argv[3] ?? '');
