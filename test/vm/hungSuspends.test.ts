import { ask, ctlAtOnce, type Daemon, OFTEN_CHECKED_CONFIG, startMpathd, writeConfig } from './daemon';
import { deletePath, setState } from './disks';
import { machineForFile, waitFor } from './machine';
import { mapDocuments, statusOf } from './status';
import { fastUdev, lioLoop, scsiDebug } from './topologies';
import { type KernelMap, truthOf } from './truth';

/*
 * Maps whose suspend waits for I/O that their disks do not answer, and one map whose paths answer. The disks stay as
 * they are, so the machine is of no use afterwards.
 */
const machine = machineForFile();
const LUNS = Number(process.env.MPATHD_HUNG_MAPS ?? 70);
const guest = (command: string): Promise<string> => machine().ok(command, { timeoutMs: 240_000 });
let daemon: Daemon;

/**
 * A scsi_debug LUN has one path here, and the LUN of LIO has four. No check of a disk that hangs ends while the test
 * looks.
 */
const CONFIG = OFTEN_CHECKED_CONFIG.replace('find_multipaths on', 'find_multipaths no\n\tchecker_timeout 3000');
const lio = async (): Promise<KernelMap> =>
  (await truthOf(machine())).maps.find((map) => map.uuid.includes('6001405'))!;
const timed = async (what: string, work: () => Promise<unknown>): Promise<void> => {
  const since = Date.now();
  await work();
  process.stdout.write(`${what}: ${Date.now() - since} ms\n`);
};
const until = (what: string, isSo: (map: KernelMap) => boolean): Promise<true> =>
  waitFor(machine(), what, async () => (isSo(await lio()) ? true : undefined), 60_000);
const failureOf = async (map: KernelMap, what: string): Promise<void> => {
  const [, devt] = map.groups.flatMap(({ paths }) => paths);
  const disk = (await truthOf(machine())).disks.find((one) => one.devt === devt)!;
  await setState(machine(), disk.name, 'offline');
  await timed(`a failure, ${what}`, () => until('the failure', ({ states }) => states[devt!] === 'F'));
  await setState(machine(), disk.name, 'running');
  await timed(`a reinstatement, ${what}`, () => until('the reinstatement', ({ states }) => states[devt!] === 'A'));
};
const removalOf = async (map: KernelMap, what: string): Promise<void> => {
  const paths = map.groups.flatMap((group) => group.paths);
  const disk = (await truthOf(machine())).disks.find((one) => one.devt === paths[0])!;
  await deletePath(machine(), disk.name);
  const left = ({ groups }: KernelMap): boolean => groups.flatMap((group) => group.paths).length < paths.length;
  await timed(`a removal, ${what}`, () => until('the removal', left));
};

/** Reads from each map of scsi_debug at the same time, past the page cache. */
const READ_ALL = `
import glob, mmap, os, threading
def read(dm):
  node = os.open("/dev/mapper/" + open(dm + "/name").read().strip(), os.O_RDONLY | os.O_DIRECT)
  os.preadv(node, [mmap.mmap(-1, 4096)], 0)
for dm in glob.glob("/sys/block/dm-*/dm"):
  if "-33333333" in open(dm + "/uuid").read(): threading.Thread(target=read, args=(dm,)).start()`;

/** Waits until nobody answers on the daemon's socket. */
const UNTIL_REFUSED = `
import socket, time
while True:
  try: socket.socket(socket.AF_UNIX).connect("\\0/org/kernel/linux/storage/multipathd")
  except ConnectionRefusedError: break
  time.sleep(0.02)`;

beforeAll(async () => {
  await guest('rm -rf /etc/multipath');
  await writeConfig(machine(), CONFIG);
  await fastUdev(machine());
  await lioLoop(machine(), { paths: 4 });
  await scsiDebug(machine(), { luns: LUNS, paths: 1 });
  daemon = await startMpathd(machine());
  await waitFor(
    machine(),
    'all maps',
    async () => ((await mapDocuments(machine())).length === LUNS + 1 ? true : undefined),
    120_000,
  );
}, 300_000);

test('suspends that hang on I/O in flight hold up no other map, no command, and no successor', async () => {
  await failureOf(await lio(), 'before');
  await removalOf(await lio(), 'before');

  // The commands of the disks take an hour from now on. The kernel does not end them earlier.
  await guest(
    `for d in /sys/block/sd*/device; do [ "$(cat $d/vendor)" = 'Linux   ' ] && echo 3600 > $d/timeout; done
     echo 360000 > /sys/bus/pseudo/drivers/scsi_debug/delay`,
  );
  await machine().start(`exec python3 -c '${READ_ALL}'`);
  await waitFor(
    machine(),
    'every map to have I/O in flight',
    async () =>
      Number(await guest('cat /sys/block/dm-*/inflight | grep -c " 1 " || true')) >= LUNS ? true : undefined,
    60_000,
  );
  // Every table changes.
  await writeConfig(machine(), `${CONFIG}overrides {\n\tpath_selector "queue-length 0"\n}\n`);
  await daemon.process.kill('HUP');
  const hung = async (): Promise<number> =>
    (await statusOf(machine())).lanes.find(({ name }) => name === 'write')!.busy;
  await waitFor(machine(), 'all writes to hang', async () => ((await hung()) >= LUNS ? true : undefined), 120_000);

  await failureOf(await lio(), 'while suspends hang');
  await removalOf(await lio(), 'while suspends hang');
  await timed('mpathctl maps, while suspends hang', () => ctlAtOnce(machine(), ['maps']));
  const status = await statusOf(machine());
  expect(status.operations.length).toBeGreaterThanOrEqual(LUNS);
  expect(status.lanes.every(({ queued }) => queued === 0)).toBe(true);
  expect(status.truth.lastFenceAgeMs).toBeLessThan(45_000);
  expect(await ask(machine(), 'show daemon')).toMatch(/^pid /);

  // A check waits for its command in uninterruptible sleep, so the process is there until the kernel ends the command.
  // It holds neither its socket nor its lock: a successor starts meanwhile.
  await timed('the socket given up after SIGTERM, while suspends hang', async () => {
    await daemon.process.kill('TERM');
    await guest(`python3 -c '${UNTIL_REFUSED}'`);
  });
  const successor = await startMpathd(machine());
  expect(await ask(machine(), 'show daemon')).toMatch(/^pid /);
  await successor.kill().catch(() => undefined);
});
