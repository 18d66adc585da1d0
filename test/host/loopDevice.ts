import { execFileSync } from 'child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';

/** A loop device over a file of its own. */
export interface LoopDevice {
  /** `loop3` */
  name: string;
  devt: string;
  diskseq: number;
  /** The device's file, in a directory of its own. */
  file: string;
  detach(): void;
}

const attribute = (name: string, file: string): string => readFileSync(`/sys/block/${name}/${file}`, 'utf8').trim();

/** Makes a loop device with this logical block size. Needs root. */
export function attachLoop(bytes: number, blockSize = 512): LoopDevice {
  const directory = mkdtempSync(join(tmpdir(), 'mpathd-loop-'));
  const file = join(directory, 'disk');
  writeFileSync(file, '');
  truncateSync(file, bytes);
  const node = execFileSync('losetup', ['--find', '--show', '--sector-size', String(blockSize), file], {
    encoding: 'utf8',
  }).trim();
  const name = node.replace('/dev/', '');
  return {
    name,
    devt: attribute(name, 'dev'),
    diskseq: Number(attribute(name, 'diskseq')),
    file,
    detach: () => {
      execFileSync('losetup', ['--detach', node]);
      rmSync(directory, { recursive: true });
    },
  };
}
