/** Multipath maps in memory: how a write changes them, in the kernel's own words (drivers/md/dm-mpath.c). */
import type { MapFacts } from '../../model/facts';
import type { DevT } from '../../model/identity';
import type { MultipathStatus, MultipathTable } from '../../model/table';
import { formatTable, parseStatus, parseTable } from '../../policy/table';

/** The table that a write loads. */
export interface DryTable {
  sizeSectors: number;
  readOnly: boolean;
  params: string;
}

/** The map with this table live. Failed paths stay failed. */
export function withTable(map: MapFacts, { sizeSectors, readOnly, params }: DryTable): MapFacts {
  const table = parseTable(params);
  const status = table === null ? '' : statusText(table, failedIn(map), table.initialGroup);
  return {
    ...map,
    readOnly,
    eventNr: map.eventNr + 1,
    hasLiveTable: true,
    hasInactiveTable: false,
    targets: [{ startSector: 0, lengthSectors: sizeSectors, type: 'multipath', table: params, status }],
  };
}

/** The map after a message to its target. */
export function withMessage(map: MapFacts, message: string): MapFacts {
  const [target] = map.targets;
  const table = target === undefined ? null : parseTable(target.table);
  if (target === undefined || table === null) return map;
  const [verb, argument] = message.split(' ');
  const failed = failedIn(map);
  const features = new Set(table.features);
  let next = statusOf(map)?.nextGroup ?? table.initialGroup;
  if (verb === 'fail_path' && argument !== undefined) failed.add(argument);
  else if (verb === 'reinstate_path' && argument !== undefined) failed.delete(argument);
  else if (verb === 'queue_if_no_path') features.add('queue_if_no_path');
  else if (verb === 'fail_if_no_path') features.delete('queue_if_no_path');
  else if (verb === 'switch_group') next = Number(argument);
  const after: MultipathTable = { ...table, features: [...features] };
  return {
    ...map,
    eventNr: map.eventNr + 1,
    targets: [{ ...target, table: formatTable(after), status: statusText(after, failed, next) }],
  };
}

/** The device numbers in the map's table. */
export function devtsIn(map: MapFacts): DevT[] {
  const table = parseTable(map.targets[0]?.table ?? '');
  return table?.groups.flatMap(({ paths }) => paths.map(({ devt }) => devt)) ?? [];
}

function statusOf(map: MapFacts): MultipathStatus | null {
  const [target] = map.targets;
  const table = target === undefined ? null : parseTable(target.table);
  return target === undefined || table === null ? null : parseStatus(target.status, table);
}

function failedIn(map: MapFacts): Set<DevT> {
  const paths = statusOf(map)?.groups.flatMap((group) => group.paths) ?? [];
  return new Set(paths.filter(({ state }) => state === 'failed').map(({ devt }) => devt));
}

function statusText(table: MultipathTable, failed: ReadonlySet<DevT>, next: number): string {
  const groups = table.groups.map(({ paths }, at) => {
    const states = paths.map(({ devt }) => `${devt} ${failed.has(devt) ? 'F' : 'A'} 0`);
    return [at + 1 === next ? 'A' : 'E', 0, paths.length, 0, ...states].join(' ');
  });
  const handler = [table.handler.length, ...table.handler];
  return ['2 0 0', ...handler, table.groups.length, table.groups.length === 0 ? 0 : next, ...groups].join(' ');
}
