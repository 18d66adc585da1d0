/** The real kernel of the test VM, for the rules. Each ioctl, read and write is a step of guest/kernel_probe.py. */
import type { Machine } from '../vm/machine';
import type {
  Answer,
  Disk,
  DiskSight,
  DmEntry,
  DmSight,
  LunMachine,
  Received,
  UuidMachine,
  RuleSocket,
  SeenEvent,
} from './machine';

type Step = readonly [string, ...unknown[]];

/** Flags of include/uapi/linux/dm-ioctl.h. */
const FLAG = {
  readOnly: 1,
  suspend: 2,
  statusTable: 16,
  activePresent: 32,
  inactivePresent: 64,
  uuid: 1 << 14,
  queryInactive: 1 << 12,
} as const;

/** DM_UDEV_DISABLE_LIBRARY_FALLBACK and DM_UDEV_PRIMARY_SOURCE_FLAG, as dmsetup --noudevsync sets them. */
const COOKIE = 0x600000;

const LIMIT_MS = 20_000;
/** The kernel sends path events from a work queue. Under emulation they may be late. */
const QUIET_MS = 60;

const UUID = '11111111-2222-3333-4444-555555555555';
const MAIN = 'main';

interface IoctlAnswer {
  errno: string | null;
  flags: number;
  open: number;
  eventNr: number;
  devt: string;
  name: string;
  uuid: string;
  devices?: Array<{ name: string; devt: string; eventNr: number; flags: number; uuid: string | null }>;
  targets?: Array<{ start: number; length: number; type: string; text: string }>;
  deps?: string[];
}
interface TextAnswer {
  errno: string | null;
  text?: string;
  truncated?: boolean;
}

function parseEvent(text: string): SeenEvent {
  const [head, ...variables] = text.split('\0').filter((word) => word !== '');
  const at = head?.indexOf('@') ?? -1;
  if (head === undefined || at < 0) throw new Error(`not a uevent: ${JSON.stringify(text)}`);
  const env = Object.fromEntries(
    variables.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
  );
  return { action: head.slice(0, at), devpath: head.slice(at + 1), env };
}

function received(answer: TextAnswer): Received {
  if (answer.errno !== null) return { kind: 'errno', errno: answer.errno };
  return answer.truncated === true ? { kind: 'truncated' } : { kind: 'event', event: parseEvent(answer.text ?? '') };
}

/** Made from the texts of dev, diskseq, size, ro, state and holders. */
function sightOf([dev, diskseq, size, ro, state, holders]: readonly unknown[]): DiskSight | null {
  const text = (answer: unknown): string => ((answer as TextAnswer).text ?? '').trim();
  if ((dev as TextAnswer).errno !== null) return null;
  return {
    devt: text(dev),
    diskseq: Number(text(diskseq)),
    sizeSectors: Number(text(size)),
    state: text(state),
    readOnly: text(ro) === '1',
    holders: holders as string[],
  };
}

const ofInterest = (event: SeenEvent): boolean =>
  event.env['SUBSYSTEM'] === 'block' || event.env['SDEV_UA'] !== undefined;

const answerOf = (errno: string | null): Answer => errno ?? 'ok';

/** LIO: replaces the first backstore of the first portal by another one, of 96 MiB. */
const SWAP_LUN = `set -e
core=/sys/kernel/config/target/core/fileio_1
place=$(echo /sys/kernel/config/target/iscsi/*/tpgt_1/lun/lun_0)
mkdir $core/other
echo fd_dev_name=/dev/shm/other,fd_dev_size=$((96 * 1048576)) > $core/other/control
echo 1 > $core/other/enable
echo other-serial > $core/other/wwn/vpd_unit_serial
rm $place/i0
rmdir $place
mkdir $place
ln -s $core/other $place/other`;

/** A disk's place: the SCSI host through which the disk is seen. */
interface Slot {
  host: string;
  /** The last known disk there. */
  disk: Disk | null;
}

/** The kernel for the rules. `reset` restores it for the next rule. */
export interface RealMachine extends UuidMachine {
  reset(): Promise<void>;
  /** The only disk of the guest's iSCSI topology. */
  lun(): Promise<LunMachine>;
}

