import { ask, OFTEN_CHECKED_CONFIG } from './daemon';
import { deletePath, rescanHosts, setState } from './disks';
import { type Background, machineForFile, waitFor } from './machine';
import { fastUdev, scsiDebug } from './topologies';
import { type KernelMap, type Truth, truthOf } from './truth';

/*
 * The daemon's own root disk does not answer: its programs, libraries and configuration are on a file system whose
 * device is suspended. Everything that the page cache could drop was dropped.
 */
const machine = machineForFile();
const guest = (command: string): Promise<string> => machine().ok(command, { timeoutMs: 120_000 });
const ROOT = '/run/root';
let daemon: Background;
let watchdog: Background;

/** The daemon and what it needs, alone on a file system over device-mapper. */
const makeRoot = (): Promise<string> =>
  guest(`set -e
    modprobe brd rd_nr=1 rd_size=262144
    dmsetup create rootdisk --table "0 $(blockdev --getsz /dev/ram0) linear /dev/ram0 0"
    mke2fs -q -t ext4 /dev/mapper/rootdisk
    mkdir -p ${ROOT}
    mount /dev/mapper/rootdisk ${ROOT}
    cd ${ROOT}
    mkdir -p dev proc sys run etc/multipath project
    cp --parents /usr/bin/node /etc/multipath.conf .
    cp -L --parents $(ldd /usr/bin/node | grep -o '/[^ ]*') .
    cp -r /project/dist project/
    for place in dev proc sys run; do mount --bind /$place $place; done`);

/** Counts the daemon's messages to the watchdog. */
const WATCHDOG = `
import socket
feed = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
feed.bind("/run/watchdog")
while True:
  if b"WATCHDOG=1" in feed.recv(4096): print("fed", flush=True)`;

/** How often the daemon has fed the watchdog. */
const fed = async (): Promise<number> => (await watchdog.log()).split('\n').length - 1;
const mapNow = async (): Promise<KernelMap> => (await truthOf(machine())).maps[0]!;
const until = (what: string, isSo: (map: KernelMap) => boolean): Promise<true> =>
  waitFor(machine(), what, async () => (isSo(await mapNow()) ? true : undefined), 60_000);
const pathsOf = ({ groups }: KernelMap): string[] => groups.flatMap(({ paths }) => paths);
const diskOf = (truth: Truth, devt: string): string => truth.disks.find((disk) => disk.devt === devt)!.name;

beforeAll(async () => {
  await machine().write('/etc/multipath.conf', OFTEN_CHECKED_CONFIG);
  await fastUdev(machine());
  await makeRoot();
  watchdog = await machine().start(`exec python3 -c '${WATCHDOG}'`);
  await scsiDebug(machine(), { luns: 1, paths: 3 });
  daemon = await machine().start(
    `exec env NOTIFY_SOCKET=/run/watchdog WATCHDOG_USEC=4000000 chroot ${ROOT} /usr/bin/node /project/dist/mpathd.js -v info`,
  );
  await until('the map', (map) => map !== undefined && pathsOf(map).length === 3);
  await waitFor(
    machine(),
    'its code to be in memory',
    async () => (/MiB of code locked into memory, 0 mappings/.test(await daemon.log()) ? true : undefined),
    60_000,
  );
  await waitFor(machine(), 'the watchdog to be fed', async () => ((await fed()) > 0 ? true : undefined), 30_000);
}, 300_000);
afterEach(async () => {
  if (process.env.MPATHD_VM_LOG !== undefined) process.stdout.write(await daemon.log());
});

test('its root disk does not answer: paths fail, come back, go and join, clients have their answers, and it ends', async () => {
  const truth = await truthOf(machine());
  const [failing, leaving] = pathsOf(truth.maps[0]!);
  // Pages that are not written yet would stay in the cache.
  await guest(`sync && dmsetup suspend --nolockfs --noflush rootdisk && echo 3 > /proc/sys/vm/drop_caches`);
  const reader = await machine().start(`exec cat ${ROOT}/project/dist/mpathctl.js`);
  const before = await fed();

  await setState(machine(), diskOf(truth, failing!), 'offline');
  await until('the failure', ({ states }) => states[failing!] === 'F');
  await setState(machine(), diskOf(truth, failing!), 'running');
  await until('the reinstatement', ({ states }) => states[failing!] === 'A');
  await deletePath(machine(), diskOf(truth, leaving!));
  await until('the path to leave', (map) => pathsOf(map).length === 2);
  await rescanHosts(machine());
  await until('the path to join', (map) => pathsOf(map).length === 3);
  expect(await ask(machine(), 'show maps')).toMatch(/mpatha/);
  expect(JSON.parse(await ask(machine(), 'show maps json'))).toMatchObject({ maps: [{ name: 'mpatha' }] });
  await waitFor(machine(), 'the watchdog', async () => ((await fed()) > before + 1 ? true : undefined), 30_000);
  // Nothing of it came from the disk.
  expect(await reader.exitCode()).toBeNull();

  const since = Date.now();
  await daemon.kill('TERM');
  await waitFor(machine(), 'the end', async () => (await daemon.exitCode()) ?? undefined, 30_000);
  process.stdout.write(`ended after ${Date.now() - since} ms\n`);
});
