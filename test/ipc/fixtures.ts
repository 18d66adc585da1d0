/** Hand-made tables: paths and maps with everything in order unless a test says otherwise. */
import { emptyConfiguration } from '../../src/config/configuration';
import { mergeConfiguration } from '../../src/config/effective';
import { createTableStore, type TableStore } from '../../src/engine/core/tableStore';
import type { Explained } from '../../src/daemon/daemon';
import type { Plan } from '../../src/engine/plan/plan';
import type { AdminCommand, AdminResult } from '../../src/engine/protocol';
import type { SettingsReport } from '../../src/engine/views/settingsReport';
import type { DaemonControl, SessionDependencies } from '../../src/ipc/control';
import type { ListenerInfo } from '../../src/kernel/ports';
import type { Failure, Reading } from '../../src/model/failure';
import type { BlockFacts, TransportFacts } from '../../src/model/facts';
import { pathKey, uuidOfWwid } from '../../src/model/identity';
import { newFailback, noCounts, noQueueing, type MultipathMap } from '../../src/model/map';
import type { Path } from '../../src/model/path';
import type { StatusGroup } from '../../src/model/table';
import { blockOf } from '../configuration';

export interface PathSpec {
  name: string;
  devt: string;
  facts?: Partial<BlockFacts> | null;
  transport?: Partial<TransportFacts>;
  check?: Partial<Path['check']>;
  path?: Partial<Path>;
}

const TRANSPORT: TransportFacts = {
  protocol: 'scsi:unspec',
  hostWwnn: null,
  hostWwpn: null,
  targetWwnn: null,
  targetWwpn: null,
  hostAdapter: null,
};

export function blockFacts(spec: Pick<PathSpec, 'name' | 'devt' | 'facts' | 'transport'>): BlockFacts {
  return {
    name: spec.name,
    devt: spec.devt,
    diskseq: 1,
    devpath: `/devices/x/block/${spec.name}`,
    sizeSectors: 16384,
    readOnly: false,
    hidden: false,
    bus: 'scsi',
    vendor: 'Linux   ',
    model: 'scsi_debug      ',
    revision: '0191',
    hcil: '0:0:0:0',
    state: 'running',
    tpgs: 'implicit',
    accessState: null,
    preferredPath: false,
    deviceHandler: 'alua',
    vpd83: null,
    vpd80: null,
    sysfsWwid: null,
    timeoutSeconds: 30,
    maxSectorsKb: 512,
    holders: [],
    udev: {},
    udevNames: '',
    ...spec.facts,
    transport: { ...TRANSPORT, ...spec.transport },
  };
}

export function makePath(spec: PathSpec): Path {
  return {
    key: pathKey(spec.devt, 1),
    devt: spec.devt,
    diskseq: 1,
    name: spec.name,
    facts: spec.facts === null ? null : blockFacts(spec),
    init: 'ok',
    wwid: null,
    wwidSource: 'udev',
    blacklisted: false,
    reason: null,
    held: false,
    map: null,
    dmState: 'undef',
    check: {
      state: 'up',
      message: '',
      method: 'tur',
      lastAt: 0,
      nextAt: 0,
      intervalMs: 20_000,
      inFlight: false,
      begunAt: 0,
      failures: 0,
      ...spec.check,
    },
    priority: -1,
    stale: null,
    udevTrusted: true,
    udevOverdue: false,
    identifiedBy: null,
    enteredAt: 0,
    enteredTime: 0,
    flapping: { times: 0, revivedAt: null, restsUntil: 0 },
    known: 0,
    readAt: null,
    seenAt: 0,
    eventAt: 0,
    failedAt: 0,
    upAt: 0,
    live: { copiedAt: 0, doubtedAt: 0, provedAt: 0, answeredTime: 0, foreign: null, unanswered: false },
    vendorPage: { name: null, asked: 0 },
    ...spec.path,
  };
}

export interface GroupSpec {
  selector?: string;
  state: StatusGroup['state'];
  devts: string[];
}

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

