/** The simulated kernel for the rules: the ioctls and actions from which its ports and administrators are made. */
import { createAdmin } from '../../src/simulator/admin';
import { mapFacts, listDevices } from '../../src/simulator/deviceMapper';
import * as dm from '../../src/simulator/dmIoctl';
import { diskEvent, foreignEvent } from '../../src/simulator/eventText';
import { createFaults } from '../../src/simulator/faults';
import { emit, type Kernel } from '../../src/simulator/kernel';
import { answerTo } from '../../src/simulator/scsiTarget';
import { chooseGroup, failIo } from '../../src/simulator/multipathPaths';
import { statusLine, tableLine } from '../../src/simulator/multipathTarget';
import { createRandom } from '../../src/simulator/random';
import { createUeventSocket, type UeventSocket } from '../../src/simulator/ueventSocket';
import { createVirtualScheduler } from '../simulator/virtualTime';
import { createWorld, pathsOf, type SimDisk, type SimDm, type SimTable } from '../../src/simulator/world';
import { messageText } from '../simulator/messageText';
import type { Uevent } from '../../src/model/uevent';
import type { Answer, Disk, LunMachine, Received, RuleMachine, RuleSocket, SeenEvent } from './machine';

const WWID = '333333330000007d0';
const UUID = '11111111-2222-3333-4444-555555555555';

/** The event goes through its text, as a reader gets it. */
function seen(event: Uevent): SeenEvent {
  const [head = '', ...variables] = messageText(event)
    .split('\0')
    .filter((word) => word !== '');
  const env = Object.fromEntries(
    variables.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
  );
  const at = head.indexOf('@');
  return { action: head.slice(0, at), devpath: head.slice(at + 1), env };
}

/** Carries out an action at once, like an ioctl. */
async function answer(action: () => void): Promise<Answer> {
  try {
    action();
    return 'ok';
  } catch (error) {
    if (error instanceof dm.KernelRefusal) return error.errno;
    throw error;
  }
}

function lines(table: SimTable | null): { table: string; status: string } | null {
  if (table === null) return null;
  return table.kind === 'multipath'
    ? { table: tableLine(table.target), status: statusLine(table.target) }
    : { table: table.target.params, status: '' };
}

/** The answer of DM_TABLE_DEPS: each device number once. */
const dependencies = (table: SimTable | null): string[] =>
  [...new Set(Array.from(pathsOf(table), (path) => path.disk.devt))].sort();

function socketOf(kernel: Kernel, bufferBytes: number): RuleSocket & { raw: UeventSocket } {
  const raw = createUeventSocket(bufferBytes);
  kernel.sockets.add(raw);
  const take = (size: number): Received => {
    const got = raw.receive(size);
    if (got === 'MSG_TRUNC') return { kind: 'truncated' };
    return got === 'ENOBUFS' || got === 'EAGAIN' ? { kind: 'errno', errno: got } : { kind: 'event', event: seen(got) };
  };
  return {
    raw,
    receive: async (size = 8192) => take(size),
    drain: async () => {
      const found: Received[] = [];
      for (let got = take(8192); got.kind !== 'errno' || got.errno !== 'EAGAIN'; got = take(8192)) found.push(got);
      return found;
    },
    meminfo: async () => ({ charged: raw.charged(), drops: raw.drops() }),
  };
}

/** Reads one block of a map. Paths whose disks do not work are failed on the way. */
function readMap(kernel: Kernel, map: SimDm): void {
  const table = map.live;
  if (table?.kind !== 'multipath') return;
  for (;;) {
    chooseGroup(table.target);
    const path = table.target.groups[table.target.currentGroup ?? -1]?.paths.find(({ active }) => active);
    if (path === undefined) throw new dm.KernelRefusal('read', map.name, 'EIO');
    if (path.disk.present && path.disk.state === 'running' && path.disk.answer === 'up') return;
    failIo(kernel, path.disk);
  }
}

