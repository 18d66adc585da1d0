import { type Daemon, ask, startMpathd, USUAL_CONFIG, writeConfig } from './daemon';
import { type Background, machineForFile, waitFor } from './machine';
import { fastUdev, lioLoop, setLoopTransport } from './topologies';
import { expectTablesEqualKernel, truthOf } from './truth';

/* What happens to I/O without a path, on one LUN of LIO with four paths. Real I/O shows this. */
const machine = machineForFile();
const guest = (command: string): Promise<string> => machine().ok(command, { timeoutMs: 120_000 });
const PORTS = [1, 2, 3, 4];
let daemon: Daemon;
let name: string;

const configWith = (settings: string): string =>
  `${USUAL_CONFIG.replace('}', '\tpolling_interval 2\n\tmax_polling_interval 2\n}')}overrides {\n\tpath_checker tur\n${settings}}\n`;

const transport = async (status: 'online' | 'offline'): Promise<void> => {
  for (const port of PORTS) await setLoopTransport(machine(), port, status);
};

const statesAre = (state: 'A' | 'F'): Promise<true> =>
  waitFor(
    machine(),
    `all paths to be ${state}`,
    async () => {
      const states = Object.values((await truthOf(machine())).maps[0]?.states ?? {});
      return states.length === PORTS.length && states.every((one) => one === state) ? true : undefined;
    },
    120_000,
  );

const queues = async (): Promise<boolean> => (await guest(`dmsetup table ${name}`)).includes('queue_if_no_path');
const untilQueueing = (wanted: boolean): Promise<true> =>
  waitFor(
    machine(),
    wanted ? 'the map to queue' : 'the map to queue no longer',
    async () => ((await queues()) === wanted ? true : undefined),
    120_000,
  );

/** Writes one block at a place, past the cache. It gives up if the map fails the I/O. */
const write = (block: number, text: string): Promise<Background> =>
  machine().start(
    `printf '%-512s' '${text}' | exec dd of=/dev/mapper/${name} bs=512 seek=${block} oflag=direct conv=notrunc`,
  );
const read = async (block: number): Promise<string> =>
  (await guest(`dd if=/dev/mapper/${name} bs=512 skip=${block} count=1 iflag=direct 2>/dev/null`)).trim();
const exited = (io: Background): Promise<number> =>
  waitFor(machine(), 'the I/O to end', async () => (await io.exitCode()) ?? undefined, 120_000);

const reconfigure = async (settings: string): Promise<void> => {
  await writeConfig(machine(), configWith(settings));
  expect(await ask(machine(), 'reconfigure')).toBe('ok\n');
};

beforeAll(async () => {
  await guest('rm -rf /etc/multipath');
  await writeConfig(machine(), configWith('\tno_path_retry queue\n\tfailback immediate\n'));
  await fastUdev(machine());
  await lioLoop(machine(), { paths: PORTS.length });
  daemon = await startMpathd(machine());
  name = (await expectTablesEqualKernel(machine(), { maps: 1, paths: 4 })).maps[0]!.name;
}, 300_000);

afterEach(async () => {
  if (process.env.MPATHD_VM_LOG !== undefined) process.stdout.write(await daemon.log());
});

test('queue: a write without any path waits for one, and is done then', async () => {
  expect(await queues()).toBe(true);
  await transport('offline');
  const io = await write(1, 'written while no path was there');
  await statesAre('F');
  expect(await io.exitCode()).toBeNull();
  expect(await ask(machine(), 'show maps raw format "%Q"')).toMatch(/^on/);
  await transport('online');
  expect(await exited(io)).toBe(0);
  await statesAre('A');
  expect(await read(1)).toBe('written while no path was there');
});

test('a number of checks: a write waits for so long, and fails; and the map queues again with a path', async () => {
  await reconfigure('\tno_path_retry 4\n\tfailback immediate\n');
  await waitFor(
    machine(),
    'the setting',
    async () => ((await ask(machine(), 'show maps raw format "%Q"')).startsWith('4 chk') ? true : undefined),
    60_000,
  );
  await transport('offline');
  const io = await write(2, 'lost');
  await statesAre('F');
  expect(await io.exitCode()).toBeNull();
  expect(await ask(machine(), 'show maps raw format "%Q"')).toMatch(/^\d+ sec|^4 chk/);
  await untilQueueing(false);
  expect(await exited(io)).not.toBe(0);
  expect(await daemon.log()).toMatch(/no path was usable for \d+ s: I\/O fails now/);
  expect(await ask(machine(), 'show maps raw format "%Q %x %4"')).toMatch(/^off 1 1/);
  await transport('online');
  await statesAre('A');
  await untilQueueing(true);
  expect(await exited(await write(2, 'written'))).toBe(0);
  expect(await read(2)).toBe('written');
});

test('disablequeueing and restorequeueing', async () => {
  expect(await ask(machine(), `disablequeueing map ${name}`)).toBe('ok\n');
  expect(await queues()).toBe(false);
  expect(await ask(machine(), `restorequeueing map ${name}`)).toBe('ok\n');
  expect(await queues()).toBe(true);
});

test('fail: a write without any path fails', async () => {
  await reconfigure('\tno_path_retry fail\n\tfailback immediate\n');
  await untilQueueing(false);
  await transport('offline');
  expect(await exited(await write(3, 'lost'))).not.toBe(0);
  await statesAre('F');
  await transport('online');
  await statesAre('A');
});

test('a daemon that stops ends the queueing of its maps; one that starts begins it, and reloads nothing', async () => {
  await reconfigure('\tno_path_retry queue\n\tfailback manual\n');
  await untilQueueing(true);
  expect(await daemon.stop()).toBe(0);
  expect(await queues()).toBe(false);
  daemon = await startMpathd(machine());
  await untilQueueing(true);
  await expectTablesEqualKernel(machine(), { maps: 1, paths: 4 });
  expect(await daemon.log()).not.toMatch(/: reload \[/);
  expect(await daemon.stop()).toBe(0);
});
