/**
 * Makes dist/: each program is one file that contains everything it needs, beside the addon. After its start the daemon
 * must load no code from disk: the root disk may be on a failed map.
 */
const { buildSync } = require('esbuild');
const { chmodSync, copyFileSync, mkdirSync, renameSync, readFileSync } = require('node:fs');
const { dirname, join } = require('node:path');

const root = join(__dirname, '..');
/** `node scripts/bundle.js [DIRECTORY]` */
const dist = process.argv[2] ?? join(root, 'dist');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/**
 * The first statement of each program. SIGUSR1 opens Node's debugger to every local user, which has root's rights then,
 * and SIGUSR2 ends the process; scripts send both, as multipathd takes them. A debugger that the environment has opened
 * (NODE_OPTIONS) is closed.
 */
const SHUT = `for (const signal of ['SIGUSR1', 'SIGUSR2']) process.on(signal, () => undefined);
if (require('node:inspector').url() !== undefined) require('node:inspector').close();`;

mkdirSync(dist, { recursive: true });
for (const program of ['mpathd', 'mpathctl', 'mpathd-transport']) {
  const outfile = join(dist, `${program}.js`);
  buildSync({
    entryPoints: [join(root, 'src', 'cli', `${program}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    banner: { js: `#!/usr/bin/env node\n'use strict';\n${SHUT}` },
    define: { MPATHD_VERSION: JSON.stringify(version) },
    logLevel: 'warning',
    external: ['*.node'],
    alias: { 'node-gyp-build': join(__dirname, 'netlinkBinding.js') },
  });
  chmodSync(outfile, 0o755);
}
// Each file is renamed into its place, so a running daemon keeps the file that it has mapped.
const addons = {
  'mpathd.node': join(root, 'build', 'Release', 'mpathd.node'),
  // The package's prebuilt addon for this architecture. If there is none, the addon that was compiled.
  'netlink.node': require('node-gyp-build').path(dirname(require.resolve('netlink/package.json'))),
};
for (const [name, source] of Object.entries(addons)) {
  copyFileSync(source, join(dist, `${name}.new`));
  renameSync(join(dist, `${name}.new`), join(dist, name));
}