function createKernel(): Kernel {
  const scheduler = createVirtualScheduler();
  const random = createRandom(1);
  return {
    world: createWorld(),
    scheduler,
    random,
    faults: createFaults(random),
    sockets: new Set(),
    dmEventListeners: new Set(),
    incarnation: 0,
    overtaken: null,
  };
}

const ofInterest = ({ env }: SeenEvent): boolean => env['SUBSYSTEM'] === 'block' || env['SDEV_UA'] !== undefined;

async function eventsOf(observer: RuleSocket): Promise<SeenEvent[]> {
  return (await observer.drain()).map((got) => {
    if (got.kind !== 'event') throw new Error(`the observer's own socket: ${JSON.stringify(got)}`);
    return got.event;
  });
}

/** A machine with one LUN that can be swapped. */
export function createSimulatedLun(): LunMachine {
  const kernel = createKernel();
  const admin = createAdmin(kernel);
  const name = admin.addDisk({ wwid: WWID, hcil: '0:0:0:0', sizeSectors: 131072 });
  const observer = socketOf(kernel, 1 << 24);
  const disk = kernel.world.disks.get(name) as SimDisk;
  return {
    sight: async () => ({
      devt: disk.devt,
      diskseq: disk.diskseq,
      sizeSectors: disk.sizeSectors,
      vpd83: disk.vpd83 ?? '',
    }),
    swapLun: async () =>
      admin.swapLun(name, { wwid: '36001405eea0000000000000000000000', sizeSectors: 196608, attention: null }),
    inquire: async () => answerTo(kernel, disk, INQUIRY_83, 255).data,
    read: async () => (disk.answer === 'up' ? 'ok' : 'EIO'),
    rescan: async () => admin.rescan(name),
    events: async () => (await eventsOf(observer)).filter(ofInterest),
  };
}

/** INQUIRY for VPD page 0x83 of up to 255 bytes (SPC-4 6.6). */
const INQUIRY_83 = Uint8Array.of(0x12, 0x01, 0x83, 0x00, 0xff, 0x00);

