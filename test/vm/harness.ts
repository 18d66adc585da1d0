import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { continueUdevd, deletePath, killUdevd, rescanHosts, setState, settle, startUdevd, stopUdevd } from './disks';
import { FAULT_ENVIRONMENT, type Fault, faultHits, setFaults } from './faults';
import { machineForFile, waitFor } from './machine';
import type { MachineKind } from './needs';
import { lioLoop, scsiDebug, setAluaState } from './topologies';
import { truthOf } from './truth';

/** Tests of the machine, of the actions on it and of what it shows, on each kind of machine. */
export const testHarness = (kind: MachineKind): void => {
  const machine = machineForFile({ kind });
  const guest = (command: string): Promise<string> => machine().ok(command);
  const disksOf = async (pattern: RegExp) =>
    (await truthOf(machine())).disks.filter((disk) => pattern.test(disk.wwid ?? ''));

  describe('a machine', () => {
    test('runs the kernel with device-mapper multipath, as root', async () => {
      expect(await guest('id -u')).toBe('0');
      expect(await guest('dmsetup targets | grep -c ^multipath')).toBe('1');
      expect(await guest('node --version')).toBe(process.version);
    });

    test('gives the exit code and both streams of a command, byte for byte', async () => {
      const text = 'a "quoted" line\nand \u00fcml\u00e4uts\n'.repeat(20_000);
      const result = await machine().run('cat; echo trouble >&2; exit 3', { stdin: text });
      expect(result).toEqual({ rc: 3, stdout: text, stderr: 'trouble\n', timedOut: false });
    });

    test('throws with the output of a failing command', async () => {
      await expect(guest('echo the reason; false')).rejects.toThrow(/ended with 1\nthe reason/);
    });

    test('has the checkout at /project, not writable, and a share both can write', async () => {
      expect(await guest('cat /project/package.json')).toBe(readFileSync('package.json', 'utf8').trim());
      expect((await machine().run('touch /project/package.json')).rc).not.toBe(0);
      writeFileSync(join(machine().out, 'from-host'), 'hello');
      expect(await guest('cat /out/from-host; echo answer > /out/from-guest')).toBe('hello');
      expect(readFileSync(join(machine().out, 'from-guest'), 'utf8')).toBe('answer\n');
    });

    test('answers while another command hangs, and ends that one with all it started', async () => {
      const hung = machine().run('sleep 4711 & sleep 4711', { timeoutMs: 3000 });
      expect(await guest('pgrep -fc "^sleep 471[1]"')).toBe('2');
      expect(await hung).toMatchObject({ timedOut: true });
      await waitFor(
        machine(),
        'the children to end',
        async () => ((await machine().run('pgrep -f "^sleep 471[1]"')).rc === 1 ? true : undefined),
        5000,
      );
    });

    test('keeps a background command, its log and its exit code', async () => {
      const background = await machine().start('echo started; sleep 1000');
      await waitFor(
        machine(),
        'its output',
        async () => ((await background.log()) === 'started\n' ? true : undefined),
        5000,
      );
      expect(await background.exitCode()).toBeNull();
      await background.kill('KILL');
      await waitFor(machine(), 'its end', async () => ((await background.exitCode()) === -9 ? true : undefined), 5000);
    });

    test('has a monitor that tells a bad command', async () => {
      if (machine().kind === 'uml')
        return void (await expect(machine().monitor('info status')).rejects.toThrow('has no monitor'));
      expect(await machine().monitor('info status')).toContain('running');
      await expect(machine().monitor('device_del nothing')).rejects.toThrow(/not found/);
    });

    test('keeps the console', async () => {
      await guest('echo "<0>hello from the guest" > /dev/kmsg');
      await waitFor(
        machine(),
        'the line',
        async () => (machine().consoleLog().includes('hello from the guest') ? true : undefined),
        5000,
      );
    });
  });

  describe('disks', () => {
    test('scsi_debug gives each LUN one WWID on every path', async () => {
      await scsiDebug(machine(), { luns: 2, paths: 2 });
      const wwids = (await disksOf(/^naa\.3333/)).map((disk) => disk.wwid).sort();
      expect(wwids).toHaveLength(4);
      expect(new Set(wwids).size).toBe(2);
      expect(wwids[0]).toBe(wwids[1]);
    });

    test('a deleted path is gone at once and comes back as another disk', async () => {
      const [disk] = await disksOf(/^naa\.3333/);
      await deletePath(machine(), disk!.name);
      expect((await disksOf(/^naa\.3333/)).map((one) => one.diskseq)).not.toContain(disk!.diskseq);
      await rescanHosts(machine());
      await settle(machine());
      const after = await disksOf(/^naa\.3333/);
      expect(after).toHaveLength(4);
      expect(after.map((one) => one.diskseq)).not.toContain(disk!.diskseq);
    });

    test('an offline disk refuses reads until it runs again', async () => {
      const [disk] = await disksOf(/^naa\.3333/);
      const read = `dd if=/dev/${disk!.name} of=/dev/null bs=4096 count=1 iflag=direct`;
      await setState(machine(), disk!.name, 'offline');
      expect((await machine().run(read)).rc).toBe(1);
      await setState(machine(), disk!.name, 'running');
      await guest(read);
    });

    test('LIO gives one LUN in two port groups whose states can be set', async () => {
      await lioLoop(machine(), { paths: 2 });
      const disks = await disksOf(/^naa\.6001405/);
      expect(disks).toHaveLength(2);
      expect(new Set(disks.map((disk) => disk.wwid)).size).toBe(1);
      const states = () =>
        guest(
          `for d in ${disks.map((disk) => disk.name).join(' ')}; do sg_rtpg -d /dev/$d | grep -c 'active/optimized' || true; done`,
        );
      expect(await states()).toBe('1\n1');
      await setAluaState(machine(), 'gA', 'standby');
      expect(await states()).toBe('0\n0');
    });
  });

  describe('the truth', () => {
    /**
     * Makes a map with dmsetup, one group per path. Its UUID must not begin with mpath-: Debian's udev
     * rules run `multipath -U` on those, which fails the paths of a map that no configuration names.
     */
    const makeMap = async (
      name: string,
      uuid: string,
      disks: readonly { devt: string; sectors: number }[],
    ): Promise<void> => {
      const groups = disks.map((disk) => `service-time 0 1 2 ${disk.devt} 1 1`).join(' ');
      const table = `0 ${disks[0]!.sectors} multipath 1 queue_if_no_path 0 ${disks.length} 1 ${groups}`;
      await guest(`dmsetup create '${name}' --uuid ${uuid} --table '${table}'`);
    };

    test('is what dmsetup made, path by path, group by group', async () => {
      const all = await disksOf(/^naa\.3333/);
      const disks = all.filter((disk) => disk.wwid === all[0]!.wwid);
      await makeMap('by-hand', 'byhand-1', disks);
      const before = (await truthOf(machine())).maps[0]!.events;
      await guest(`dmsetup message 'by-hand' 0 'fail_path ${disks[1]!.devt}'`);
      // udev opens a changed map for a moment.
      await settle(machine());
      const { maps } = await truthOf(machine());
      expect(maps).toHaveLength(1);
      expect(maps[0]).toMatchObject({
        name: 'by-hand',
        uuid: 'byhand-1',
        sectors: disks[0]!.sectors,
        suspended: false,
        features: ['queue_if_no_path'],
        handler: [],
        groups: disks.map((disk) => ({ selector: 'service-time', paths: [disk.devt] })),
        states: { [disks[0]!.devt]: 'A', [disks[1]!.devt]: 'F' },
        failCounts: { [disks[0]!.devt]: 0, [disks[1]!.devt]: 1 },
      });
      expect(maps[0]!.events).toBeGreaterThan(before);
      const { uuid, devt, events, open } = maps[0]!;
      expect(await guest(`dmsetup info -c --noheadings -o uuid,major,minor,events,open by-hand`)).toBe(
        [uuid, devt, events, open].join(':'),
      );
      expect(await guest(`stat -L -c %Hr:%Lr '/dev/mapper/by-hand'`)).toBe(devt);
      const held = (await truthOf(machine())).disks.filter((disk) => disk.holders.length > 0);
      expect(held.map((disk) => disk.devt).sort()).toEqual(disks.map((disk) => disk.devt).sort());
    });

    test('shows a map that is suspended, and one without a table', async () => {
      await guest(`dmsetup suspend --noflush --nolockfs 'by-hand'; dmsetup create empty --uuid mpath-test2 --notable`);
      const { maps } = await truthOf(machine());
      expect(maps.find((map) => map.name === 'by-hand')).toMatchObject({ suspended: true });
      expect(maps.find((map) => map.name === 'empty')).toMatchObject({ uuid: 'mpath-test2', groups: [] });
      await guest(`dmsetup resume 'by-hand'; dmsetup remove --retry empty`);
    });
  });

  describe('faults', () => {
    const withFaults = (command: string) =>
      machine().run(
        `${Object.entries(FAULT_ENVIRONMENT)
          .map(([name, value]) => `${name}=${value}`)
          .join(' ')} ${command}`,
      );

    beforeAll(async () => {
      const other = (await disksOf(/^naa\.6001405/))[0]!;
      await guest(
        `dmsetup create other --uuid byhand-other --table '0 ${other.sectors} multipath 0 0 1 1 service-time 0 1 2 ${other.devt} 1 1'`,
      );
    });

    test('an ioctl on one map fails, the same on another works, and the hit is on record', async () => {
      await setFaults(machine(), [{ ioctl: 'DM_TABLE_STATUS', name: 'by-hand', errno: 'ENOMEM' }]);
      const failed = await withFaults(`dmsetup status 'by-hand'`);
      expect(failed.rc).toBe(1);
      expect(failed.stderr).toContain('Cannot allocate memory');
      expect((await withFaults('dmsetup status other')).stdout).toContain('multipath');
      expect((await faultHits(machine())).at(-1)).toContain('DM_TABLE_STATUS');
    });

    test('a fault counted out is over, and its replacement in force at once', async () => {
      // One process, like a daemon: it keeps the count itself.
      const asks =
        'import fcntl,struct,os\nfd=os.open("/dev/mapper/control",os.O_RDWR)\nfor _ in range(4):\n' +
        '  b=bytearray(struct.pack("=3I2I2IiIIQ",4,0,0,16384,312,0,0,0,0,0,0)).ljust(16384,b"\\0")\n' +
        '  try: fcntl.ioctl(fd,0xc138fd02,b); print("ok")\n  except OSError as e: print(e.errno)\n';
      await machine().write('/run/list.py', asks);
      await setFaults(machine(), [{ ioctl: 'DM_LIST_DEVICES', errno: 'EINTR', count: 2 }]);
      expect((await withFaults('python3 /run/list.py')).stdout).toBe('4\n4\nok\nok\n');
      await setFaults(machine(), []);
      expect((await withFaults('python3 /run/list.py')).stdout).toBe('ok\nok\nok\nok\n');
    });

    test.each(['by-hand', 'other'])('a listing leaves out the map %s', async (hide) => {
      await setFaults(machine(), [{ ioctl: 'DM_LIST_DEVICES', hide }]);
      const names = (await withFaults('dmsetup ls')).stdout
        .split('\n')
        .map((line) => line.split('\t')[0])
        .filter((name) => name !== '')
        .sort();
      expect(names).toEqual(['by-hand', 'other'].filter((name) => name !== hide));
    });

    test('a delayed ioctl hangs for that long, and then succeeds', async () => {
      await setFaults(machine(), [{ ioctl: 'DM_TABLE_STATUS', only: 'status', name: 'other', delayMs: 600_000 }]);
      const hung = machine().run(
        `env LD_PRELOAD=${FAULT_ENVIRONMENT.LD_PRELOAD} MPATHD_FAULTS=${FAULT_ENVIRONMENT.MPATHD_FAULTS} dmsetup status other`,
        { timeoutMs: 4000 },
      );
      expect((await withFaults('dmsetup table other')).rc).toBe(0);
      expect(await hung).toMatchObject({ timedOut: true });
    });

    test('a command that fails after the fact was done all the same', async () => {
      await setFaults(machine(), [{ ioctl: 'DM_DEV_REMOVE', name: 'other', errno: 'EIO', after: true }]);
      expect((await withFaults('dmsetup remove --noudevsync --noudevrules other')).rc).toBe(1);
      expect((await machine().run('dmsetup info other')).rc).toBe(1);
    });

    test('one SCSI command to one disk fails', async () => {
      const [one, two] = await disksOf(/^naa\.3333/);
      const TEST_UNIT_READY = 0;
      await setFaults(machine(), [{ ioctl: 'SG_IO', dev: one!.devt, opcode: TEST_UNIT_READY, errno: 'ENOMEM' }]);
      expect((await withFaults(`sg_turs /dev/${one!.name}`)).rc).not.toBe(0);
      expect((await withFaults(`sg_turs /dev/${two!.name}`)).rc).toBe(0);
      expect((await withFaults(`sg_inq /dev/${one!.name}`)).rc).toBe(0);
    });

    test('a rule that cannot be read ends the program instead of doing nothing', async () => {
      const bad: Fault = { ioctl: 'DM_NO_SUCH_THING' };
      await setFaults(machine(), [bad]);
      expect((await withFaults('dmsetup ls')).stderr).toContain('bad rule');
      await setFaults(machine(), []);
    });
  });

  describe('udevd', () => {
    let marks = 0;

    beforeAll(async () => {
      await machine().write(
        '/run/udev/rules.d/99-mark.rules',
        'ENV{SYNTH_ARG_MARK}=="?*", ENV{MPATHD_TEST_MARK}="$env{SYNTH_ARG_MARK}"\n',
      );
      await guest('udevadm control --reload');
    });

    /** True if udevd works on a new event within some seconds. A rule puts the event's mark into its database. */
    const works = async (): Promise<boolean> => {
      const { name, devt } = (await disksOf(/^naa\.3333/))[0]!;
      const mark = ++marks;
      await guest(`echo "change $(cat /proc/sys/kernel/random/uuid) MARK=${mark}" > /sys/block/${name}/uevent`);
      const look = `for i in {1..60}; do grep -qx E:MPATHD_TEST_MARK=${mark} /run/udev/data/b${devt} && exit 0; sleep 0.1; done; exit 1`;
      return (await machine().run(look)).rc === 0;
    };

    test('stops with its workers, and goes on with what has piled up', async () => {
      expect(await works()).toBe(true);
      await stopUdevd(machine());
      expect(await works()).toBe(false);
      await continueUdevd(machine());
      await settle(machine());
      expect(await guest('cat /run/udev/data/b8:* | grep -c MPATHD_TEST_MARK=2')).toBe('1');
      expect(await works()).toBe(true);
    });

    test('is gone when killed, and works again when started', async () => {
      await killUdevd(machine());
      expect((await machine().run('pidof systemd-udevd')).rc).toBe(1);
      await startUdevd(machine());
      expect(await works()).toBe(true);
    });
  });

  describe('a guest that dies', () => {
    test('fails what is waited for with its last words', async () => {
      const dying = machine().run('echo c > /proc/sysrq-trigger');
      await expect(dying).rejects.toThrow(/the guest died[^]*Kernel panic/);
      expect(existsSync(machine().out)).toBe(true);
    });
  });
};
