import { writeConfig } from './daemon';
import { settle } from './disks';
import { type Background, machineForFile, waitFor } from './machine';
import { scsiDebug } from './topologies';
import { truthOf } from './truth';

/*
 * `mpathctl check` beside Debian's `multipath -u` and `multipath -c`: the same disks, the same files, the same
 * variables and exit codes, but for the differences that are wanted. Then the udev rules that use it.
 *
 * No daemon is there, only somebody who listens where one would: nothing but the question is to change anything.
 */
const machine = machineForFile();
const guest = (command: string): Promise<string> => machine().ok(command, { timeoutMs: 120_000 });

const MODES = ['off', 'on', 'strict', 'greedy', 'smart'] as const;
type Mode = (typeof MODES)[number];

/** A LUN with two paths, and one with one. */
let twin: string;
let single: string;
const wwids = new Map<string, string>();
let listener: Background;

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
  await waitFor(machine(), 'the listener', async () => ((await guest('cat /proc/net/unix')).includes('@/org/kernel/linux/storage/multipathd') ? true : undefined), 60_000);
};

interface Answer {
  rc: number;
  out: string;
}

/** How long is left depends on when it is asked. */
const comparable = (text: string): string => text.trim().replace(/UNTIL="[1-9]\d*\.\d{6}"|UNTIL="0\.\d{6}"/, 'UNTIL="TIME"');

const answerOf = async (command: string): Promise<Answer> => {
  const { rc, stdout } = await machine().run(`rm -rf ${TIMERS}; ${command}`, { timeoutMs: 120_000 });
  return { rc: rc ?? -1, out: comparable(stdout) };
};

interface Compared {
  udev: { theirs: Answer; ours: Answer };
  plain: { theirs: Answer; ours: Answer };
}

const compared = async (disk: string, { env = '', flags = ['', ''] }: { env?: string; flags?: [string, string] } = {}): Promise<Compared> => ({
  udev: {
    theirs: await answerOf(`${env} multipath ${flags[0]} -u ${disk}`),
    ours: await answerOf(`${env} node /project/dist/mpathctl.js check --udev ${flags[1]} ${disk}`),
  },
  plain: {
    theirs: await answerOf(`${env} multipath ${flags[0]} -c /dev/${disk}`),
    ours: await answerOf(`${env} node /project/dist/mpathctl.js check ${flags[1]} /dev/${disk}`),
  },
});

const configure = (mode: Mode, more = ''): Promise<void> =>
  writeConfig(machine(), `defaults {\n\tfind_multipaths ${mode}\n\tuser_friendly_names no\n}\n${more}`);

const list = (disk: string): Promise<void> => machine().write(WWIDS, `# Multipath wwids, Version : 1.0\n/${wwidOf(disk)}/\n`);

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
  for (const disk of [twin, single]) wwids.set(disk, await guest(`udevadm info --query=property --property=ID_SERIAL --value /dev/${disk}`));
  await settle(machine());
  await listen();
}, 600_000);

beforeEach(() => guest(EMPTY_FILES));

describe.each(MODES)('find_multipaths %s', (mode) => {
  beforeEach(() => configure(mode));

  const same = async (disk: string, options?: Parameters<typeof compared>[1]): Promise<Compared> => {
    const answers = await compared(disk, options);
    expect({ udev: answers.udev.ours, plain: answers.plain.ours }).toEqual({ udev: answers.udev.theirs, plain: answers.plain.theirs });
    return answers;
  };

  test('a LUN with two paths, and one with a single path', async () => {
    await same(twin);
    const { plain } = await same(single);
    expect(plain.ours.out).toMatch(/DM_MULTIPATH_DEVICE_PATH="[012]"/);
  }, 120_000);

  test('in the wwids file', async () => {
    await list(single);
    const { plain } = await same(single);
    expect(plain.ours.out).toContain('DM_MULTIPATH_DEVICE_PATH="1"');
    await same(twin);
  }, 120_000);

  test('marked as failed, though it is in the wwids file', async () => {
    await list(single);
    await guest(`mkdir -p ${FAILED} && touch '${FAILED}/${wwidOf(single)}'`);
    const { plain } = await same(single);
    expect(plain.ours).toEqual({ rc: 1, out: 'DM_MULTIPATH_DEVICE_PATH="0"' });
  }, 120_000);

  test('blacklisted, though it is in the wwids file', async () => {
    await list(single);
    await configure(mode, `blacklist {\n\twwid "${wwidOf(single)}"\n}\n`);
    const { plain } = await same(single);
    expect(plain.ours.rc).toBe(1);
  }, 120_000);

  test('mounted', async () => {
    await guest(`mkfs.ext4 -q /dev/${single} && mount /dev/${single} /mnt`);
    try {
      await same(single);
      await list(single);
      await same(single);
    } finally {
      await guest(`umount /mnt && wipefs -qa /dev/${single}`);
    }
  }, 240_000);

  test('in a map, whatever the files say', async () => {
    const size = await guest(`blockdev --getsz /dev/${single}`);
    const devt = await guest(`cat /sys/block/${single}/dev`);
    await guest(`dmsetup create held --uuid 'mpath-${wwidOf(single)}' --table '0 ${size} multipath 0 0 1 1 service-time 0 1 1 ${devt} 1'`);
    try {
      await guest(`mkdir -p ${FAILED} && touch '${FAILED}/${wwidOf(single)}'`);
      const { plain } = await same(single);
      expect(plain.ours).toEqual({ rc: 0, out: 'DM_MULTIPATH_DEVICE_PATH="1"' });
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
    await same(twin, { env: 'DM_MULTIPATH_DEVICE_PATH=0' });
    await list(twin);
    await same(twin, { env: 'DM_MULTIPATH_DEVICE_PATH=0' });
  }, 120_000);

  test('with -i, --ignore-wwids', async () => {
    await same(single, { flags: ['-i', '--ignore-wwids'] });
  }, 120_000);
});

test('without a daemon no disk is a path for udev', async () => {
  await configure('strict');
  await list(single);
  await listener.kill('KILL');
  await waitFor(machine(), 'the listener to end', async () => (await listener.exitCode()) ?? undefined, 60_000);
  const { udev, plain } = await compared(single);
  expect(udev.ours).toEqual(udev.theirs);
  expect(udev.ours).toEqual({ rc: 0, out: 'DM_MULTIPATH_DEVICE_PATH="0"' });
  expect(plain.ours).toEqual(plain.theirs);
  await listen();
}, 240_000);
