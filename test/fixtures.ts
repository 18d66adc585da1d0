/** Disks, paths and maps for tests: one literal of each. Everything is in order unless a test says otherwise. */
import { createTableStore, type TableStore } from '../src/engine/core/tableStore';
import type { BlockFacts, MapFacts, TargetFacts, TransportFacts } from '../src/model/facts';
import { uuidOfWwid } from '../src/model/identity';
import { newFailback, noCounts, noQueueing, type MultipathMap } from '../src/model/map';
import { newPath, type Path } from '../src/model/path';
import type { StatusGroup } from '../src/model/table';
import type { NativeMap } from '../native/mpathd';

const NO_TRANSPORT: TransportFacts = {
  protocol: 'scsi:unspec',
  hostWwnn: null,
  hostWwpn: null,
  targetWwnn: null,
  targetWwpn: null,
  hostAdapter: null,
};

/** A SCSI disk in the form that scsi_debug and udev give it. */
export function disk(more: Partial<BlockFacts> = {}): BlockFacts {
  const facts: Omit<BlockFacts, 'udevNames'> = {
    name: 'sda',
    devt: '8:0',
    diskseq: 2,
    devpath: '/devices/pseudo_0/adapter0/host0/target0:0:0/0:0:0:0/block/sda',
    sizeSectors: 16384,
    readOnly: false,
    hidden: false,
    bus: 'scsi',
    vendor: 'Linux',
    model: 'scsi_debug',
    revision: '0191',
    hcil: '0:0:0:0',
    state: 'running',
    tpgs: 'implicit',
    accessState: 'active/optimized',
    preferredPath: false,
    deviceHandler: 'alua',
    vpd83: '0083000c0103000833333330000007d0',
    vpd80: '0080000432303030',
    sysfsWwid: null,
    timeoutSeconds: 30,
    maxSectorsKb: 512,
    transport: { ...NO_TRANSPORT },
    holders: [],
    udev: { DEVTYPE: 'disk', SCSI_IDENT_SERIAL: '2000', ID_SERIAL: '33333333000001234', ID_WWN: '0x3333333000001234' },
    ...more,
  };
  return { udevNames: Object.keys(facts.udev ?? {}).join(' '), ...facts };
}

/** The only target of a multipath map, without paths. */
export function multipathTarget(more: Partial<TargetFacts> = {}): TargetFacts {
  return { startSector: 0, lengthSectors: 8, type: 'multipath', table: '0 0 0 0', status: '2 0 0 0 0 0', ...more };
}

/** A multipath map in the form that device-mapper gives it. */
export function mapFacts(more: Partial<MapFacts> = {}): MapFacts {
  return {
    uuid: 'mpath-w',
    name: 'mpatha',
    devt: '253:0',
    diskseq: 9,
    eventNr: 1,
    openCount: 0,
    suspended: false,
    readOnly: false,
    hasLiveTable: true,
    hasInactiveTable: false,
    targets: [multipathTarget()],
    ...more,
  };
}

/** The map in the form that the addon gives it. */
export function nativeMap(more: Partial<NativeMap> = {}): NativeMap {
  const { targets, ...rest } = mapFacts();
  const native = targets.map(({ startSector, lengthSectors, ...of }) => ({
    start: startSector,
    length: lengthSectors,
    ...of,
  }));
  return { ...rest, targets: native, ...more };
}

/** The properties of a path that a test sets. */
export interface PathSpec {
  name: string;
  devt: string;
  facts?: Partial<BlockFacts> | null;
  transport?: Partial<TransportFacts>;
  check?: Partial<Path['check']>;
  path?: Partial<Path>;
}

/** A disk of scsi_debug, without ALUA states, pages or a udev record. */
function diskOf({ name, devt, facts, transport }: PathSpec): BlockFacts {
  return disk({
    name,
    devt,
    diskseq: 1,
    devpath: `/devices/x/block/${name}`,
    vendor: 'Linux   ',
    model: 'scsi_debug      ',
    accessState: null,
    vpd83: null,
    vpd80: null,
    udev: {},
    ...facts,
    transport: { ...NO_TRANSPORT, ...transport },
  });
}

/** A path that is up. */
export function makePath(spec: PathSpec): Path {
  const path = newPath({ name: spec.name, devt: spec.devt, diskseq: 1 }, { seq: 0, now: 0, intervalMs: 20_000 });
  return {
    ...path,
    facts: spec.facts === null ? null : diskOf(spec),
    init: 'ok',
    wwidSource: 'udev',
    check: { ...path.check, state: 'up', message: '', method: 'tur', lastAt: 0, ...spec.check },
    ...spec.path,
  };
}

/** A group of a map, by the numbers of its paths. */
export interface GroupSpec {
  selector?: string;
  state: StatusGroup['state'];
  devts: string[];
}

/** The properties of a map that a test sets. */
export interface MapSpec {
  name: string;
  wwid: string;
  devt: string;
  sectors?: number;
  features?: string[];
  handler?: string[];
  groups: GroupSpec[];
  facts?: Partial<MultipathMap['facts']>;
  map?: Partial<MultipathMap>;
}

/** A map whose table is live. */
export function makeMap(spec: MapSpec): MultipathMap {
  const uuid = uuidOfWwid(spec.wwid);
  const sectors = spec.sectors ?? 16384;
  return {
    uuid,
    wwid: spec.wwid,
    facts: mapFacts({
      uuid,
      name: spec.name,
      devt: spec.devt,
      targets: [multipathTarget({ lengthSectors: sectors, table: '', status: '' })],
      ...spec.facts,
    }),
    table: {
      features: spec.features ?? [],
      handler: spec.handler ?? [],
      initialGroup: spec.groups.length === 0 ? 0 : 1,
      groups: spec.groups.map((group) => ({
        selector: group.selector ?? 'service-time 0',
        paths: group.devts.map((devt) => ({ devt, args: ['1'] })),
      })),
    },
    status: {
      queuedIo: 0,
      nextGroup: 1,
      groups: spec.groups.map((group) => ({
        state: group.state,
        paths: group.devts.map((devt) => ({ devt, state: 'active', failCount: 0 })),
      })),
    },
    stale: null,
    operation: null,
    lastFailure: null,
    halfMadeSince: null,
    leftSuspended: false,
    missDue: false,
    removed: false,
    lastLoaded: null,
    counters: { ...noCounts(), mapLoads: 1 },
    queueing: noQueueing(),
    failback: newFailback(),
    device: null,
    missing: { listedAt: null, lookedUpAt: null },
    known: 0,
    readAt: 0,
    seenAt: 0,
    eventAt: 0,
    ...spec.map,
  };
}

/** The tables of an engine in which nothing is under way. */
export function makeTables(paths: Path[], maps: MultipathMap[], now = 0): TableStore {
  const store = createTableStore();
  store.now = now;
  store.truth.phase = 'idle';
  paths.forEach((path) => store.putPath(path));
  maps.forEach((map) => store.putMap(map));
  return store;
}
