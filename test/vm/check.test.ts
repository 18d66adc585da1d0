import { ctlAtOnce, startMpathd, writeConfig } from './daemon';
import { settle } from './disks';
import { setFaults } from './faults';
import { type Background, type CommandResult, machineForFile, waitFor } from './machine';
import { scsiDebug } from './topologies';
import { truthOf } from './truth';

/*
 * `mpathctl check` beside Debian's `multipath -u` and `multipath -c`, with the same disks, files, variables and exit
 * codes, except for the wanted differences. Then the udev rules that use it.
 *
 * No daemon runs; a process only listens at its address. Nothing but the question may change anything.
 */
const machine = machineForFile();
const guest = (command: string): Promise<string> => machine().ok(command, { timeoutMs: 120_000 });

const MODES = ['off', 'on', 'strict', 'greedy', 'smart'] as const;
type Mode = (typeof MODES)[number];

/** A LUN with two paths, and a LUN with one path. */
let twin: string;
let single: string;
const wwids = new Map<string, string>();
let listener: Background;
/**
 * True if mpathctl is started for each question, which takes a second or two. Its start is the same for every question.
 */
let asProgram = false;

const WWIDS = '/etc/multipath/wwids';
const FAILED = '/run/multipath/failed_wwids';
const TIMERS = '/run/multipath/find_multipaths';
const wwidOf = (disk: string): string => wwids.get(disk) ?? 'unknown';

const LISTEN = `import socket, time
s = socket.socket(socket.AF_UNIX)
s.bind('\\0/org/kernel/linux/storage/multipathd')
s.listen(100)
time.sleep(100000)`;

const listen = async (): Promise<void> => {
  listener = await machine().start(`exec python3 -c "${LISTEN}"`);
  await waitFor(
    machine(),
    'the listener',
    async () =>
      (await guest('cat /proc/net/unix')).includes('@/org/kernel/linux/storage/multipathd') ? true : undefined,
    60_000,
  );
};

interface Answer {
  rc: number;
  out: string;
}

/** The remaining time depends on the moment of the question. */
const comparable = (text: string): string =>
  text.trim().replace(/UNTIL="[1-9]\d*\.\d{6}"|UNTIL="0\.\d{6}"/, 'UNTIL="TIME"');

const answerOf = ({ rc, stdout }: CommandResult): Answer => ({ rc: rc ?? -1, out: comparable(stdout) });

/** Debian's tool. */
const multipath = async (env: Env, args: string): Promise<Answer> =>
  answerOf(
    await machine().run(
      `rm -rf ${TIMERS}; ${Object.entries(env)
        .map(([name, value]) => `${name}=${value}`)
        .join(' ')} multipath ${args}`,
      { timeoutMs: 120_000 },
    ),
  );

/** mpathctl check, as a program of its own, or only its code, which is quicker. */
const mpathctl = async (env: Env, args: string): Promise<Answer> => {
  await guest(`rm -rf ${TIMERS}`);
  const words = ['check', ...args.split(' ').filter((word) => word !== '')];
  if (!asProgram) return answerOf(await ctlAtOnce(machine(), words, env));
  return answerOf(
    await machine().run(
      `env ${Object.entries(env)
        .map(([name, value]) => `${name}=${value}`)
        .join(' ')} node /project/dist/mpathctl.js ${words.join(' ')}`,
      { timeoutMs: 120_000 },
    ),
  );
};

type Env = Readonly<Record<string, string>>;

interface Question {
  env?: Env;
  /** The flags of multipath, and those of mpathctl check. */
  flags?: [string, string];
}

interface Compared {
  theirs: Answer;
  ours: Answer;
}

const askUdev = async (disk: string, { env = {}, flags = ['', ''] }: Question = {}): Promise<Compared> => ({
  theirs: await multipath(env, `${flags[0]} -u ${disk}`),
  ours: await mpathctl(env, `--udev ${flags[1]} ${disk}`),
});

