/** The wildcards of `show maps format`, and the fields of maps in topologies and JSON. */
import type { BlockFacts } from '../model/facts';
import type { MapOperation } from '../model/map';
import type { Wildcard } from './format';
import { wantsQueueing } from '../policy/queueing';
import { progressBar, sizeText } from './measures';
import { UNDEFINED } from './pathWildcards';
import { isUsable, type MapRow } from './rows';

/** `%d`: the kernel name of a device-mapper device is `dm-` and its minor number (drivers/md/dm.c). */
export function sysfsName(row: MapRow): string {
  const minor = /^\d+:(\d+)$/.exec(row.map.facts.devt)?.[1];
  return minor === undefined ? 'undef' : `dm-${minor}`;
}

/** Words of features or of a handler, as in a table: first their number, then the words. */
function counted(words: readonly string[] | undefined): string {
  return [String(words?.length ?? 0), ...(words ?? [])].join(' ');
}

/** `%f`. */
export function featuresText(row: MapRow): string {
  return counted(row.map.table?.features);
}

/** `%h`. */
export function handlerText(row: MapRow): string {
  return counted(row.map.table?.handler);
}

/**
 * `%Q`: `on`; `off`; `-` if no_path_retry is not set; the rest of the time in `sec`; or the number of checks while none
 * is used up.
 */
export function queueing(row: MapRow): string {
  const { queueing: state } = row.map;
  const wanted = wantsQueueing(state);
  if (wanted === null) return '-';
  if (typeof state.retry !== 'number' || !wanted) return wanted ? 'on' : 'off';
  if (state.recovery !== null) return `${secondsTo(state.recovery.until, row.now)} sec`;
  return `${state.retry} chk`;
}

/** `%N`: the number of paths that are up or ghost. */
export function usablePaths(row: MapRow): number {
  return row.paths.filter(isUsable).length;
}

const ACTIONS: Record<MapOperation['kind'], string> = {
  create: 'create',
  reload: 'reload',
  rename: 'rename',
  remove: '',
  message: '',
};

/** `%A`: the operation on the map, in multipath-tools' words. For other operations multipath-tools has no word. */
export function action(row: MapRow): string {
  return row.map.operation === null ? '' : ACTIONS[row.map.operation.kind];
}

/** `vendor`, `model` or `revision` of the first path that has it; `##`: no path has it. */
export function ofAnyPath(row: MapRow, field: 'vendor' | 'model' | 'revision'): string {
  const facts = row.paths.map(({ path }) => path?.facts ?? null).filter((f): f is BlockFacts => f !== null);
  return facts.map((f) => f[field]?.trim() ?? '').find((text) => text !== '') ?? '##';
}

/** `%s`. */
export function vendorProduct(row: MapRow): string {
  return `${ofAnyPath(row, 'vendor')},${ofAnyPath(row, 'model')}`;
}

/** `%S`: the size of the live table. */
export function mapSize(row: MapRow): string {
  return sizeText(row.map.facts.targets.reduce((sum, target) => sum + target.lengthSectors, 0));
}

const secondsTo = (at: number, now: number): number => Math.max(0, Math.ceil((at - now) / 1_000));

/** `%F`: the policy. A deferred failback is `deferred:10`. While it waits, it is shown as the rest of its time. */
export function failback(row: MapRow): string {
  const { policy, dueAt } = row.map.failback;
  if (typeof policy !== 'number') return policy ?? 'undef';
  return dueAt === null ? `deferred:${policy}` : progressBar(Math.min(policy, secondsTo(dueAt, row.now)), policy);
}

/** `%3`: the time (s) in which I/O was queued because no path was usable. */
export function totalQueueTime(row: MapRow): number {
  const { recovery } = row.map.queueing;
  return row.map.counters.totalQueueTime + (recovery === null ? 0 : Math.round((row.now - recovery.since) / 1_000));
}

/** `%r`. */
export function writeProtection(row: MapRow): string {
  return row.map.facts.readOnly ? 'ro' : 'rw';
}

/** `%t`. */
export function dmState(row: MapRow): string {
  return row.map.facts.suspended ? 'suspend' : 'active';
}

/** `%g`: the name of the first path that has one. */
function vendorPageName(row: MapRow): string {
  return row.paths.map(({ path }) => path?.vendorPage.name ?? null).find((name) => name !== null) ?? UNDEFINED;
}

/** In the order in which `show wildcards` lists them. */
export const MAP_WILDCARDS: ReadonlyArray<Wildcard<MapRow>> = [
  { letter: 'n', header: 'name', value: (row) => row.map.facts.name },
  { letter: 'w', header: 'uuid', value: (row) => row.map.wwid },
  { letter: 'd', header: 'sysfs', value: sysfsName },
  { letter: 'F', header: 'failback', value: failback },
  { letter: 'Q', header: 'queueing', value: queueing },
  { letter: 'N', header: 'paths', value: (row) => String(usablePaths(row)) },
  { letter: 'r', header: 'write_prot', value: writeProtection },
  { letter: 't', header: 'dm-st', value: dmState },
  { letter: 'S', header: 'size', value: mapSize },
  { letter: 'f', header: 'features', value: featuresText },
  { letter: 'x', header: 'failures', value: (row) => String(row.map.counters.mapFailures) },
  { letter: 'h', header: 'hwhandler', value: handlerText },
  { letter: 'A', header: 'action', value: action },
  { letter: '0', header: 'path_faults', value: (row) => String(row.map.counters.pathFaults) },
  { letter: '1', header: 'switch_grp', value: (row) => String(row.map.counters.switchGroup) },
  { letter: '2', header: 'map_loads', value: (row) => String(row.map.counters.mapLoads) },
  { letter: '3', header: 'total_q_time', value: (row) => String(totalQueueTime(row)) },
  { letter: '4', header: 'q_timeouts', value: (row) => String(row.map.counters.queueTimeouts) },
  { letter: 's', header: 'vend/prod', value: vendorProduct },
  { letter: 'v', header: 'vend', value: (row) => ofAnyPath(row, 'vendor') },
  { letter: 'p', header: 'prod', value: (row) => ofAnyPath(row, 'model') },
  { letter: 'e', header: 'rev', value: (row) => ofAnyPath(row, 'revision') },
  { letter: 'G', header: 'foreign', value: () => '--' },
  { letter: 'g', header: 'vpd page data', value: vendorPageName },
  { letter: 'k', header: 'max_sectors_kb', value: () => 'n/a' },
];
