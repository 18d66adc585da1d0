/**
 * The exact texts of show commands for five invented setups. The vectors describe them in words, and this file builds
 * them. If a setup has something that mpathd's model lacks, it is left out, and the cases that show it are listed as
 * not there yet.
 */
import { parseFormat, renderRaw, renderTable } from '../../src/ipc/format';
import { mapsJson } from '../../src/ipc/json';
import { MAP_WILDCARDS } from '../../src/ipc/mapWildcards';
import { PATH_WILDCARDS } from '../../src/ipc/pathWildcards';
import { listedPaths, mapRows } from '../../src/ipc/rows';
import { showStatus } from '../../src/ipc/showStatus';
import { topology } from '../../src/ipc/topology';
import { newFailback, noQueueing, type FailbackPolicy, type MultipathMap, type NoPathRetry } from '../../src/model/map';
import type { Path } from '../../src/model/path';
import type { Tables } from '../../src/model/tables';
import { serialPage } from '../ipc/fixtures';
import { makeMap, makePath, makeTables, type PathSpec } from '../fixtures';
import { text, type VectorCase, type VectorOutcome, type VectorRunner } from './runner';

const WWID1 = '360014051f65c6cb11b74541b703ce1d4';
const WWID2 = '360014059999999999999999999999999';
const TARGET = 'iqn.2003-01.org.example:tgt';

interface Member {
  name: string;
  devt: string;
  hcil: string;
  state: Path['check']['state'];
  dm: Path['dmState'];
  priority: number;
  tick: number;
  interval: number;
  sysfs?: string;
}

function member(m: Member, wwid: string, more: PathSpec['facts']): Path {
  return makePath({
    name: m.name,
    devt: m.devt,
    facts: { hcil: m.hcil, state: m.sysfs ?? 'running', vpd80: serialPage('SER123'), ...more },
    transport: { protocol: 'scsi:iscsi', targetWwnn: TARGET },
    check: { state: m.state, lastAt: null, nextAt: m.tick * 1000, intervalMs: m.interval * 1000, failures: 3 },
    path: { wwid, map: `mpath-${wwid}`, dmState: m.dm, priority: m.priority },
  });
}

function firstPaths(): Path[] {
  const lio = { vendor: 'LIO-ORG', model: 'disk1', revision: '4.0' };
  return [
    member(
      { name: 'sda', devt: '8:0', hcil: '2:0:0:0', state: 'up', dm: 'active', priority: 50, tick: 5, interval: 20 },
      WWID1,
      lio,
    ),
    member(
      { name: 'sdb', devt: '8:16', hcil: '3:0:0:0', state: 'up', dm: 'active', priority: 10, tick: 20, interval: 20 },
      WWID1,
      lio,
    ),
  ];
}

function secondPaths(ghost: Path['check']['state']): Path[] {
  const vendor = { vendor: 'VENDOR', model: 'PRODUCT NAME', revision: '0001' };
  return [
    member(
      {
        name: 'sdc',
        devt: '8:32',
        hcil: '10:0:1:65535',
        state: 'down',
        dm: 'failed',
        priority: 1,
        tick: 1,
        interval: 5,
        sysfs: 'offline',
      },
      WWID2,
      vendor,
    ),
    member(
      {
        name: 'sdaa',
        devt: '65:160',
        hcil: '10:0:2:16384',
        state: ghost,
        dm: 'active',
        priority: -1,
        tick: 3,
        interval: 5,
      },
      WWID2,
      vendor,
    ),
    member(
      {
        name: 'sdab',
        devt: '65:176',
        hcil: '11:0:1:0',
        state: 'pending',
        dm: 'undef',
        priority: 5,
        tick: 0,
        interval: 0,
      },
      WWID2,
      vendor,
    ),
  ];
}

function orphans(): Path[] {
  const orphan = (name: string, devt: string, state: Path['check']['state'], init: Path['init']): Path =>
    makePath({ name, devt, check: { state, lastAt: null }, path: { init } });
  return [orphan('sdz', '65:144', 'unchecked', 'udev-missing'), orphan('sdy', '65:128', 'down', 'failed')];
}

/** multipathd counts some times in ticks of a second. Here they become moments of the tables, whose time is 0. */
function policies(
  failback: FailbackPolicy | null,
  failbackTicks: number,
  retry: NoPathRetry,
  retryTicks: number,
): Pick<MultipathMap, 'failback' | 'queueing'> {
  const recovery = retryTicks > 0 ? { since: 0, until: retryTicks * 1_000 } : null;
  return {
    failback: { ...newFailback(), policy: failback, dueAt: failbackTicks > 0 ? failbackTicks * 1_000 : null },
    // With no tick left and no usable path the time is over.
    queueing: { ...noQueueing(), retry, recovery, exhausted: retryTicks < 0 },
  };
}

function firstMap(more: Partial<MultipathMap> = policies('immediate', 0, 'queue', 0)): MultipathMap {
  return makeMap({
    name: 'mpatha',
    wwid: WWID1,
    devt: '253:0',
    sectors: 2_097_152,
    features: ['queue_if_no_path'],
    handler: ['alua'],
    groups: [
      { state: 'active', devts: ['8:0'] },
      { state: 'enabled', devts: ['8:16'] },
    ],
    map: {
      counters: { pathFaults: 0, switchGroup: 0, mapLoads: 0, totalQueueTime: 0, queueTimeouts: 0, mapFailures: 0 },
      ...more,
    },
  });
}