export function makeMap(spec: MapSpec): MultipathMap {
  const uuid = uuidOfWwid(spec.wwid);
  const sectors = spec.sectors ?? 16384;
  return {
    uuid,
    wwid: spec.wwid,
    facts: {
      uuid,
      name: spec.name,
      devt: spec.devt,
      diskseq: 9,
      eventNr: 1,
      openCount: 0,
      suspended: false,
      readOnly: false,
      hasLiveTable: true,
      hasInactiveTable: false,
      targets: [{ startSector: 0, lengthSectors: sectors, type: 'multipath', table: '', status: '' }],
      ...spec.facts,
    },
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
    missDue: false,
    removed: false,
    ordered: null,
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

export function makeTables(paths: Path[], maps: MultipathMap[], now = 0): TableStore {
  const store = createTableStore();
  store.now = now;
  store.truth.phase = 'idle';
  paths.forEach((path) => store.putPath(path));
  maps.forEach((map) => store.putMap(map));
  return store;
}

/** Page 83h with a target port group designator. */
export function portGroupPage(group: number): string {
  const number = group.toString(16).padStart(4, '0');
  return `0083000801150004` + `0000${number}`;
}

/** Page 80h with a serial number. */
export function serialPage(serial: string): string {
  const text = Buffer.from(serial, 'latin1');
  return Buffer.concat([Buffer.from([0, 0x80, 0, text.length]), text]).toString('hex');
}

const PRIORITIES = [50, 10, 1, 50];

/** What scsi_debug with two LUNs on four hosts looks like: eight paths, two maps. */
export function scsiDebug(): TableStore {
  const letters = [...'abcdefgh'];
  const paths = letters.map((letter, index) => {
    const host = Math.floor(index / 2);
    const lun = index % 2;
    const wwid = `1Linux_scsi_debug_200${lun}`;
    return makePath({
      name: `sd${letter}`,
      devt: `8:${index * 16}`,
      facts: {
        hcil: `${host}:0:0:${lun}`,
        vpd83: portGroupPage((host + 1) * 256),
        vpd80: serialPage(`200${lun}`),
      },
      check: { nextAt: 19_000 },
      path: { wwid, map: uuidOfWwid(wwid), dmState: 'active', priority: PRIORITIES[host] ?? 0 },
    });
  });
  const maps = [0, 1].map((lun) => {
    const devt = (host: number): string => `8:${(host * 2 + lun) * 16}`;
    const wwid = `1Linux_scsi_debug_200${lun}`;
    return makeMap({
      name: wwid,
      wwid,
      devt: `254:${lun}`,
      handler: ['alua'],
      groups: [
        { state: 'active', devts: [devt(0), devt(3)] },
        { state: 'enabled', devts: [devt(1)] },
        { state: 'enabled', devts: [devt(2)] },
      ],
    });
  });
  return makeTables(paths, maps);
}

export const LISTENER: ListenerInfo = {
  requestedBufferBytes: 134_217_728,
  grantedBufferBytes: 268_435_456,
  scheduling: 'SCHED_RR:10',
  heartbeat: 5,
  drops: 0,
};

export interface FakeDaemon {
  dependencies: SessionDependencies;
  submitted: AdminCommand[];
  logged: string[];
  shutdowns(): number;
  /** Files that the journal was saved to. */
  journals: string[];
  /** Files that plans were asked for with; null: none was named. */
  planned: Array<string | null>;
  /** What is known of devices. */
  explanations: Map<string, Explained>;
  planAnswer(reading: Reading<Plan>): void;
  /** Settings of paths and maps by name. */
  reports: Map<string, SettingsReport>;
  /** From now on saving fails. */
  refuseJournal(failure: Failure): void;
  answer(result: AdminResult | Promise<AdminResult>): void;
}

/** A daemon around `tables`; changes are answered with the last result given. */
export function fakeDaemon(
  tables: TableStore,
  options: { timeoutMs?: number } = {},
  source = emptyConfiguration(),
): FakeDaemon {
  const { timeoutMs } = options;
  const timeout = timeoutMs === undefined ? {} : blockOf({ uxsock_timeout: timeoutMs });
  const configuration = mergeConfiguration({ ...source, defaults: { ...source.defaults, ...timeout } });
  const reports = new Map<string, SettingsReport>();
  const submitted: AdminCommand[] = [];
  const logged: string[] = [];
  const journals: string[] = [];
  const planned: Array<string | null> = [];
  const explanations = new Map<string, Explained>();
  let plan: Reading<Plan> = { ok: true, value: { maps: [], complete: true } };
  let journalFailure: Failure | null = null;
  let shutdowns = 0;
  let result: AdminResult | Promise<AdminResult> = { outcome: 'ok' };
  const control: DaemonControl = {
    shutdown: () => {
      shutdowns++;
    },
    daemonState: () => 'idle',
    pid: 347,
    version: '0.1.0',
    now: () => tables.now,
    startedAt: 0,
    listeners: () => ({ kernel: LISTENER, udev: LISTENER }),
    saveJournal: (file) => {
      if (journalFailure !== null) return Promise.resolve({ ok: false, failure: journalFailure });
      journals.push(file);
      return Promise.resolve({ ok: true, value: { file, inputs: 12, bytes: 3_456 } });
    },
    explain: (device) => explanations.get(device) ?? null,
    plan: (file) => {
      planned.push(file);
      return Promise.resolve(plan);
    },
    log: (level, message) => {
      logged.push(`${level}: ${message}`);
    },
  };
  const submit = async (command: AdminCommand): Promise<AdminResult> => {
    submitted.push(command);
    return result;
  };
  return {
    dependencies: {
      tables: () => tables,
      configuration: () => configuration,
      rules: () => configuration.rules,
      settings: (what) => reports.get(what) ?? null,
      submit,
      control,
    },
    submitted,
    logged,
    shutdowns: () => shutdowns,
    journals,
    planned,
    explanations,
    reports,
    planAnswer: (reading) => {
      plan = reading;
    },
    refuseJournal: (failure) => {
      journalFailure = failure;
    },
    answer: (next) => {
      result = next;
    },
  };
}
