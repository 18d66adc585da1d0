import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { ask, type Daemon, startMpathd, writeConfig } from './daemon';
import { setFaults } from './faults';
import { type Background, machineForFile, waitFor } from './machine';
import { fastUdev, scsiDebug } from './topologies';
import { expectTablesEqualKernel, truthOf } from './truth';

/*
 * SIGKILL at random moments of creates, reloads, renames and removals, while fio writes and verifies through one of the
 * maps. After each kill the next daemon must leave nothing of the killed one. MPATHD_KILLS is their number (300 in the
 * long run), MPATHD_KILLS_SEED plays a run's kinds and moments again.
 */
const KILLS = Number(process.env.MPATHD_KILLS ?? 20);
const SEED = Number(process.env.MPATHD_KILLS_SEED ?? Date.now() % 2 ** 31);
const LUNS = 6;
/** A third one comes and goes. */
const FEW_HOSTS = 2;
/** A command needs some ms to the daemon, and its writes, which SLOW_WRITES has, a tenth of a second. */
const LONGEST_MS = 300;

const machine = machineForFile();
const guest = (command: string): Promise<string> => machine().ok(command);

const wwidOf = (lun: number): string => `3${(0x33333330000007d0n + BigInt(lun)).toString(16)}`;
/** All LUNs but the first, which fio uses, have an alias that ends in `suffix`. */
const configWith = (suffix: string): string => {
  const maps = Array.from(
    { length: LUNS - 1 },
    (_, i) => `multipath {\nwwid ${wwidOf(i + 1)}\nalias lun${i + 1}${suffix}\n}`,
  );
  const defaults = 'find_multipaths on\nuser_friendly_names yes\npath_grouping_policy multibus';
  return `defaults {\n${defaults}\n}\nmultipaths {\n${maps.join('\n')}\n}\n`;
};
const namesWith = (suffix: string): string[] => Array.from({ length: LUNS - 1 }, (_, i) => `lun${i + 1}${suffix}`);

const FIO = [
  'fio --name=verify --filename=/dev/mapper/mpatha --direct=1 --ioengine=libaio --iodepth=4 --rw=randwrite --bs=4k --size=4M',
  '--verify=crc32c --verify_fatal=1 --verify_backlog=64 --time_based --runtime=36000 --rate_iops=60,60 --output-format=json --output=/run/fio.json',
].join(' ');

/** Nothing fails. The writes stay for a while between two of their ioctls, where a kill hits them seldom otherwise. */
const SLOW_WRITES = [
  { ioctl: 'DM_TABLE_LOAD', delayMs: 50 },
  { ioctl: 'DM_DEV_SUSPEND', only: 'resume', delayMs: 50 },
] as const;
const start = (): Promise<Daemon> => startMpathd(machine(), '', { faults: true });

let daemon: Daemon;
let fio: Background;
let suffix = 'a';
let hosts = FEW_HOSTS;

/** The answer is not waited for, and is none when the daemon is killed meanwhile. */
const order = (command: string): void => void ask(machine(), command).catch(() => undefined);

/** Each begins its writes and does not wait for them. */
const ACTIONS: Readonly<Record<'create' | 'reload' | 'rename' | 'remove', () => Promise<void>>> = {
  create: async () => {
    await Promise.all(namesWith(suffix).map((name) => ask(machine(), `remove map ${name}`)));
    for (let lun = 1; lun < LUNS; lun += 1) order(`add map ${wwidOf(lun)}`);
  },
  reload: () => {
    const change = hosts === FEW_HOSTS ? 1 : -1;
    hosts += change;
    // The kill comes while the disks come or go.
    return machine()
      .start(`echo ${change} > /sys/bus/pseudo/drivers/scsi_debug/add_host`)
      .then(() => undefined);
  },
  rename: async () => {
    suffix = suffix === 'a' ? 'b' : 'a';
    await writeConfig(machine(), configWith(suffix));
    order('reconfigure');
  },
  remove: () => {
    for (const name of namesWith(suffix)) order(`remove map ${name}`);
    return Promise.resolve();
  },
};
type Kind = keyof typeof ACTIONS;
const KINDS = Object.keys(ACTIONS) as Kind[];

/** The udev cookies in the kernel: their keys are 0x0D4Dxxxx. */
const cookies = async (): Promise<number> =>
  Number(await guest(`awk 'NR > 1 && int($1 / 65536) == 3405' /proc/sysvipc/sem | wc -l`));

/** The maps that have no live table, a table that is not live, or are suspended. */
const incomplete = async (): Promise<string[]> =>
  (await guest('dmsetup info -c --noheadings --separator , -o name,attr')).split('\n').filter((line) => {
    const attributes = line.split(',')[1] ?? '';
    return line.includes(',') && (!attributes.startsWith('L') || attributes[1] === 'I' || attributes[2] === 's');
  });

const written = async (): Promise<number> =>
  Number((await guest('cat /sys/block/$(basename $(readlink -f /dev/mapper/mpatha))/stat')).trim().split(/\s+/)[4]);

interface Kill {
  readonly kind: Kind;
  readonly afterMs: number;
}

