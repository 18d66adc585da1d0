/**
 * What it costs to ask a disk with each check which LUN it is, on both machines: mpathd's checks with and without the
 * question, beside a bare loop of SG_IO. Only the ratios have a meaning.
 */
import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { writeConfig } from '../vm/daemon';
import { bootMachine, type Machine } from '../vm/machine';
import { fastUdev, iscsi, iscsiDisk, scsiDebug } from '../vm/topologies';

const ROOT = resolve(__dirname, '..', '..');

interface Figures {
  /** µs per check: elapsed, CPU. */
  without: [number, number];
  with: [number, number];
}

function prepare(machine: Machine): void {
  const esbuild = join(ROOT, 'node_modules', '.bin', 'esbuild');
  const bundle = ['--bundle', '--platform=node', '--target=node20', '--external:*.node', '--log-level=warning'];
  execFileSync(esbuild, [join(__dirname, 'checkCost.ts'), ...bundle, `--outfile=${join(machine.out, 'checkCost.js')}`]);
  execFileSync('gcc', ['-O2', '-o', join(machine.out, 'sgLoop'), join(__dirname, 'sgLoop.c')]);
}

const rowOf = (name: string, { without, with: asked }: Figures): string => {
  const columns = [0, 1].flatMap((at) => {
    const [one, other] = [without[at] ?? 0, asked[at] ?? 0];
    return [one.toFixed(0), other.toFixed(0), (other / one).toFixed(2)];
  });
  return `${name.padEnd(38)}${columns.map((text) => text.padStart(9)).join('')}`;
};

test.each([[[] as const], [['alua'] as const]])(
  'the identity beside TEST UNIT READY, needs %j',
  async (needs) => {
    const machine = await bootMachine({ needs });
    try {
      prepare(machine);
      await writeConfig(machine);
      await fastUdev(machine);
      await scsiDebug(machine, { luns: 1, paths: 1 });
      await iscsi(machine, { luns: 1, portals: 1, noopSeconds: 30 });
      const disks = { scsi_debug: 'sda', iSCSI: await iscsiDisk(machine, 1, 0) };
      const rows: string[] = [];
      for (const [kind, disk] of Object.entries(disks)) {
        const measure = async (name: string, command: string): Promise<void> => {
          const text = await machine.ok(command, { timeoutMs: 280_000 });
          rows.push(rowOf(`${name}, ${kind}`, JSON.parse(text) as Figures));
        };
        await measure('bare loop', `/out/sgLoop /dev/${disk}`);
        await measure('mpathd', `node /out/checkCost.js ${disk} /project/dist/mpathd.node`);
      }
      const heading = ['µs: TUR', '+ 0x83', 'ratio', 'CPU: TUR', '+ 0x83', 'ratio'].map((text) => text.padStart(9));
      process.stdout.write(`\n${machine.kind.padEnd(38)}${heading.join('')}\n${rows.join('\n')}\n\n`);
    } finally {
      await machine.stop();
    }
  },
  600_000,
);
