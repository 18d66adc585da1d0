import { setTimeout as sleep } from 'node:timers/promises';
import { ask, type Daemon, OFTEN_CHECKED_CONFIG, startMpathd, startMultipathd, writeConfig } from './daemon';
import { machineForFile, waitFor } from './machine';
import { askScsi, diskOf, doScsi } from './scsi';
import { iscsi, lioLoop, nvmeDevices, setAluaState, virtioScsiDevices, virtioScsiPath } from './topologies';
import { expectTablesEqualKernel, type KernelMap, type Truth, truthOf } from './truth';
import { stripped } from './words';

/* The other kinds of disks. Each comes while the daemon runs, and goes in the way of its kind. */
const machine = machineForFile({
  needs: ['alua', 'devices'],
  devices: [nvmeDevices({ controllers: 2 }), virtioScsiDevices({ hbas: 2, luns: 2 })],
});
const guest = (command: string): Promise<string> => machine().ok(command, { timeoutMs: 120_000 });
let daemon: Daemon;

/** For NVMe the hardware table uses only sysfs. */
const CONFIG = `${OFTEN_CHECKED_CONFIG}devices {
	device {
		vendor NVME
		product .*
		path_checker directio
	}
	device {
		vendor LIO-ORG
		product .*
		vpd_vendor hp3par
	}
}
`;

/** The map whose paths have a WWID in sysfs with this beginning. */
const mapOf = (truth: Truth, wwid: string): KernelMap => {
  const numbers = new Set(truth.disks.filter((disk) => disk.wwid?.startsWith(wwid) === true).map((disk) => disk.devt));
  const map = truth.maps.find((one) => one.groups.some((group) => group.paths.some((devt) => numbers.has(devt))));
  if (map === undefined) throw new Error(`no map has a path ${wwid}`);
  return map;
};
const property = (disk: string, key: string): Promise<string> =>
  guest(`udevadm info --query=property --property=${key} --value /dev/${disk}`);

beforeAll(async () => {
  await guest('rm -rf /etc/multipath');
  await writeConfig(machine(), CONFIG);
  await guest('. /project/test/vm/guest/topologies/common.sh');
  daemon = await startMpathd(machine(), '-v3');
}, 300_000);

afterEach(async () => {
  if (process.env.MPATHD_VM_LOG !== undefined) process.stdout.write(await daemon.log());
});

test('without disks that can be paths there is nothing', async () => {
  await expectTablesEqualKernel(machine(), { maps: 0, paths: 0 });
});

describe('NVMe', () => {
  test("one namespace behind two controllers is one map, named by udev's ID_WWN", async () => {
    await guest('modprobe nvme');
    const truth = await expectTablesEqualKernel(machine(), { maps: 1, paths: 2 });
    const [map] = truth.maps;
    expect(map!.uuid).toBe(`mpath-${await property('nvme0n1', 'ID_WWN')}`);
    expect(map).toMatchObject({ handler: [], groups: [{ selector: 'service-time' }] });
  });

  test('its paths are checked by a read, where that is configured', async () => {
    // Completed reads: the first word (Documentation/block/stat.rst). Nobody else reads the disk, because udevd has
    // settled.
    await guest('udevadm settle');
    const reads = async (): Promise<number> => Number((await guest('cat /sys/block/nvme1n1/stat')).split(/\s+/)[0]);
    const before = await reads();
    await waitFor(machine(), 'a read', async () => ((await reads()) > before ? true : undefined), 60_000);
    const paths = await ask(machine(), 'show paths raw format "%d %T"');
    expect(
      paths
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line) => line.trim())
        .sort(),
    ).toEqual(['nvme0n1 ready', 'nvme1n1 ready']);
  });

  test('a path goes with its controller', async () => {
    await machine().monitor('device_del nvme-controller1');
    await expectTablesEqualKernel(machine(), { maps: 1, paths: 1 });
  });
});