/** Takes over the scsi_debug disks of the guest. Nothing else may run in the guest. */
export async function openRealMachine(vm: Machine): Promise<RealMachine> {
  // The agent has a thread for each request. So each request waits for the one before it, to keep their order.
  let last: Promise<unknown> = Promise.resolve();
  const steps = (...list: Step[]): Promise<unknown[]> => {
    const mine = last.then(async () => (await vm.request({ kernel: list }, LIMIT_MS + 60_000)).values as unknown[]);
    last = mine.catch(() => undefined);
    return mine;
  };
  const step = async <T>(...one: [string, ...unknown[]]): Promise<T> => (await steps(one))[0] as T;
  const ioctl = (command: string, request: object): Promise<IoctlAnswer> => step('dm', command, request);
  const command = async (name: string, request: object): Promise<Answer> =>
    answerOf((await ioctl(name, request)).errno);
  const textOf = async (path: string): Promise<string | null> =>
    (await step<TextAnswer>('read', path)).text?.trim() ?? null;
  const write = async (path: string, text: string, times = 1): Promise<void> => {
    const errno = await step<string | null>('writeTimes', path, text, times);
    if (errno !== null) throw new Error(`write ${JSON.stringify(text)} to ${path}: ${errno}`);
  };

  const looksAt = (name: string): Step[] => {
    const directory = `/sys/block/${name}`;
    return [
      ...['dev', 'diskseq', 'size', 'ro', 'device/state'].map(
        (attribute): Step => ['read', `${directory}/${attribute}`],
      ),
      ['names', `${directory}/holders`],
    ];
  };
  /** Several disks in one request. */
  const readDisks = async (names: readonly string[]): Promise<Array<DiskSight | null>> => {
    const answers = await steps(...names.flatMap(looksAt));
    return names.map((name, n) => {
      const count = looksAt(name).length;
      return sightOf(answers.slice(n * count, (n + 1) * count));
    });
  };
  const readDisk = async (name: string): Promise<DiskSight | null> => (await readDisks([name]))[0] ?? null;

  const diskAtHost = async (host: string): Promise<Disk> => {
    const directory = `/sys/bus/scsi/devices/${host}:0:0:0/block`;
    if (!(await step<boolean>('await', directory, true, LIMIT_MS))) throw new Error(`no disk at host ${host}`);
    // The directory exists some time before the disk in it and its attributes (block/genhd.c, device_add_disk).
    for (const deadline = Date.now() + LIMIT_MS; Date.now() < deadline; ) {
      const [name] = await step<string[]>('names', directory);
      const seen = name === undefined ? null : await readDisk(name);
      if (name !== undefined && seen !== null) return { name, devt: seen.devt, diskseq: seen.diskseq };
    }
    throw new Error(`the disk at host ${host} went`);
  };

  const hosts: string[] = [];
  for (const host of await step<string[]>('names', '/sys/class/scsi_host')) {
    if ((await textOf(`/sys/class/scsi_host/${host}/proc_name`)) === 'scsi_debug')
      hosts.push(host.slice('host'.length));
  }
  const slots: Slot[] = [];
  for (const host of hosts.sort((a, b) => Number(a) - Number(b))) slots.push({ host, disk: await diskAtHost(host) });
  const presentDisks = (): Disk[] => slots.flatMap(({ disk }) => (disk === null ? [] : [disk]));
  const slotOf = (disk: Disk): Slot => {
    const slot = slots.find((one) => one.disk?.diskseq === disk.diskseq) ?? lastSlots.get(disk.diskseq);
    if (slot === undefined) throw new Error(`${disk.name} was never here`);
    return slot;
  };
  const lastSlots = new Map<number, Slot>();
  for (const slot of slots) if (slot.disk !== null) lastSlots.set(slot.disk.diskseq, slot);

  const bring = async (slot: Slot): Promise<Disk> => {
    await write(`/sys/class/scsi_host/host${slot.host}/scan`, '0 0 0');
    slot.disk = await diskAtHost(slot.host);
    lastSlots.set(slot.disk.diskseq, slot);
    return slot.disk;
  };

  const gather = async (count: number): Promise<SeenEvent[]> => {
    const answers = await step<TextAnswer[]>(
      'gather',
      MAIN,
      ['\0SUBSYSTEM=block\0', '\0SDEV_UA='],
      count,
      QUIET_MS,
      LIMIT_MS,
    );
    return answers.map((answer) => {
      const got = received(answer);
      if (got.kind !== 'event') throw new Error(`the observer's own socket: ${JSON.stringify(got)}`);
      return got.event;
    });
  };

  const nodeOf = async (name: string): Promise<string> => {
    const { errno, devt } = await ioctl('status', { name });
    if (errno !== null) throw new Error(`${name}: ${errno}`);
    return `/dev/dm-${devt.split(':')[1]}`;
  };
  const queryFlags = (which: 'live' | 'inactive'): number => (which === 'inactive' ? FLAG.queryInactive : 0);
  let sockets = 0;
  let protectedOnce = false;

  const machine: UuidMachine = {
    disks: async () => {
      const [a, b, c, d] = presentDisks();
      if (a === undefined || b === undefined || c === undefined || d === undefined)
        throw new Error('four disks are needed');
      return [a, b, c, d];
    },
    deleteDisk: async (disk) => {
      await write(`/sys/block/${disk.name}/device/delete`, '1');
      slotOf(disk).disk = null;
    },
    addDisk: (disk) => bring(slotOf(disk)),
    setState: (disk, state) => write(`/sys/block/${disk.name}/device/state`, state),
    setReadOnly: async (disk, readOnly) => {
      const errno = await step<string | null>('setReadOnly', `/dev/${disk.name}`, readOnly);
      if (errno !== null) throw new Error(`BLKROSET: ${errno}`);
    },
    writeProtect: async (disk, on) => {
      protectedOnce = true;
      await write('/sys/module/scsi_debug/parameters/wp', on ? '1' : '0');
      await write(`/sys/block/${disk.name}/device/rescan`, '1');
    },
    resize: async (disk) => {
      await write('/sys/bus/pseudo/drivers/scsi_debug/virtual_gb', '1');
      await write(`/sys/block/${disk.name}/device/rescan`, '1');
      return (await readDisk(disk.name))?.sizeSectors ?? 0;
    },
    resizeUnseen: async () => {
      await write('/sys/bus/pseudo/drivers/scsi_debug/virtual_gb', '1');
      return 1 << 21;
    },
    rescan: (disk) => write(`/sys/block/${disk.name}/device/rescan`, '1'),
    claim: async (disk) => answerOf(await step('claim', `claim ${disk.name}`, `/dev/${disk.name}`)),
    release: (disk) => step('close', `claim ${disk.name}`),
    disk: readDisk,

    create: (name, uuid = '') => command('create', { name, uuid }),
    load: (name, { type, params, sizeSectors, readOnly }) =>
      command('load', {
        name,
        flags: readOnly === true ? FLAG.readOnly : 0,
        target: { type, params, length: sizeSectors },
      }),
    clear: (name) => command('clear', { name }),
    suspend: (name) => command('suspend', { name, flags: FLAG.suspend }),
    resume: (name) => command('suspend', { name, cookie: COOKIE }),
    rename: (name, newName) => command('rename', { name, new: newName, cookie: COOKIE }),
    setUuid: (name, uuid) => command('rename', { name, new: uuid, flags: FLAG.uuid, cookie: COOKIE }),
    remove: (name) => command('remove', { name, cookie: COOKIE }),
    message: (name, message) => command('message', { name, message }),
    status: async (by): Promise<DmSight | Answer> => {
      const { errno, flags, name, uuid, devt, eventNr, open } = await ioctl('status', by);
      if (errno !== null) return errno;
      return {
        name,
        uuid,
        devt,
        eventNr,
        openCount: open,
        suspended: (flags & FLAG.suspend) !== 0,
        readOnly: (flags & FLAG.readOnly) !== 0,
        live: (flags & FLAG.activePresent) !== 0,
        inactive: (flags & FLAG.inactivePresent) !== 0,
      };
    },
    target: async (name, which = 'live') => {
      const table = await ioctl('table', { name, flags: FLAG.statusTable | queryFlags(which) });
      const status = await ioctl('table', { name, flags: queryFlags(which) });
      const [line, state] = [table.targets?.[0], status.targets?.[0]];
      return line === undefined || state === undefined ? null : { table: line.text, status: state.text };
    },
    deps: async (name, which = 'live') => ((await ioctl('deps', { name, flags: queryFlags(which) })).deps ?? []).sort(),
    list: async (): Promise<DmEntry[]> => {
      const { devices = [] } = await ioctl('list', { flags: FLAG.uuid });
      return devices.map(({ name, uuid, devt, eventNr }) => ({ name, uuid: uuid ?? '', devt, eventNr }));
    },
    openMap: async (name) => answerOf(await step('open', `map ${name}`, await nodeOf(name), false)),
    closeMap: (name) => step('close', `map ${name}`),
    readMap: async (name) => answerOf(await step('readDevice', await nodeOf(name))),
    arm: async () => void (await ioctl('arm', {})),
    polled: () => step('poll', 0),

    events: async (count) => (await gather(count)).filter(ofInterest),
    allEvents: gather,
    trigger: async (disk, args, times = 1) => {
      const words = ['change', UUID, ...Object.entries(args).map(([key, value]) => `${key}=${value}`)];
      await write(`/sys/block/${disk.name}/uevent`, words.join(' '), times);
    },
    foreignEvent: () => write('/sys/devices/virtual/mem/null/uevent', 'change'),
    eventsElsewhere: async () => {
      if ((await step<number>('unsharedNetwork')) !== 0) throw new Error('no network namespace');
    },
    listen: async (bufferBytes): Promise<RuleSocket> => {
      const name = `socket ${++sockets}`;
      await step('listen', name, bufferBytes);
      return {
        receive: async (size = 8192) => received(await step<TextAnswer>('receive', name, size)),
        drain: async () => (await step<TextAnswer[]>('receiveAll', name, 8192)).map(received),
        meminfo: () => step('meminfo', name),
      };
    },
  };

  const removeMaps = async (): Promise<void> => {
    for (const { name } of await machine.list()) {
      await machine.clear(name);
      const answer = await machine.remove(name);
      if (answer !== 'ok') throw new Error(`${name} is left over: ${answer}`);
    }
  };
  const mendDisks = async (): Promise<void> => {
    await steps(
      ['write', '/sys/bus/pseudo/drivers/scsi_debug/virtual_gb', '0'],
      ['write', '/sys/module/scsi_debug/parameters/wp', '0'],
    );
    const displaced = slots.some(({ disk }, n) => disk === null || disk.name !== `sd${'abcd'[n]}`);
    if (displaced) {
      // All disks go first, and then come back one after the other, so that names and places have the same order again.
      for (const disk of presentDisks()) await machine.deleteDisk(disk);
      for (const slot of slots) await bring(slot);
    }
    const disks = presentDisks();
    const sights = await readDisks(disks.map(({ name }) => name));
    for (const [n, disk] of disks.entries()) {
      const seen = sights[n];
      if (seen?.state !== 'running') await machine.setState(disk, 'running');
      if (seen?.readOnly === true) await machine.setReadOnly(disk, false);
      // The kernel keeps a write protection apart from what blockdev sets. Only a look at the disk undoes it.
      if (protectedOnce || seen?.sizeSectors !== 16384) await machine.rescan(disk);
    }
    protectedOnce = false;
  };
  const lun = async (): Promise<LunMachine> => {
    const name = await vm.ok('ls /sys/class/iscsi_session/session*/device/target*/*:0/block');
    const directory = `/sys/block/${name}`;
    return {
      sight: async () => {
        const page = (await step<TextAnswer>('read', `${directory}/device/vpd_pg83`)).text ?? '';
        const seen = await readDisk(name);
        if (seen === null) throw new Error(`${name} went`);
        return {
          devt: seen.devt,
          diskseq: seen.diskseq,
          sizeSectors: seen.sizeSectors,
          vpd83: Buffer.from(page, 'latin1').toString('hex'),
        };
      },
      swapLun: async () => void (await vm.ok(SWAP_LUN)),
      inquire: () => vm.ok(`sg_vpd --page=di --raw /dev/${name} | od -An -v -tx1 | tr -d ' \\n'`),
      read: async () => answerOf(await step('readDevice', `/dev/${name}`)),
      rescan: () => write(`${directory}/device/rescan`, '1'),
      events: machine.events,
    };
  };

  await step('listen', MAIN, 1 << 24);
  return {
    ...machine,
    lun,
    reset: async () => {
      await step('closeAll');
      await removeMaps();
      await mendDisks();
      await steps(...Array.from({ length: sockets }, (_, n): Step => ['closeSocket', `socket ${n + 1}`]));
      sockets = 0;
      await machine.events(0);
    },
  };
}