const askPlainly = async (disk: string, { env = {}, flags = ['', ''] }: Question = {}): Promise<Compared> => ({
  theirs: await multipath(env, `${flags[0]} -c /dev/${disk}`),
  ours: await mpathctl(env, `${flags[1]} /dev/${disk}`),
});

/** The answers of both. */
const same = async (
  disk: string,
  question?: Question,
  ways: readonly (typeof askUdev)[] = [askUdev],
): Promise<Answer> => {
  let answer: Answer | undefined;
  for (const ask of ways) {
    const { theirs, ours } = await ask(disk, question);
    expect(ours).toEqual(theirs);
    answer = ours;
  }
  return answer as Answer;
};

const configure = (mode: Mode, more = ''): Promise<void> =>
  writeConfig(machine(), `defaults {\n\tfind_multipaths ${mode}\n\tuser_friendly_names no\n}\n${more}`);

const list = (disk: string): Promise<void> =>
  machine().write(WWIDS, `# Multipath wwids, Version : 1.0\n/${wwidOf(disk)}/\n`);

const EMPTY_FILES = `rm -rf ${FAILED} ${TIMERS} /etc/multipath; mkdir -p /etc/multipath`;

beforeAll(async () => {
  await configure('strict');
  await scsiDebug(machine(), { luns: 2, paths: 2 });
  await settle(machine());
  const disks = (await truthOf(machine())).disks.filter(({ wwid }) => wwid?.startsWith('naa.3333') === true);
  const byWwid = new Map<string, string[]>();
  for (const { name, wwid } of disks) byWwid.set(wwid ?? '', [...(byWwid.get(wwid ?? '') ?? []), name]);
  const [first, second] = [...byWwid.values()];
  [twin] = first as [string];
  const [kept, gone] = second as [string, string];
  single = kept;
  await guest(`echo 1 > /sys/block/${gone}/device/delete`);
  for (const disk of [twin, single])
    wwids.set(disk, await guest(`udevadm info --query=property --property=ID_SERIAL --value /dev/${disk}`));
  await settle(machine());
  await listen();
}, 600_000);

beforeEach(async () => {
  asProgram = false;
  await guest(EMPTY_FILES);
});

const BOTH = [askUdev, askPlainly];
const YES = { rc: 0, out: 'DM_MULTIPATH_DEVICE_PATH="1"' };
const NO = { rc: 0, out: 'DM_MULTIPATH_DEVICE_PATH="0"' };