describe("QEMU's virtio-scsi", () => {
  test('each LUN behind two HBAs is one map, each path in a group of its own: it has no ALUA, and failover is the default', async () => {
    await guest('modprobe -a virtio_scsi sd_mod');
    const truth = await expectTablesEqualKernel(machine(), { maps: 3, paths: 5 });
    for (const lun of ['naa.5000c50000000000', 'naa.5000c50000000001']) {
      const map = mapOf(truth, lun);
      expect(map.groups.map((group) => group.paths.length)).toEqual([1, 1]);
      const disk = truth.disks.find((one) => one.wwid === lun)!;
      expect(map.uuid).toBe(`mpath-${await property(disk.name, 'ID_SERIAL')}`);
    }
  });

  test('an unplugged path leaves its map, and joins it again when plugged in', async () => {
    await machine().monitor('device_del path1-0');
    await expectTablesEqualKernel(machine(), { maps: 3, paths: 4 });
    await machine().monitor(`device_add ${virtioScsiPath(1, 0)}`);
    await expectTablesEqualKernel(machine(), { maps: 3, paths: 5 });
  });

  test('an unplugged HBA takes its paths out of all maps', async () => {
    await machine().monitor('device_del hba1');
    const truth = await expectTablesEqualKernel(machine(), { maps: 3, paths: 3 });
    expect(mapOf(truth, 'naa.5000c50000000000').groups[0]!.paths).toHaveLength(1);
  });
});