interface Left {
  readonly cookies: number;
  readonly maps: readonly string[];
}

const killDuring = async ({ kind, afterMs }: Kill): Promise<Left> => {
  await ACTIONS[kind]();
  await sleep(afterMs);
  await daemon.kill();
  const left = { cookies: await cookies(), maps: await incomplete() };
  daemon = await start();
  return left;
};

const expectNothingLeft = async (): Promise<void> => {
  await expectTablesEqualKernel(machine(), { maps: LUNS, paths: LUNS * hosts });
  await waitFor(machine(), 'whole maps', async () => ((await incomplete()).length === 0 ? true : undefined), 20_000);
  await waitFor(machine(), 'no cookie', async () => ((await cookies()) === 0 ? true : undefined), 20_000);
  const names = (await truthOf(machine())).maps.map((map) => map.name).sort();
  expect(names).toEqual([...namesWith(suffix), 'mpatha'].sort());
  expect(await ask(machine(), 'mpathd audit')).toContain('0 differences');
  expect(await fio.exitCode()).toBeNull();
};

beforeAll(async () => {
  await writeConfig(machine(), configWith(suffix));
  await fastUdev(machine());
  await scsiDebug(machine(), { luns: LUNS, paths: FEW_HOSTS });
  await setFaults(machine(), SLOW_WRITES);
  daemon = await start();
  await expectTablesEqualKernel(machine(), { maps: LUNS, paths: LUNS * FEW_HOSTS });
  fio = await machine().start(`exec ${FIO}`);
  await waitFor(machine(), 'fio', async () => ((await written()) > 100 ? true : undefined), 60_000);
}, 400_000);

test(
  `after each of ${KILLS} kills the next daemon leaves no semaphore, no suspended and no half-made map`,
  async () => {
    process.stdout.write(`kills: MPATHD_KILLS=${KILLS} MPATHD_KILLS_SEED=${SEED}\n`);
    const kill = fc.record({ kind: fc.constantFrom(...KINDS), afterMs: fc.integer({ min: 0, max: LONGEST_MS }) });
    const kills = fc.sample(kill, { seed: SEED, numRuns: KILLS });
    const found = { cookies: 0, maps: 0 };
    for (const [n, one] of kills.entries()) {
      const left = await killDuring(one);
      found.cookies += left.cookies;
      found.maps += left.maps.length;
      // Every other daemon is killed while it still puts right what was left.
      if (n % 2 === 0 && n < KILLS - 1) continue;
      try {
        await expectNothingLeft();
      } catch (error) {
        throw new Error(`kill ${n}, ${JSON.stringify({ ...one, left })}: ${String(error)}`);
      }
    }
    process.stdout.write(
      `kills: ${found.cookies} cookies and ${found.maps} incomplete maps were left, and put right\n`,
    );
    expect(found.cookies).toBeGreaterThan(0);
  },
  60_000 + KILLS * 30_000,
);

test('killed between load and resume of a new map and of reloads: the next daemon completes all at once', async () => {
  expect(await ask(machine(), `remove map lun1${suffix}`)).toBe('ok\n');
  await setFaults(machine(), [{ ioctl: 'DM_DEV_SUSPEND', only: 'resume', delayMs: 20_000 }]);
  order(`add map ${wwidOf(1)}`);
  await ACTIONS.reload();
  const both = async (): Promise<true | undefined> => {
    const found = await incomplete();
    return [',-I', ',LI'].every((kind) => found.some((line) => line.includes(kind))) ? true : undefined;
  };
  await waitFor(machine(), 'the loaded tables', both, 15_000);
  await daemon.kill();
  await setFaults(machine(), []);
  daemon = await start();
  await expectNothingLeft();
  expect(await daemon.log()).toContain('the map was left without a table: reload');
  expect(await daemon.log()).toContain('an inactive table was left loaded: reload');
});

test("the cookies of dmsetup are none of mpathd's, at its start neither", async () => {
  const cookie = await guest('dmsetup udevcreatecookie');
  await daemon.kill();
  daemon = await start();
  expect((await guest('dmsetup udevcookies')).split(/\s+/).map(Number)).toContain(Number(cookie));
  await guest(`dmsetup udevreleasecookie ${cookie}`);
});

test('fio has verified what it wrote all the time, without an error', async () => {
  await fio.kill('INT');
  await waitFor(machine(), 'fio to end', async () => (await fio.exitCode()) ?? undefined, 60_000);
  expect((await fio.log()).split('\n').filter((line) => /error|verify:|bad|mismatch/i.test(line))).toEqual([]);
  const text = await guest('cat /run/fio.json');
  const { jobs } = JSON.parse(text.slice(text.indexOf('{'))) as {
    jobs: { error: number; read: { total_ios: number }; write: { total_ios: number } }[];
  };
  expect(jobs).toHaveLength(1);
  expect(jobs[0]).toMatchObject({ error: 0 });
  expect(jobs[0]!.read.total_ios).toBeGreaterThan(500);
  expect(await guest("dmesg | grep -c 'I/O error, dev dm-' || true")).toBe('0');
});
