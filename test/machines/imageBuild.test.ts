import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/* The build of the test VM's image when something is wrong. The package tools are replaced by stubs. */
const BUILD = resolve(__dirname, '..', 'vm', 'image', 'build');
let directory: string;
let cache: string;

const stub = (name: string, script: string): void => {
  const path = join(directory, 'bin', name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
};

const environment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  MPATHD_VM_CACHE: cache,
  NODE: process.execPath,
  PATH: `${join(directory, 'bin')}:${process.env.PATH}`,
});
const build = (): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(BUILD, [], { env: environment(), encoding: 'utf8' });

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mpathd-image-'));
  cache = join(directory, 'cache');
  mkdirSync(join(directory, 'bin'));
  stub('id', 'echo 0');
  // The host has everything that the build needs; the mirror is away.
  stub('dpkg-query', "echo 'install ok installed'");
  stub('apt-cache', "echo '  Depends: linux-image-test'");
  stub('apt-get', "echo 'E: Could not connect to the mirror' >&2; exit 100");
});
afterEach(() => rmSync(directory, { recursive: true }));

const leftovers = (): string[] => readdirSync(cache).filter((name) => name !== 'build.lock');

test('the mirror is away and nothing is cached: the build says what failed and what to do, and leaves nothing behind', () => {
  const { status, stdout, stderr } = build();
  expect({ failed: status !== 0, stdout }).toEqual({ failed: true, stdout: '' });
  expect(stderr).toContain('Could not connect to the mirror');
  expect(stderr).toMatch(
    /image-[0-9a-f]{16} could not be built, see above\. It takes Debian's packages: can the package mirror be reached/,
  );
  expect(stderr).toContain('scripts/test quick');
  expect(leftovers()).toEqual([]);
});

test('the mirror is away and the image is cached: the build uses the image, and does not ask the mirror', () => {
  const image = /\S*image-[0-9a-f]{16}/.exec(build().stderr)?.[0] ?? '';
  mkdirSync(image);
  expect(build()).toEqual(expect.objectContaining({ status: 0, stdout: `${image}\n`, stderr: '' }));
});

test('QEMU cannot be installed: the build says so', () => {
  stub('dpkg-query', 'exit 1');
  const { status, stderr } = build();
  expect(status).not.toBe(0);
  expect(stderr).toMatch(/installing qemu-system-x86[^]*could not be built/);
});

test('the next build removes the rest of an interrupted build, and never takes it for an image', async () => {
  stub('apt-get', `touch '${directory}/reached'; exec sleep 60`);
  const interrupted = spawn(BUILD, [], { env: environment(), stdio: 'ignore', detached: true });
  const exit = once(interrupted, 'exit');
  while (!existsSync(join(directory, 'reached'))) await sleep(20);
  process.kill(-(interrupted.pid ?? 0), 'SIGKILL');
  await exit;
  expect(leftovers()).toEqual([expect.stringMatching(/^work\./)]);
  stub('apt-get', 'exit 100');
  expect(build().status).not.toBe(0);
  expect(leftovers()).toEqual([]);
});

test('not as root: the build says so', () => {
  stub('id', 'echo 1000');
  const { status, stderr } = build();
  expect(status).not.toBe(0);
  expect(stderr).toContain('must be root');
});