describe('LIO with ALUA', () => {
  /** The access states in sysfs of each group's paths. */
  const accessStates = async (map: KernelMap): Promise<string[][]> => {
    const devts = map.groups.flatMap((group) => group.paths);
    const read = (await guest(`for d in ${devts.join(' ')}; do cat /sys/dev/block/$d/device/access_state; done`)).split(
      '\n',
    );
    const states = new Map(devts.map((devt, i) => [devt, read[i]!]));
    return map.groups.map((group) => group.paths.map((devt) => states.get(devt)!));
  };
  const lioMap = async (): Promise<KernelMap> =>
    mapOf(await expectTablesEqualKernel(machine(), { maps: 4, paths: 7 }), 'naa.6001405');
  const GROUPED = [
    ['active/optimized', 'active/optimized'],
    ['active/non-optimized', 'active/non-optimized'],
  ];
  let first: readonly string[];
  let lioSince: number;

  test('paths are grouped by their ALUA priority, the best group first', async () => {
    await lioLoop(machine(), { paths: 4, explicitAlua: false });
    lioSince = Date.now();
    const map = await lioMap();
    expect(await accessStates(map)).toEqual(GROUPED);
    expect(map.handler).toEqual(['alua']);
    // dm-mpath.c: features, handler, the number of groups and the initial group, then the groups, each path with the
    // two arguments of service-time.
    expect(await guest(`dmsetup table ${map.name}`)).toMatch(
      new RegExp(
        `^0 ${map.sectors} multipath 1 queue_if_no_path 1 alua 2 1( service-time 0 2 2( \\d+:\\d+ 1 1){2}){2}$`,
      ),
    );
    first = map.groups[0]!.paths;
  });

  /** The names of the disks, one for each path. */
  const lioDisks = async (): Promise<string[]> => {
    const devts = (await lioMap()).groups.flatMap((group) => group.paths);
    return (await truthOf(machine())).disks.filter((disk) => devts.includes(disk.devt)).map((disk) => disk.name);
  };
  const INQUIRY_ROOM = { direction: 'in', length: 255, timeoutMs: 20_000 } as const;

  test.each([
    ['standard data', '12000000ff00', 'sg_inq --raw'],
    ['page 0x00', '12010000ff00', 'sg_vpd --page=0x00 --raw'],
    ['page 0x83', '12018300ff00', 'sg_vpd --page=di --raw'],
  ])('INQUIRY by a SCSI question gives what sg3-utils gives: %s', async (_, command, tool) => {
    const [name] = await lioDisks();
    const told = await guest(`${tool} /dev/${name!} | od -An -v -tx1 | tr -d ' \\n'`);
    const answer = await askScsi(machine(), await diskOf(machine(), name!), { ...INQUIRY_ROOM, command });
    expect(answer).toMatchObject({ errno: null, status: 0, hostStatus: 0, sense: '' });
    expect(answer.errno === null && answer.data).toBe(told);
  });

  test('a SCSI question does not go to another disk than the one that is meant', async () => {
    const device = await diskOf(machine(), (await lioDisks())[0]!);
    const other = { ...device, diskseq: device.diskseq! + 1_000 };
    const answer = await askScsi(machine(), other, { ...INQUIRY_ROOM, command: '12000000ff00' });
    expect(answer).toEqual({ errno: 'ESTALE', step: 'identity' });
  });

  test('what is refused comes with its sense data', async () => {
    const device = await diskOf(machine(), (await lioDisks())[0]!);
    const answer = await askScsi(machine(), device, { ...INQUIRY_ROOM, command: '12017f00ff00' });
    // Invalid field in CDB, in both formats of sense data.
    expect(answer).toMatchObject({ errno: null, status: 2, hostStatus: 0 });
    expect(answer.errno === null && answer.sense).toMatch(/^(70..05.{18}2400|72052400)/);
  });

  test('data goes to the disk: a key that PERSISTENT RESERVE OUT registers is there for READ KEYS, until it is taken back', async () => {
    const names = await lioDisks();
    const first = await diskOf(machine(), names[0]!);
    const other = await diskOf(machine(), names[1]!);
    const none = '0000000000000000';
    const key = 'abcdef0123456789';
    // SPC-4 6.16: REGISTER (service action 0), 24 bytes of parameters: the present key, and the new key.
    const register = (before: string, after: string): Promise<unknown> =>
      doScsi(machine(), first, {
        command: '5f000000000000001800',
        direction: 'out',
        data: `${before}${after}${'00'.repeat(8)}`,
        timeoutMs: 20_000,
      });
    // SPC-4 6.15.2: READ KEYS (service action 0). The generation and the length come first, 4 bytes each.
    const keys = async (device = first): Promise<string> => {
      const { data } = await doScsi(machine(), device, {
        command: '5e000000000000010000',
        direction: 'in',
        length: 256,
        timeoutMs: 20_000,
      });
      return data.slice(16, 16 + 2 * Number.parseInt(data.slice(8, 16), 16));
    };
    expect(await keys()).toBe('');
    await register(none, key);
    expect([await keys(), await keys(other)]).toEqual([key, key]);
    expect(await guest(`sg_persist --in --read-keys ${other.node}`)).toContain('0xabcdef0123456789');
    await register(key, none);
    expect(await keys()).toBe('');
  });

  test('vpd_vendor: page 0xc0 is asked of each disk, LIO refuses it, and %g says that there is no name', async () => {
    const refusal =
      /sd[a-z]+(?=: vpd_vendor is hp3par, but page 0xc0 gives no name \(INQUIRY sd[a-z]+: MALFORMED \(sense 5\/24\/00\)\))/g;
    // After a unit attention the disks are asked for their names again.
    const refused = async (): Promise<number> => new Set((await daemon.log()).match(refusal)).size;
    await waitFor(machine(), 'four refusals', async () => ((await refused()) === 4 ? true : undefined), 60_000);
    expect(await ask(machine(), 'show maps raw format "%g"')).toBe('[undef]\n'.repeat(4));
  });

  const grouped = (description: string, shape: readonly number[]): Promise<KernelMap> =>
    waitFor(
      machine(),
      description,
      async () => {
        const now = await lioMap();
        return now.groups.map((group) => group.paths.length).join() === shape.join() ? now : undefined;
      },
      120_000,
    );

  test('a port group that becomes optimized shares the group of those that are', async () => {
    await setAluaState(machine(), 'gB', 'optimized');
    expect(await accessStates(await grouped('one group', [4]))).toEqual([Array(4).fill('active/optimized')]);
  });

  test('one that ceases to be gets a group of its own, behind', async () => {
    await setAluaState(machine(), 'gA', 'nonOptimized');
    const map = await grouped('two groups', [2, 2]);
    expect(await accessStates(map)).toEqual(GROUPED);
    expect([...map.groups[1]!.paths].sort()).toEqual([...first].sort());
  });

  const failback = async (setting: string): Promise<void> => {
    await writeConfig(machine(), `${CONFIG}overrides {\n\tfailback ${setting}\n}\n`);
    expect(await ask(machine(), 'reconfigure')).toBe('ok\n');
    await waitFor(
      machine(),
      'the setting',
      async () => ((await ask(machine(), 'show maps raw format "%F"')).includes(setting) ? true : undefined),
      60_000,
    );
  };
  const exchange = async (better: 'gA' | 'gB'): Promise<void> => {
    await setAluaState(machine(), better, 'optimized');
    await setAluaState(machine(), better === 'gA' ? 'gB' : 'gA', 'nonOptimized');
  };
  /** The number of the path group that gets the I/O, from 1; 0: none does (dm-mpath.c, multipath_status). */
  const groupInUse = async (name: string): Promise<number> =>
    Number(/ (\d+) (\d+) [AED] /.exec(await guest(`dmsetup status ${name}`))?.[2]);

  /** Waits until the better one of two groups, without the paths `not`, is the first and in use. Returns its paths. */
  const betterFirst = (not: string): Promise<string> =>
    waitFor(
      machine(),
      `the better group, other than ${not}, to be the first`,
      async () => {
        const map = await lioMap();
        const paths = [...map.groups[0]!.paths].sort().join(' ');
        const isBetter = JSON.stringify(await accessStates(map)) === JSON.stringify(GROUPED);
        return paths !== not && isBetter && (await groupInUse(map.name)) === 1 ? paths : undefined;
      },
      60_000,
    );

  test('failback immediate: the better group is the first, and is used', async () => {
    await failback('immediate');
    let before = [...(await lioMap()).groups[0]!.paths].sort().join(' ');
    for (const better of ['gA', 'gB'] as const) {
      await exchange(better);
      before = await betterFirst(before);
    }
    expect(await daemon.log()).toMatch(
      /not in the order of their priorities: reload|should be one path group: reload|group \d is the best/,
    );
  });

  test('failback manual: the better group stays behind', async () => {
    await failback('manual');
    // What sysfs shows of a new disk is no change (priorities.ts, ALUA_FIRST_ANSWER_MS).
    await sleep(Math.max(0, lioSince + 40_000 - Date.now()));
    const { name } = await lioMap();
    const loads = await ask(machine(), 'show maps raw format "%2 %1"');
    await exchange('gA');
    await waitFor(
      machine(),
      'the daemon to see the states',
      async () => {
        const priorities = (await ask(machine(), 'show paths raw format "%m %p"')).split('\n');
        const best = priorities.filter((line) => line.trim() === `${name} 50`).length;
        const [states] = await accessStates(await lioMap());
        return best === 2 && states?.[0] === 'active/non-optimized' ? true : undefined;
      },
      120_000,
    );
    expect(await accessStates(await lioMap())).toEqual([...GROUPED].reverse());
    expect(await ask(machine(), 'show maps raw format "%2 %1"')).toBe(loads);
    // The groups are in their order again, also for multipathd below.
    await exchange('gB');
    await waitFor(
      machine(),
      'the first group to be the better one again',
      async () => (JSON.stringify(await accessStates(await lioMap())) === JSON.stringify(GROUPED) ? true : undefined),
      60_000,
    );
  });
});

