/** The wildcards of `show paths format`, and the fields of paths in topologies and JSON. */
import { isMarginalPath, NO_PRIORITY, type CheckState } from '../model/path';
import type { Wildcard } from './format';
import { progressBar, sizeText } from './measures';
import type { PathRow } from './rows';
import { lunHex } from './vpd';
import { judgeSysfsState } from '../policy/sysfsState';
import { tpgIdOf } from '../policy/detect';
import { serialOf } from '../policy/wwid';

/** The text for a value that does not exist or is not known. */
export const UNDEFINED = '[undef]';

const CHECKER_STATES: Record<CheckState, string> = {
  unchecked: 'undef',
  up: 'ready',
  down: 'faulty',
  ghost: 'ghost',
  pending: 'i/o pending',
  timeout: 'i/o timeout',
  removed: 'undef',
};

/** `%T`: the state by the checker. multipath-tools shows it only for paths in maps. */
export function checkerState(row: PathRow): string {
  return row.path === null || row.map === null ? 'undef' : CHECKER_STATES[row.path.check.state];
}

/** `%c`: `(null)` before a checker has run. */
export function checkerName(row: PathRow): string {
  if (row.path === null || row.path.check.lastAt === null) return '(null)';
  return row.path.check.method;
}

/** `%o`: the state of the device itself. A device that is blocked, or that comes and goes, counts as running. */
export function deviceState(row: PathRow): string {
  const facts = row.path?.facts;
  if (facts === null || facts === undefined || row.map === null) return 'unknown';
  const bus = facts.bus === 'scsi' || facts.bus === 'nvme' ? facts.bus : 'other';
  const verdict = judgeSysfsState(bus, facts.state);
  return verdict === 'down' || verdict === 'removed' ? 'offline' : 'running';
}

/** `%C`: seconds until the next check, and the whole interval. */
function nextCheck(row: PathRow): string {
  if (row.path === null || row.map === null) return 'orphan';
  const { check } = row.path;
  const total = Math.round(check.intervalMs / 1000);
  const left = check.inFlight ? 0 : Math.ceil((check.nextAt - row.now) / 1000);
  return progressBar(Math.min(Math.max(left, 0), total), total);
}

function mapName(row: PathRow): string {
  if (row.map !== null) return row.map.facts.name;
  return row.inUnknownMap ? '[unknown]' : '[orphan]';
}

function initState(row: PathRow): string {
  const init = row.path?.init;
  if (init === undefined) return 'partial';
  return init === 'excluded' ? 'failed' : init;
}

function portGroup(row: PathRow): string {
  const facts = row.path?.facts ?? null;
  const group = facts === null ? null : tpgIdOf(facts);
  return group === null ? UNDEFINED : `0x${group.toString(16).padStart(4, '0')}`;
}

function vendorProductRevision(row: PathRow): string {
  const facts = row.path?.facts;
  return [facts?.vendor, facts?.model, facts?.revision].map((text) => text?.trim() ?? '').join(',');
}

function serial(row: PathRow): string {
  const facts = row.path?.facts ?? null;
  return (facts === null ? null : serialOf(facts)) ?? '';
}

/** `%p`. */
export function pathPriority(row: PathRow): number {
  return row.path?.priority ?? NO_PRIORITY;
}

/** `%M`; of a group: whether all its paths are. */
export function marginalState(rows: readonly PathRow[]): string {
  return rows.length > 0 && rows.every(({ path }) => path !== null && isMarginalPath(path)) ? 'marginal' : 'normal';
}

/** In the order in which `show wildcards` lists them. */
export const PATH_WILDCARDS: ReadonlyArray<Wildcard<PathRow>> = [
  { letter: 'w', header: 'uuid', value: (row) => row.path?.wwid ?? '' },
  { letter: 'i', header: 'hcil', value: (row) => row.path?.facts?.hcil ?? '#:#:#:#' },
  { letter: 'd', header: 'dev', value: (row) => row.path?.name ?? '-' },
  { letter: 'D', header: 'dev_t', value: (row) => row.devt },
  { letter: 't', header: 'dm_st', value: (row) => row.dmState },
  { letter: 'o', header: 'dev_st', value: deviceState },
  { letter: 'T', header: 'chk_st', value: checkerState },
  { letter: 's', header: 'vend/prod/rev', value: vendorProductRevision },
  { letter: 'c', header: 'checker', value: checkerName },
  { letter: 'C', header: 'next_check', value: nextCheck },
  { letter: 'p', header: 'pri', value: (row) => String(pathPriority(row)) },
  { letter: 'S', header: 'size', value: (row) => sizeText(row.path?.facts?.sizeSectors ?? 0) },
  { letter: 'z', header: 'serial', value: serial },
  { letter: 'M', header: 'marginal_st', value: (row) => marginalState([row]) },
  { letter: 'm', header: 'multipath', value: mapName },
  { letter: 'N', header: 'host WWNN', value: (row) => row.path?.facts?.transport.hostWwnn ?? UNDEFINED },
  { letter: 'n', header: 'target WWNN', value: (row) => row.path?.facts?.transport.targetWwnn ?? UNDEFINED },
  { letter: 'R', header: 'host WWPN', value: (row) => row.path?.facts?.transport.hostWwpn ?? UNDEFINED },
  { letter: 'r', header: 'target WWPN', value: (row) => row.path?.facts?.transport.targetWwpn ?? UNDEFINED },
  { letter: 'a', header: 'host adapter', value: (row) => row.path?.facts?.transport.hostAdapter ?? UNDEFINED },
  { letter: 'G', header: 'foreign', value: () => '--' },
  { letter: 'g', header: 'vpd page data', value: (row) => row.path?.vendorPage.name ?? UNDEFINED },
  { letter: '0', header: 'failures', value: (row) => String(row.path?.check.failures ?? 0) },
  { letter: 'P', header: 'protocol', value: (row) => row.path?.facts?.transport.protocol ?? 'undef' },
  { letter: 'I', header: 'init_st', value: initState },
  { letter: 'L', header: 'LUN hex', value: (row) => lunHex(row.path?.facts?.hcil ?? null) },
  { letter: 'A', header: 'TPG', value: portGroup },
  { letter: 'k', header: 'max_sectors_kb', value: (row) => String(row.path?.facts?.maxSectorsKb ?? 'n/a') },
];
