import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { buildFaultLibrary, buildRegisterLibrary } from './preloads';

const CHECKOUT = resolve(__dirname, '..', '..');
const PRODUCT = ['dist/mpathd.js', 'dist/mpathctl.js', 'dist/mpathd.node'];

/** Our own code that runs in the guest besides the product. */
const bundleForGuest = (): void => {
  const directory = join(CHECKOUT, 'build', 'vm');
  const entry = join(__dirname, 'guest', 'mpathctlServer.ts');
  buildSync({
    entryPoints: [entry],
    outdir: directory,
    bundle: true,
    platform: 'node',
    target: 'node20',
    external: ['*.node'],
    logLevel: 'error',
  });
  copyFileSync(join(CHECKOUT, 'dist', 'mpathd.node'), join(directory, 'mpathd.node'));
};

/**
 * Runs before the VM tests. The product must be built. The guest's image and the libraries to preload are made
 * if they are missing.
 */
export default function globalSetup(): void {
  const missing = PRODUCT.filter((file) => !existsSync(join(CHECKOUT, file)));
  if (missing.length > 0)
    throw new Error(`The VM tests run the built product; missing: ${missing.join(', ')}. Run scripts/build first.`);
  bundleForGuest();
  const image = execFileSync(join(__dirname, 'image', 'build'), {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE: process.execPath },
  }).trim();
  const cache = dirname(image);
  process.env.MPATHD_VM_IMAGE = image;
  process.env.MPATHD_VM_FAULTS = buildFaultLibrary(cache);
  process.env.MPATHD_VM_REGISTERS = buildRegisterLibrary(cache);
  process.env.MPATHD_VM_LOCK ??= join(cache, 'machine.lock');
}
