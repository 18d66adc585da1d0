import { ask, type Daemon, startMpathd, writeConfig } from './daemon';
import { deletePath, rescanHosts, settle } from './disks';
import { type CommandResult, machineForFile, waitFor } from './machine';
import { statusOf } from './status';
import { fastUdev, scsiDebug } from './topologies';
import { expectTablesEqualKernel, truthOf } from './truth';

/* Faults in the surroundings of the daemon: it says what to do, and nothing is lost or changed. */
const machine = machineForFile();
const guest = (command: string): Promise<string> => machine().ok(command);
const WWID = '333333330000007d0';
const BINDINGS = '/etc/multipath/bindings';

/**
 * Everything below /etc/multipath: names, kinds, inodes, times of change, contents. The wwids file is left out, because
 * it remembers the map.
 */
const fingerprint = (): Promise<string> =>
  guest(
    `cd /etc/multipath && find . -mindepth 1 ! -name wwids -printf '%p %y %i %s %T@ %l\\n' | sort && find . -type f ! -name wwids -exec sha256sum {} +`,
  );

/** Runs the daemon in cases in which it must end by itself. */
const runDaemon = (args = '', prefix = ''): Promise<CommandResult> =>
  machine().run(`${prefix} node /project/dist/mpathd.js ${args}`, { timeoutMs: 60_000 });

/** The test waits until udev has closed the map: an open map is not removed. */
const deleteTheMap = async (): Promise<void> => {
  await settle(machine());
  expect(await ask(machine(), `del map ${(await truthOf(machine())).maps[0]!.name}`)).toBe('ok\n');
};

const cleanUp = (daemon: Daemon): Promise<void> =>
  daemon.stop().then(async () => {
    await guest('dmsetup ls --target multipath | cut -f1 | xargs -rn1 dmsetup remove --retry');
  });

beforeAll(async () => {
  await writeConfig(machine());
  await guest('mkdir -p /etc/multipath');
  await fastUdev(machine());
  await scsiDebug(machine(), { luns: 1, paths: 2 });
}, 400_000);

const BINDING = `mpathz ${WWID}`;
const READ_ONLY = 'mount --bind /etc/multipath /etc/multipath && mount -o remount,bind,ro /etc/multipath';
const LOCKER = `import fcntl, time
file = open('${BINDINGS}', 'r+')
fcntl.lockf(file, fcntl.LOCK_EX)
open('/run/locked', 'w').close()
time.sleep(1000)
`;