// A pending action is mpathd's running operation, which makes mpathd busy. It does not make multipathd busy.
function secondMap(devt: string, command: string, more: Partial<MultipathMap>): MultipathMap {
  return makeMap({
    name: WWID2,
    wwid: WWID2,
    devt,
    sectors: 41_943_040,
    facts: { readOnly: true, suspended: true },
    groups: [
      { state: 'enabled', devts: ['8:32', '65:160'] },
      { state: 'disabled', devts: ['65:176'] },
    ],
    map: {
      operation: command === 'show status' ? null : { kind: 'reload', id: 1, asked: 0, since: 0, reason: '' },
      counters: { pathFaults: 7, switchGroup: 2, mapLoads: 3, totalQueueTime: 99, queueTimeouts: 1, mapFailures: 0 },
      ...more,
    },
  });
}

interface Setup {
  tables: Tables;
  /** Parts of this setup that the model does not have. */
  lacks: string[];
}

const MARGINAL = 'marginal paths';
const NO_INFO = 'maps without dm information';
const DELAYED = 'delayed paths';

type Policies = ReturnType<typeof policies>;

function setupOf(words: string, command: string): Setup | null {
  const both = (first: Policies, second: Policies, devt = '', ghost: Path['check']['state'] = 'ghost'): Tables =>
    makeTables(
      [...firstPaths(), ...secondPaths(ghost), ...orphans()],
      [firstMap(first), secondMap(devt, command, second)],
    );
  if (words === 'empty') return { tables: makeTables([], []), lacks: [] };
  if (words.startsWith('1 map mpatha/')) return { tables: makeTables(firstPaths(), [firstMap()]), lacks: [] };
  if (words.startsWith('setup of previous case plus map 2')) {
    return { tables: both(policies('immediate', 0, 'queue', 0), policies(10, 4, 12, 37), '253:12'), lacks: [MARGINAL] };
  }
  // A map without information in device-mapper has no device number either.
  if (words.startsWith('previous, but map2: failback followover')) {
    return {
      tables: both(policies('manual', 0, 'fail', 0), policies('followover', 0, null, 0)),
      lacks: [MARGINAL, NO_INFO],
    };
  }
  if (words.startsWith('previous, but map1 no_path_retry 5')) {
    return {
      tables: both(policies(null, 0, 5, 0), policies(30, 0, 5, -1), '', 'down'),
      lacks: [MARGINAL, NO_INFO, DELAYED],
    };
  }
  return null;
}

const maps = (tables: Tables, format: string): string =>
  renderTable(parseFormat(format, MAP_WILDCARDS), mapRows(tables));

const FORMAT = /^show (maps|paths) raw format "(.*)"$/;

function output(tables: Tables, command: string): string | null {
  const raw = FORMAT.exec(command);
  if (raw !== null) {
    const format = raw[2] ?? '';
    return raw[1] === 'maps'
      ? renderRaw(parseFormat(format, MAP_WILDCARDS), mapRows(tables))
      : renderRaw(parseFormat(format, PATH_WILDCARDS), listedPaths(tables));
  }
  switch (command) {
    case 'show topology':
      return topology(tables, mapRows(tables));
    case 'show maps':
      return maps(tables, '%n %d %w');
    case 'show maps status':
      return maps(tables, '%n %F %Q %N %t %r');
    case 'show maps stats':
      return maps(tables, '%n %0 %1 %2 %3 %4');
    case 'show maps json':
      return mapsJson(mapRows(tables));
    case 'show paths':
      return renderTable(parseFormat('%i %d %D %p %t %T %o %C', PATH_WILDCARDS), listedPaths(tables));
    case 'show status':
      return showStatus(tables);
    default:
      return null;
  }
}

/** The parts in `lacks` that a command would show. */
function shows(command: string, lacks: readonly string[]): string[] {
  if (command === 'show maps json') return lacks.filter((lack) => lack !== DELAYED);
  if (command === 'show maps status') return lacks.filter((lack) => lack === NO_INFO);
  if (command === 'show topology') return lacks.filter((lack) => lack === NO_INFO || lack === DELAYED);
  const shownByPaths = command.startsWith('show paths') || command === 'show status';
  return shownByPaths ? lacks.filter((lack) => lack === DELAYED) : [];
}

function runPrint(c: VectorCase): VectorOutcome {
  const command = text(c['output_of']);
  const setup = setupOf(text(c['setup']), command);
  if (setup === null) return { unsupported: 'an unknown setup' };
  const lacking = shows(command, setup.lacks);
  if (lacking.length > 0) return { unsupported: lacking.join(' and ') };
  const printed = output(setup.tables, command);
  if (printed === null) return { unsupported: command };
  expect(printed).toBe(c['text']);
  return 'passed';
}

export const print: VectorRunner = { file: 'print', run: runPrint };
