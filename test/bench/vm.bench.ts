/**
 * mpathd beside the real multipathd on the same disks of the same guest, in one run. The figures are printed, not
 * asserted. Under emulation only the ratios have a meaning.
 */
import { machineForFile } from '../vm/machine';
import { writeConfig } from '../vm/daemon';
import { fastUdev, scsiDebug } from '../vm/topologies';

const machine = machineForFile({ needs: ['smp'] });
const LUNS = Number(process.env.BENCH_LUNS ?? 4);

type Figures = Record<string, number>;

async function measure(name: string, command: string): Promise<Figures> {
  const script = 'python3 /project/test/bench/measure.py';
  const stdout = await machine().ok(`${script} ${name} ${command}`, { timeoutMs: 280_000 });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Figures;
}

async function flush(): Promise<void> {
  await machine().ok('udevadm settle; dmsetup remove_all --retry; udevadm settle');
}

test('mpathd beside multipathd', async () => {
  await fastUdev(machine());
  await writeConfig(machine());
  await scsiDebug(machine(), { luns: LUNS, paths: 4 });
  const theirs = await measure('multipathd', 'multipathd -d');
  await flush();
  const ours = await measure('mpathd', 'node /project/dist/mpathd.js');
  const rows = Object.keys(ours).map((key) => {
    const [mine, other] = [ours[key] ?? 0, theirs[key]];
    const ratio = other === undefined || other === 0 ? '' : (mine / other).toFixed(2);
    return `${key.padEnd(42)} ${String(mine).padStart(9)} ${String(other ?? '-').padStart(12)} ${ratio.padStart(7)}`;
  });
  const heading = `${`${LUNS} LUNs by 4 paths, ms, medians`.padEnd(42)} ${'mpathd'.padStart(9)} ${'multipathd'.padStart(12)} ${'ratio'.padStart(7)}`;
  process.stdout.write(`\n${[heading, ...rows].join('\n')}\n\n`);
}, 600_000);
