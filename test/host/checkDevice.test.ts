/** The questions of a disk's check to this machine's kernel, on loop devices. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, promises as fs, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realCheckSystem } from '../../src/cli/check/realSystem';
import type { CheckSystem } from '../../src/cli/check/system';
import { emptyConfiguration } from '../../src/config/configuration';
import { fixedConfiguration } from '../../src/daemon/configurationSource';
import { isClaimable } from '../../src/kernel/blockNode';
import { loadAddon } from '../../src/kernel/native';
import { attachLoop, type LoopDevice } from './loopDevice';

const root = mkdtempSync(join(tmpdir(), 'mpathd-check-'));
const system = (addresses: string[] = []): CheckSystem =>
  realCheckSystem(loadAddon(), fixedConfiguration(emptyConfiguration()), { addresses, trusted: [0] });
let loop: LoopDevice;
let node: string;

beforeAll(() => {
  loop = attachLoop(64 << 20);
  node = `/dev/${loop.name}`;
});
afterAll(() => {
  loop.detach();
  rmSync(root, { recursive: true });
});

const disk = () => ({ name: loop.name, devt: loop.devt, diskseq: loop.diskseq, devtype: 'disk' });
const value = (what: unknown): object => ({ ok: true, value: what });

test('a disk is found by its name, its number, its node, and a link below /dev', async () => {
  const link = `/dev/mpathd-test-${process.pid}`;
  symlinkSync(loop.name, link);
  try {
    for (const device of [loop.name, loop.devt, node, link]) expect(await system().find(device)).toEqual(value(disk()));
  } finally {
    rmSync(link);
  }
  expect(await system().find('/dev/null')).toMatchObject({ ok: false, failure: { code: 'REFUSED' } });
  expect(await system().find('mpathd-none')).toMatchObject({ ok: false, failure: { errno: 'ENOENT' } });
});

test('a disk that nobody uses', async () => {
  expect(await system().usedBy(loop.name)).toEqual(value(null));
  expect(await system().heldBy(loop.name)).toEqual(value(null));
  expect(await isClaimable(disk())).toEqual(value(true));
});

test('a disk with a mounted file system', async () => {
  execFileSync('mkfs.ext4', ['-q', node]);
  execFileSync('mount', [node, root]);
  try {
    expect(await system().usedBy(loop.name)).toEqual(value(`${loop.name} is mounted on ${root}`));
    expect(await isClaimable(disk())).toEqual(value(false));
  } finally {
    execFileSync('umount', [root]);
  }
  expect(await system().usedBy(loop.name)).toEqual(value(null));
});

test('a disk that is swap space', async () => {
  execFileSync('mkswap', [node], { stdio: 'ignore' });
  execFileSync('swapon', [node]);
  try {
    expect(await system().usedBy(loop.name)).toEqual(value(`${node} is swap space`));
    expect(await isClaimable(disk())).toEqual(value(false));
  } finally {
    execFileSync('swapoff', [node]);
  }
});

test('a node of another disk is refused', async () => {
  expect(await isClaimable({ ...disk(), devt: '7:12345' })).toMatchObject({
    ok: false,
    failure: { code: 'WRONG_DEVICE' },
  });
  expect(await isClaimable({ ...disk(), name: 'mpathd-none' })).toMatchObject({
    ok: false,
    failure: { errno: 'ENOENT' },
  });
});

test('the facts of the disk, and no facts of disks that are no paths', async () => {
  expect(await system().facts(loop.name, new Set())).toMatchObject({
    ok: true,
    value: { name: loop.name, devt: loop.devt, diskseq: loop.diskseq },
  });
  const all = await system().allFacts(new Set());
  expect(all.ok && all.value.map(({ name }) => name)).not.toContain(loop.name);
});

test('a daemon runs if a process listens, even if it accepts no connection', async () => {
  const path = join(root, 'socket');
  expect(await system([path]).daemonRuns()).toBe(false);
  const server = createServer().listen({ path, backlog: 1 });
  await once(server, 'listening');
  server.unref();
  expect(await system([join(root, 'none'), path]).daemonRuns()).toBe(true);
  server.close();
  await once(server, 'close');
  await fs.rm(path, { force: true });
  expect(await system(['@mpathd-test-nobody', path]).daemonRuns()).toBe(false);
});

test('a full backlog shows a daemon', async () => {
  const addon = loadAddon();
  const name = `mpathd-test-${process.pid}`;
  const listening = addon.listenOn(`@${name}`, 0);
  if (listening.errno !== null) throw new Error(listening.errno);
  const held: number[] = [];
  for (let result = addon.connectAbstract(name); result.errno === null; result = addon.connectAbstract(name))
    held.push(result.fd);
  try {
    expect(held.length).toBeGreaterThan(0);
    expect(await system([`@${name}`]).daemonRuns()).toBe(true);
  } finally {
    for (const fd of [...held, listening.fd])
      await new Promise((done) => jest.requireActual<typeof import('fs')>('fs').close(fd, done));
  }
});