describe('a bindings file that cannot be used: the map is made all the same, and the file left as it is', () => {
  let daemon: Daemon;

  /** Checks that the map has this name, and that the log says this about the file after its first `logged` lines. */
  const expectMap = async (name: string, says: RegExp, logged = 0): Promise<void> => {
    const truth = await expectTablesEqualKernel(machine(), { maps: 1, paths: 2 });
    expect(truth.maps[0]!.name).toBe(name);
    const lines = (await daemon.log()).split('\n').slice(logged);
    expect(lines.filter((line) => says.test(line) && / (error|warning) /.test(line))).not.toEqual([]);
    // The log says what to do.
    expect(lines.join('\n')).toMatch(/correct the bindings file/);
  };
  const linesLogged = async (): Promise<number> => (await daemon.log()).split('\n').length - 1;

  test('a read-only file system at the start, with a binding in the file: that is the name', async () => {
    await guest(`echo ${BINDING} > ${BINDINGS} && ${READ_ONLY}`);
    const before = await fingerprint();
    daemon = await startMpathd(machine());
    await expectMap('mpathz', /EROFS/);
    await cleanUp(daemon);
    expect(await fingerprint()).toBe(before);
    await guest(`umount /etc/multipath; rm ${BINDINGS}`);
  });

  test('a directory in its place at the start', async () => {
    await guest(`mkdir ${BINDINGS}`);
    const before = await fingerprint();
    daemon = await startMpathd(machine());
    await expectMap(WWID, /not a regular file|EISDIR/);
    expect(await fingerprint()).toBe(before);
  });

  // The same daemon goes on. It reads the file again for each map that it makes.
  test.each([
    {
      name: 'bytes that are no text',
      make: `printf '${BINDING}\\n\\377\\376junk' > ${BINDINGS}`,
      map: WWID,
      says: /not UTF-8/,
    },
    {
      name: 'two megabytes of junk',
      make: `head -c 2097152 /dev/urandom > ${BINDINGS}`,
      map: WWID,
      says: /larger than 1048576 bytes/,
    },
    {
      name: 'symbolic links in a loop',
      make: `ln -s bindings2 ${BINDINGS} && ln -s bindings ${BINDINGS}2`,
      map: WWID,
      says: /ELOOP/,
    },
    {
      name: 'a read-only file system without a file',
      make: READ_ONLY,
      undo: 'umount /etc/multipath',
      map: WWID,
      says: /EROFS/,
    },
    {
      name: 'lines that are no bindings',
      make: `printf '${BINDING}\\nmpathq\\n' > ${BINDINGS}`,
      map: 'mpathz',
      says: /line 2: no WWID for alias "mpathq"/,
    },
    {
      name: 'a lock that another process never gives up',
      make: `touch ${BINDINGS} && { setsid python3 /run/locker.py > /dev/null 2>&1 < /dev/null & } && until [ -e /run/locked ]; do sleep 0.1; done`,
      undo: "pkill -f '^python3 /run/[l]ocker'",
      // The last contents of the file are not forgotten.
      map: 'mpathz',
      says: /lock .*held by pid \d+ \(python3\)/,
    },
  ])('$name', async ({ make, undo, map, says }) => {
    await machine().write('/run/locker.py', LOCKER);
    await deleteTheMap();
    await guest(`rm -rf ${BINDINGS}* && ${make}`);
    try {
      const [before, logged] = [await fingerprint(), await linesLogged()];
      // The test does not wait for the right answer: because of the lock the answer is "timeout".
      await ask(machine(), `add map ${WWID}`);
      await expectMap(map, says, logged);
      expect(await fingerprint()).toBe(before);
    } finally {
      if (undo !== undefined) await guest(undo);
    }
  });

  test('once the file is put right, the next map has its alias again', async () => {
    await guest(`rm -rf ${BINDINGS}*`);
    await deleteTheMap();
    expect(await ask(machine(), `add map ${WWID}`)).toBe('ok\n');
    expect((await expectTablesEqualKernel(machine(), { maps: 1, paths: 2 })).maps[0]!.name).toBe('mpatha');
    expect(await guest(`grep -v ^# ${BINDINGS}`)).toBe(`mpatha ${WWID}`);
    await daemon.stop();
  });
});

describe('messages on the uevent sockets by others than kernel and udevd', () => {
  /** Sends the same messages several times: as a multicast to a group, and to the daemon's own port. */
  const SENDER = `
import socket, struct, sys
name, devpath, devt = sys.argv[1:4]
major, minor = devt.split(':')
text = f'remove@{devpath}\\0ACTION=remove\\0DEVPATH={devpath}\\0SUBSYSTEM=block\\0MAJOR={major}\\0MINOR={minor}\\0DEVNAME={name}\\0DEVTYPE=disk\\0SEQNUM=999999\\0'.encode()
s = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, 15)
s.bind((0, 0))
sent = 0
def send(message, port, group):
    global sent
    try:
        s.sendto(message, (port, group))
        sent += 1
    except ConnectionRefusedError:
        pass
for _ in range(5):
    send(text, 0, 1)
    send(b'libudev\\0' + struct.pack('>I', 1) + text, 0, 2)
for line in open('/proc/net/netlink').read().splitlines()[1:]:
    _, family, port, groups = line.split()[:4]
    if family == '15' and groups == '00000001': send(text, int(port), 0)
print(sent)
`;

  test('are refused and counted, and take no path away', async () => {
    const daemon = await startMpathd(machine());
    const before = await expectTablesEqualKernel(machine(), { maps: 1, paths: 2 });
    const refused = async (): Promise<number> => (await statusOf(machine())).truth.refusedMessages;
    expect(await refused()).toBe(0);
    const disk = before.disks.find((one) => one.devt === before.maps[0]!.groups[0]!.paths[0])!;
    await machine().write('/run/sender.py', SENDER);
    const sent = await guest(
      `python3 /run/sender.py ${disk.name} $(realpath /sys/block/${disk.name} | cut -c5-) ${disk.devt}`,
    );
    expect(Number(sent)).toBeGreaterThanOrEqual(10);
    await waitFor(
      machine(),
      'the messages to be counted',
      async () => ((await refused()) >= 10 ? true : undefined),
      20_000,
    );
    const after = await expectTablesEqualKernel(machine(), { maps: 1, paths: 2 });
    expect(after.maps[0]!.groups).toEqual(before.maps[0]!.groups);
    expect(await ask(machine(), `show path ${disk.name}`)).toBe('running\n');
    await cleanUp(daemon);
  });
});

