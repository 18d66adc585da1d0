/** A file system that never answers (hung_fs.cc). */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface HungDirectory {
  /** Every call that walks into it hangs. */
  readonly path: string;
  /** Ends the file system: what hangs in it comes back with ENOTCONN. */
  release(): Promise<void>;
}

/** Compiles the tool once for a test file. */
export function hungDirectories(): { mount(): Promise<HungDirectory>; releaseAll(): Promise<void> } {
  const folder = mkdtempSync(join(tmpdir(), 'mpathd-hung-'));
  const tool = join(folder, 'hung_fs');
  execFileSync('g++', ['-std=c++17', '-Wall', '-Wextra', '-Werror', '-o', tool, join(__dirname, 'hung_fs.cc')]);
  const mounted: HungDirectory[] = [];
  return {
    mount: async () => {
      const path = join(folder, `hung-${mounted.length}`);
      mkdirSync(path);
      const child = spawn(tool, [path], { stdio: ['pipe', 'pipe', 'inherit'] });
      await once(child.stdout, 'data');
      const hung = { path, release: () => release(child) };
      mounted.push(hung);
      return hung;
    },
    releaseAll: async () => {
      for (const hung of mounted) await hung.release();
      rmSync(folder, { recursive: true });
    },
  };
}

async function release(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.stdin?.end();
  await once(child, 'exit');
}