describe.each(MODES)('find_multipaths %s', (mode) => {
  beforeEach(() => configure(mode));

  test('a LUN with two paths, and one with a single path', async () => {
    asProgram = mode === 'strict';
    await same(twin, {}, BOTH);
    await same(single, {}, BOTH);
  }, 120_000);

  test('in the wwids file', async () => {
    await list(single);
    expect(await same(single)).toEqual(YES);
    await same(twin);
  }, 120_000);

  test('marked as failed, though it is in the wwids file', async () => {
    await list(single);
    await guest(`mkdir -p ${FAILED} && touch '${FAILED}/${wwidOf(single)}'`);
    expect(await same(single)).toEqual(NO);
  }, 120_000);

  test('blacklisted, though it is in the wwids file', async () => {
    await list(single);
    await configure(mode, `blacklist {\n\twwid "${wwidOf(single)}"\n}\n`);
    expect(await same(single, {}, BOTH)).toEqual({ ...NO, rc: 1 });
  }, 120_000);

  test('mounted', async () => {
    await guest(`mkfs.ext4 -q /dev/${single} && mount /dev/${single} /mnt`);
    try {
      /*
       * Wanted differences, both as in multipath-tools since 0.9.6. There 0.9.4 says yes: with greedy, and with smart
       * for a listed LUN, mpathd leaves a disk in use to its user. A map of it could not be made.
       */
      if (mode === 'greedy') expect((await askUdev(single)).ours).toEqual(NO);
      else await same(single);
      await list(single);
      if (mode === 'greedy' || mode === 'smart') expect((await askUdev(single)).ours).toEqual(NO);
      else expect(await same(single)).toEqual(YES);
    } finally {
      await guest(`umount /mnt && wipefs -qa /dev/${single}`);
    }
  }, 240_000);

  test('in a map, whatever the files say', async () => {
    const size = await guest(`blockdev --getsz /dev/${single}`);
    const devt = await guest(`cat /sys/block/${single}/dev`);
    await guest(
      `dmsetup create held --uuid 'mpath-${wwidOf(single)}' --table '0 ${size} multipath 0 0 1 1 service-time 0 1 1 ${devt} 1'`,
    );
    try {
      await guest(`mkdir -p ${FAILED} && touch '${FAILED}/${wwidOf(single)}'`);
      expect(await same(single, {}, BOTH)).toEqual(YES);
    } finally {
      await guest('dmsetup remove --retry held');
    }
  }, 120_000);

  test('a map of its LUN without it', async () => {
    await guest(`dmsetup create other --uuid 'mpath-${wwidOf(single)}' --table '0 8 zero'`);
    try {
      await same(single);
    } finally {
      await guest('dmsetup remove --retry other');
    }
  }, 120_000);

  test('given free before', async () => {
    await same(twin, { env: { DM_MULTIPATH_DEVICE_PATH: '0' } });
    await list(twin);
    await same(twin, { env: { DM_MULTIPATH_DEVICE_PATH: '0' } });
  }, 120_000);

  test('with -i, --ignore-wwids', async () => {
    await same(single, { flags: ['-i', '--ignore-wwids'] });
  }, 120_000);
});

test('without a daemon no disk is a path for udev', async () => {
  asProgram = true;
  await configure('strict');
  await list(single);
  await listener.kill('KILL');
  await waitFor(machine(), 'the listener to end', async () => (await listener.exitCode()) ?? undefined, 60_000);
  expect(await same(single, {}, [askPlainly, askUdev])).toEqual(NO);
  await listen();
}, 240_000);

/** A partition table with one partition, from sector 2048 on. */
const PARTITION = `import struct, sys
entry = bytes([0, 0, 0, 0, 0x83, 0, 0, 0]) + struct.pack("<II", 2048, 8192)
open(sys.argv[1], "wb").write(bytes(446) + entry + bytes(48) + bytes([0x55, 0xaa]))`;