describe('a daemon that cannot run says why and what to do', () => {
  test('an unknown option', async () => {
    const result = await runDaemon('--verbosty 3');
    expect(result.rc).toBe(2);
    expect(result.stderr).toMatch(/verbosty[^]*mpathd --help/);
  });

  test('an argument that is none', async () => {
    expect(await runDaemon('reconfigure')).toMatchObject({
      rc: 2,
      stderr: expect.stringMatching(/reconfigure[^]*--help/) as string,
    });
  });

  test('not root', async () => {
    const result = await runDaemon('', 'setpriv --reuid=65534 --regid=65534 --clear-groups');
    expect(result.rc).toBe(1);
    expect(result.stderr).toMatch(/need to be root.*run it as root/);
  });

  test('no multipath target and no module of it', async () => {
    await guest(
      "echo 'install dm_multipath /bin/false' > /etc/modprobe.d/test.conf && modprobe -r dm_service_time dm_queue_length dm_multipath",
    );
    const result = await runDaemon();
    expect(result.rc).toBe(1);
    expect(result.stderr).toContain('modprobe dm_multipath');
  });

  test('no device-mapper at all', async () => {
    await guest(
      "modprobe -r dm_mod && rm -f /dev/mapper/control && echo 'install dm_mod /bin/false' >> /etc/modprobe.d/test.conf",
    );
    const result = await runDaemon();
    expect(result.rc).toBe(1);
    expect(result.stderr).toContain('modprobe -a dm_mod dm_multipath');
    await guest('rm /etc/modprobe.d/test.conf && modprobe -a dm_mod dm_multipath');
  });

  test('none of them left anything behind: a daemon that can run does', async () => {
    const daemon = await startMpathd(machine());
    await expectTablesEqualKernel(machine(), { maps: 1, paths: 2 });
    expect((await truthOf(machine())).maps[0]!.name).toBe('mpatha');
    await cleanUp(daemon);
  });
});

/** Six users open three hundred connections each, and say nothing. */
const HOARD = `
import os, socket, time
for uid in range(60001, 60007):
  if os.fork() == 0:
    os.setgid(uid)
    os.setuid(uid)
    kept = []
    for _ in range(300):
      one = socket.socket(socket.AF_UNIX)
      try: one.connect("\\0/org/kernel/linux/storage/multipathd")
      except OSError: continue
      kept.append(one)
    print("hoarded", flush=True)
    time.sleep(1000)
time.sleep(1000)`;

test('users take all connections that they get: a deleted path leaves its map, another joins, and root is answered', async () => {
  const limit = (files: number): Promise<string> => guest(`prlimit --pid $PPID --nofile=${files}:`);
  const before = (await guest('ulimit -n')).trim();
  await limit(1_024);
  const daemon = await startMpathd(machine(), '-v info --polling-interval 1');
  await limit(Number(before));
  const truth = await expectTablesEqualKernel(machine(), { maps: 1, paths: 2 });
  const [leaving, staying] = truth.maps[0]!.groups.flatMap(({ paths }) => paths);
  const hoard = await machine().start(`exec python3 -c '${HOARD}'`);
  await waitFor(
    machine(),
    'the users',
    async () => ((await hoard.log()).match(/hoarded/g)?.length === 6 ? true : undefined),
    60_000,
  );
  // The kernel has connected them all; the daemon may still be taking them in.
  await waitFor(
    machine(),
    'the daemon to have no connection left for users',
    async () => (Number(await guest(`ls /proc/${daemon.process.pid}/fd | wc -l`)) > 450 ? true : undefined),
    60_000,
  );
  await deletePath(machine(), truth.disks.find(({ devt }) => devt === leaving)!.name);
  const after = await expectTablesEqualKernel(machine(), { maps: 1, paths: 1 });
  expect(after.maps[0]!.groups.flatMap(({ paths }) => paths)).toEqual([staying]);
  await rescanHosts(machine());
  await expectTablesEqualKernel(machine(), { maps: 1, paths: 2 });
  expect(await daemon.log()).not.toMatch(/EMFILE/);
  await hoard.kill('KILL');
  await cleanUp(daemon);
});
