/**
 * Makes dist/: each program one file, with everything it will ever need inside, beside the addon.
 * After its start the daemon must load no code from disk: the root disk may be on a failed map.
 */
const { buildSync } = require('esbuild');
const { chmodSync, copyFileSync, mkdirSync, renameSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
const dist = join(root, 'dist');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

mkdirSync(dist, { recursive: true });
for (const program of ['mpathd', 'mpathctl']) {
  const outfile = join(dist, `${program}.js`);
  buildSync({
    entryPoints: [join(root, 'src', 'cli', `${program}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    banner: { js: '#!/usr/bin/env node' },
    define: { MPATHD_VERSION: JSON.stringify(version) },
    logLevel: 'warning',
    external: ['*.node'],
  });
  chmodSync(outfile, 0o755);
}
// Renamed into place: a running daemon keeps the file that it has mapped.
copyFileSync(join(root, 'build', 'Release', 'mpathd.node'), join(dist, 'mpathd.node.new'));
renameSync(join(dist, 'mpathd.node.new'), join(dist, 'mpathd.node'));