/** A new machine with four disks. */
export function createSimulatedMachine(): RuleMachine {
  const kernel = createKernel();
  const { world } = kernel;
  const admin = createAdmin(kernel);
  const hcilOf = new Map<number, string>();
  const add = (hcil: string): Disk => {
    const name = admin.addDisk({ wwid: WWID, hcil });
    const { devt, diskseq } = world.disks.get(name) as SimDisk;
    hcilOf.set(diskseq, hcil);
    return { name, devt, diskseq };
  };
  const disks = [add('0:0:0:0'), add('1:0:0:0'), add('2:0:0:0'), add('3:0:0:0')] as const;
  const observer = socketOf(kernel, 1 << 24);
  let armed = world.dmEvents;

  const mapNamed = (name: string): SimDm => {
    const map = world.dmByName.get(name);
    if (map === undefined) throw new dm.KernelRefusal('ioctl', name, 'ENXIO');
    return map;
  };
  const onMap = (name: string, action: (map: SimDm) => void): Promise<Answer> => answer(() => action(mapNamed(name)));
  const tableOf = (name: string, which: 'live' | 'inactive'): SimTable | null =>
    world.dmByName.get(name)?.[which] ?? null;
  const allEvents = (): Promise<SeenEvent[]> => eventsOf(observer);
  const sysfs = (name: string): Awaited<ReturnType<RuleMachine['disk']>> => {
    const disk = world.disks.get(name);
    if (disk !== undefined) {
      const { devt, diskseq, sizeSectors, state, readOnly, holders } = disk;
      return {
        devt,
        diskseq,
        sizeSectors,
        state,
        readOnly,
        holders: [...new Set(holders.map(({ minor }) => `dm-${minor}`))].sort(),
      };
    }
    for (const map of world.dmByDevt.values()) {
      if (`dm-${map.minor}` !== name || !map.registered) continue;
      const sizeSectors = map.live?.target.sizeSectors ?? 0;
      return {
        devt: map.devt,
        diskseq: map.diskseq,
        sizeSectors,
        state: '',
        readOnly: map.live?.readOnly ?? false,
        holders: [],
      };
    }
    return null;
  };

  return {
    disks: async () => disks,
    deleteDisk: async (disk) => admin.removeDisk(disk.name),
    addDisk: async (disk) => {
      const added = add(hcilOf.get(disk.diskseq) ?? '');
      // Only here is this part of the answer to an administrator's action. Histories would hear nothing else.
      admin.attention(added.name, 'POWER_ON_RESET_OCCURRED');
      return added;
    },
    setState: async (disk, state) => admin.change(disk.name, { state }),
    setReadOnly: async (disk, readOnly) => admin.setNodeReadOnly(disk.name, readOnly),
    writeProtect: async (disk, on) => admin.setReadOnly(disk.name, on),
    resize: async (disk) => {
      admin.resize(disk.name, 1 << 21);
      return 1 << 21;
    },
    resizeUnseen: async (disk) => {
      admin.swapLun(disk.name, { wwid: WWID, sizeSectors: 1 << 21, attention: 'CAPACITY_DATA_HAS_CHANGED' });
      return 1 << 21;
    },
    rescan: async (disk) => admin.rescan(disk.name),
    claim: (disk) => answer(() => admin.claim(disk.name, true)),
    release: async (disk) => admin.claim(disk.name, false),
    disk: async (name) => sysfs(name),

    create: (name, uuid = '') => answer(() => void dm.createDevice(kernel, name, uuid)),
    load: (name, table) => onMap(name, (map) => dm.loadTable(kernel, map, { readOnly: false, ...table })),
    clear: (name) => onMap(name, (map) => dm.clearTable(kernel, map)),
    suspend: (name) => onMap(name, dm.suspendDevice),
    resume: (name) => onMap(name, (map) => dm.resumeDevice(kernel, map)),
    rename: (name, newName) => answer(() => dm.renameDevice(kernel, name, newName)),
    remove: (name) => onMap(name, (map) => dm.removeDevice(kernel, map)),
    message: (name, message) => onMap(name, (map) => dm.messageDevice(kernel, map, message)),
    status: async (by) => {
      const map =
        'name' in by
          ? world.dmByName.get(by.name)
          : 'uuid' in by
            ? world.dmByUuid.get(by.uuid)
            : world.dmByDevt.get(by.devt);
      if (map === undefined) return 'ENXIO';
      const { name, uuid, devt, eventNr, openCount, suspended, readOnly, hasLiveTable, hasInactiveTable } =
        mapFacts(map);
      return {
        name,
        uuid,
        devt,
        eventNr,
        openCount,
        suspended,
        readOnly,
        live: hasLiveTable,
        inactive: hasInactiveTable,
      };
    },
    target: async (name, which = 'live') => lines(tableOf(name, which)),
    deps: async (name, which = 'live') => dependencies(tableOf(name, which)),
    list: async () => listDevices(world),
    openMap: (name) => answer(() => admin.openMap(name)),
    closeMap: async (name) => admin.closeMap(name),
    readMap: (name) => onMap(name, (map) => readMap(kernel, map)),
    arm: async () => {
      armed = world.dmEvents;
    },
    polled: async () => world.dmEvents > armed,

    events: async () => (await allEvents()).filter(ofInterest),
    allEvents,
    trigger: async (disk, args, times = 1) => {
      const more = Object.entries(args).map(([key, value]) => [`SYNTH_ARG_${key}`, value] as const);
      const sd = world.disks.get(disk.name) as SimDisk;
      for (let n = 0; n < times; n++)
        emit(kernel, diskEvent('change', sd, { SYNTH_UUID: UUID, ...Object.fromEntries(more) }));
    },
    foreignEvent: async () => emit(kernel, foreignEvent('change', '/devices/virtual/mem/null', 'mem')),
    eventsElsewhere: async () => admin.useNumbersUp(3),
    listen: async (bufferBytes) => socketOf(kernel, bufferBytes),
  };
}
