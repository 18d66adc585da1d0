/** The table that a map should have, from its paths and from what its present table says. */
import { byAddress, type Addressed } from '../policy/address';
import { assembleTable } from '../policy/assembleTable';
import { tpgIdOf } from '../policy/detect';
import { bestGroup, groupPaths, type GroupMember } from '../policy/grouping';
import { formatTable } from '../policy/table';
import { serialOf } from '../policy/wwid';
import type { DevT } from '../model/identity';
import type { Path } from '../model/path';
import type { MultipathTable, TableGroup } from '../model/table';
import { isUsable } from './checks';
import type { TableOrder } from './operations';

const SELECTOR = 'service-time 0';

/** What a map keeps from its present table: an administrator's queueing or selector is not undone. */
export interface PresentTable {
  table: MultipathTable;
  sizeSectors: number;
}

export interface WantedTable extends Omit<TableOrder, 'params'> {
  table: MultipathTable;
}

/** The same to be loaded. */
export function orderOf({ table, sizeSectors, readOnly }: WantedTable): TableOrder {
  return { params: formatTable(table), sizeSectors, readOnly };
}

/**
 * `unknown`: numbers in the present table of which nothing is known; they stay where they are.
 * `present` null: the map is to be made.
 */
export function tableFor(paths: readonly Path[], unknown: readonly DevT[], present: PresentTable | null): WantedTable {
  const members = byAddress(paths.map(memberOf));
  const policy = paths.some((path) => (path.facts?.accessState ?? null) === null) ? 'multibus' : 'group_by_prio';
  const groups = groupPaths(members, policy);
  const settings = {
    features: present?.table.features ?? [],
    handler: present === null ? handlerOf(paths) : present.table.handler,
    selector: present?.table.groups[0]?.selector ?? SELECTOR,
    minIo: 1,
    rrWeight: 'uniform' as const,
    noPathRetry: null,
    retriesExhausted: false,
    initialGroup: bestGroup(groups),
  };
  const table = assembleTable(settings, groups);
  keepUnknown(table, unknown, present, settings.selector);
  const sizeSectors = present?.sizeSectors ?? paths[0]?.facts?.sizeSectors ?? 0;
  return { table, sizeSectors, readOnly: paths.some((path) => path.facts?.readOnly === true) };
}

function memberOf(path: Path): Addressed & GroupMember {
  const { facts } = path;
  return {
    devt: path.devt,
    hcil: facts?.hcil ?? null,
    priority: path.priority,
    usable: isUsable(path.check.state) || path.check.state === 'unchecked',
    marginal: false,
    serial: facts === null ? null : serialOf(facts),
    nodeName: facts?.transport.targetWwnn ?? null,
    tpg: facts === null ? null : tpgIdOf(facts),
  };
}

/** The handler that the kernel has attached to all paths; it keeps it whatever the table says (since 4.3). */
function handlerOf(paths: readonly Path[]): string[] {
  const handlers = new Set(paths.map((path) => path.facts?.deviceHandler ?? null));
  const [only] = handlers;
  return handlers.size === 1 && only !== null && only !== undefined ? [only] : [];
}

function keepUnknown(table: MultipathTable, unknown: readonly DevT[], present: PresentTable | null, selector: string): void {
  for (const group of present?.table.groups ?? []) {
    const kept = group.paths.filter((path) => unknown.includes(path.devt));
    if (kept.length === 0) continue;
    const neighbours = new Set(group.paths.map((path) => path.devt));
    const home: TableGroup | undefined = table.groups.find((g) => g.paths.some((path) => neighbours.has(path.devt)));
    const paths = kept.map((path) => ({ devt: path.devt, args: ['1'] }));
    if (home !== undefined) home.paths.push(...paths);
    else table.groups.push({ selector, paths });
  }
  if (table.initialGroup === 0 && table.groups.length > 0) table.initialGroup = 1;
}