describe('iSCSI', () => {
  const node = (portal: number, action: string): Promise<string> =>
    guest(`iscsiadm -m node -p 127.0.0.${portal}:3260 ${action}`);

  test('a LUN through two portals is one map; logout takes a path out, login brings it back', async () => {
    await iscsi(machine(), { luns: 1, portals: 2 });
    const { maps } = await expectTablesEqualKernel(machine(), { maps: 5, paths: 9 });
    await node(2, '-u');
    await expectTablesEqualKernel(machine(), { maps: 5, paths: 8 });
    await node(2, '-l');
    const after = await expectTablesEqualKernel(machine(), { maps: 5, paths: 9 });
    expect(after.maps.map((map) => map.uuid).sort()).toEqual(maps.map((map) => map.uuid).sort());
  });
});

test("it ends when told to, and leaves its maps; multipathd's words about the one with ALUA are the same", async () => {
  const truth = await truthOf(machine());
  const map = mapOf(truth, 'naa.6001405ade');
  const disks = truth.disks.filter(({ devt }) => devt in map.states).map(({ name }) => name);
  const linesOf = (text: string, names: readonly string[]): string[] =>
    stripped(text)
      .split('\n')
      .filter((line) => names.includes(line.split('|')[0] ?? ''));
  const answers = async (): Promise<unknown> => {
    // A group is in use from the first I/O after a reload.
    await guest(`dd if=/dev/mapper/${map.name} of=/dev/null bs=4096 count=1 iflag=direct status=none`);
    return {
      topology: stripped(await ask(machine(), `show map ${map.name} topology`)),
      map: linesOf(await ask(machine(), 'show maps raw format "%n|%w|%N|%t|%S|%f|%h|%s|%v|%p"'), [map.name]),
      paths: linesOf(await ask(machine(), 'show paths raw format "%d|%w|%D|%t|%o|%T|%p|%S|%P"'), disks),
    };
  };
  const atRest = (wanted?: string): Promise<string> =>
    waitFor(
      machine(),
      'the daemon to have checked all paths, and to rest',
      async () => {
        const status = /up +\d+\n[^]*busy: False/.exec(await ask(machine(), 'show status'))?.[0];
        return wanted === undefined || status === wanted ? status : undefined;
      },
      60_000,
    );
  const status = await atRest();
  const ours = await answers();
  expect(ours).toMatchObject({ map: [expect.any(String)], paths: Array(4).fill(expect.any(String)) });
  expect(await daemon.stop()).toBe(0);
  expect((await truthOf(machine())).maps).toHaveLength(5);
  const multipathd = await startMultipathd(machine());
  await atRest(status);
  const theirs = await answers();
  expect(await multipathd.stop()).toBe(0);
  expect(ours).toEqual(theirs);
});
