/** Hand-made tables, and a daemon around them. */
import { emptyConfiguration } from '../../src/config/configuration';
import { mergeConfiguration } from '../../src/config/effective';
import type { TableStore } from '../../src/engine/core/tableStore';
import type { Explained } from '../../src/daemon/daemon';
import type { Plan } from '../../src/engine/plan/plan';
import type { AdminCommand, AdminResult } from '../../src/engine/protocol';
import type { SettingsReport } from '../../src/engine/views/settingsReport';
import type { DaemonControl, SessionDependencies } from '../../src/ipc/control';
import type { LaneInfo } from '../../src/kernel/lanes';
import type { ListenerInfo } from '../../src/kernel/ports';
import type { Failure, Reading } from '../../src/model/failure';
import { uuidOfWwid } from '../../src/model/identity';
import { blockOf } from '../configuration';
import { makeMap, makePath, makeTables } from '../fixtures';

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

/** The tables of a machine with scsi_debug, two LUNs and four hosts: eight paths, two maps. */
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

export const LANES: LaneInfo[] = [
  { ...laneOf('reading', 512), threads: 3, busy: 2, oldestMs: 12_000 },
  { ...laneOf('write', 1024), threads: 1024, busy: 1024, queued: 7, waited: 7 },
];

function laneOf(name: LaneInfo['name'], limit: number): LaneInfo {
  return { name, threads: 0, busy: 0, queued: 0, limit, waited: 0, refusedThreads: 0, refusal: null, oldestMs: 0 };
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
  /** The files to which the journal was saved. */
  journals: string[];
  /** The files with which plans were asked for; null: without a file. */
  planned: Array<string | null>;
  /** The explanations of devices. */
  explanations: Map<string, Explained>;
  planAnswer(reading: Reading<Plan>): void;
  /** The settings of paths and maps, by name. */
  reports: Map<string, SettingsReport>;
  /** Lets every later saving fail. */
  refuseJournal(failure: Failure): void;
  answer(result: AdminResult | Promise<AdminResult>): void;
}

/** A daemon around `tables`. It answers each change with the last result that it was given. */
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
    lanes: () => LANES,
    unanswered: () => [
      { operation: 'sysfs', device: 'sdb', ageMs: 100 },
      { operation: 'read', device: '/etc/multipath.conf', ageMs: 3_000 },
      { operation: 'check', device: 'sda', ageMs: 12_000 },
    ],
    droppedLogLines: () => 3,
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