describe("udev's rules", () => {
  const RULES = '/etc/udev/rules.d';

  const properties = async (name: string): Promise<Record<string, string>> => {
    const lines = (await guest(`udevadm info --query=property --name=${name}`)).split('\n');
    return Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
  };
  const event = async (name: string, action: 'add' | 'change' = 'change'): Promise<Record<string, string>> => {
    await guest(`udevadm trigger --action=${action} --settle /sys/class/block/${name}`);
    return properties(name);
  };
  const MEMBER = { DM_MULTIPATH_DEVICE_PATH: '1', SYSTEMD_READY: '0', ID_FS_TYPE: 'mpath_member' };

  beforeAll(async () => {
    // The rules of kpartx would take away the partitions of members.
    await guest(`for rules in 60-multipath 68-del-part-nodes; do ln -sf /dev/null ${RULES}/$rules.rules; done`);
    await guest(
      `sed 's#/usr/lib/mpathd/#/project/dist/#' /project/packaging/60-mpathd.rules > ${RULES}/60-mpathd.rules && udevadm control --reload`,
    );
  }, 120_000);

  test('a disk of a listed LUN is kept for its map, and its partitions with it', async () => {
    await configure('strict');
    await guest(`python3 -c '${PARTITION}' /dev/${single} && blockdev --rereadpt /dev/${single} && udevadm settle`);
    await list(single);
    expect(await event(single)).toMatchObject(MEMBER);
    expect(await event(`${single}1`)).toMatchObject({
      DM_MULTIPATH_DEVICE_PATH: '1',
      SYSTEMD_READY: '0',
      ID_FS_TYPE: 'none',
    });
    await guest(`wipefs -qa /dev/${single} && blockdev --rereadpt /dev/${single} && udevadm settle`);
  }, 240_000);

  test('a disk of another LUN is given free, and not taken back for a second path', async () => {
    await configure('strict');
    const free = await event(twin);
    expect(free).toMatchObject({ DM_MULTIPATH_DEVICE_PATH: '0' });
    expect([free.SYSTEMD_READY, free.ID_FS_TYPE]).not.toContain('mpath_member');
    expect(free.SYSTEMD_READY).toBeUndefined();
    await configure('smart');
    expect(await event(twin)).toMatchObject({ DM_MULTIPATH_DEVICE_PATH: '0' });
  }, 240_000);

  test('with find_multipaths smart a single path is kept for a while, and then given free', async () => {
    await configure('smart');
    // udev's memory of the disk goes with the record.
    await guest(`rm -f /run/udev/data/b$(cat /sys/block/${single}/dev)`);
    const waiting = await event(single, 'add');
    expect(waiting).toMatchObject({ DM_MULTIPATH_DEVICE_PATH: '1', SYSTEMD_READY: '0' });
    expect(Number(waiting.FIND_MULTIPATHS_WAIT_UNTIL)).toBeGreaterThan(0);
    const over = await waitFor(
      machine(),
      'the wait to be over',
      async () => {
        const now = await event(single, 'add');
        return now.DM_MULTIPATH_DEVICE_PATH === '0' ? now : undefined;
      },
      120_000,
    );
    expect(over.FIND_MULTIPATHS_WAIT_UNTIL).toBe('0');
    expect(over.SYSTEMD_READY).toBeUndefined();
  }, 300_000);

  test('a daemon that has made a map, or was refused one, has them run again', async () => {
    await configure('greedy');
    await listener.kill('KILL');
    await waitFor(machine(), 'the listener to end', async () => (await listener.exitCode()) ?? undefined, 60_000);
    expect(await properties(twin)).toMatchObject({ DM_MULTIPATH_DEVICE_PATH: '0' });
    await guest(`mkfs.ext4 -q /dev/${single} && mount /dev/${single} /mnt`);
    // The refused map is seen before its table. Its end must not be taken for a removal by somebody else.
    await setFaults(machine(), [{ ioctl: 'DM_TABLE_LOAD', uuid: `mpath-${wwidOf(single)}`, delayMs: 1_000, count: 2 }]);
    const daemon = await startMpathd(machine(), '', { faults: true });
    try {
      await waitFor(
        machine(),
        'the disk to be a member',
        async () => ((await properties(twin)).DM_MULTIPATH_DEVICE_PATH === '1' ? true : undefined),
        120_000,
      );
      await waitFor(
        machine(),
        'the marker',
        async () => ((await machine().run(`test -e '${FAILED}/${wwidOf(single)}'`)).rc === 0 ? true : undefined),
        120_000,
      );
      expect(await daemon.log()).toContain(`${wwidOf(single)} is marked as failed`);
      expect(await daemon.log()).toContain(`${wwidOf(single)}: map of ${wwidOf(single)} found`);
      await guest('umount /mnt');
      await waitFor(
        machine(),
        'the marker to go',
        async () => ((await machine().run(`test -e '${FAILED}/${wwidOf(single)}'`)).rc === 1 ? true : undefined),
        180_000,
      );
      await waitFor(
        machine(),
        'the other disk to be a member',
        async () => ((await properties(single)).SYSTEMD_READY === '0' ? true : undefined),
        120_000,
      );
      expect(await guest(`cat ${WWIDS}`)).toContain(`/${wwidOf(single)}/`);
    } finally {
      await daemon.stop();
    }
  }, 600_000);
});
