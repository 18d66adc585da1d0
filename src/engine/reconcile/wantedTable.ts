/** The table that a map should have, derived from its paths, its settings and its present table. */
import type { DevT } from '../../model/identity';
import type { QueueingState } from '../../model/map';
import { isMarginalPath, isUsable, type Path } from '../../model/path';
import type { MultipathTable, TableGroup } from '../../model/table';
import { type Addressed, byAddress } from '../../policy/address';
import { assembleTable } from '../../policy/assembleTable';
import { queueModeOf } from '../../policy/compareTables';
import { tpgIdOf } from '../../policy/detect';
import { addFeature, featureWords, type QueueMode, reconcileQueueMode } from '../../policy/features';
import { bestGroup, type Grouping, type GroupMember, groupPaths } from '../../policy/grouping';
import { interleave, type Leaving } from '../../policy/interleave';
import { wantsQueueing } from '../../policy/queueing';
import { selectorName } from '../../policy/selector';
import { formatTable } from '../../policy/table';
import { serialOf } from '../../policy/wwid';
import type { MapSettings } from '../settings/state';
import type { TableOrder } from './writes';

const QUEUEING = 'queue_if_no_path';

/** The map's present table. */
export interface PresentTable {
  table: MultipathTable;
  sizeSectors: number;
}

export interface WantedTable extends Omit<TableOrder, 'params'> {
  table: MultipathTable;
}

/** The sources of a table. */
export interface TablePlan {
  settings: MapSettings;
  queueing: QueueingState;
  /** null: the map does not exist yet. */
  present: PresentTable | null;
  /** Unknown numbers in the present table. They stay where they are. */
  unknown: readonly DevT[];
}

/** The table as an order to the kernel. */
export function orderOf({ table, ...order }: WantedTable): TableOrder {
  return { params: formatTable(table), ...order };
}

export function tableFor(paths: readonly Path[], { settings, queueing, present, unknown }: TablePlan): WantedTable {
  const selector = settings.selector.value;
  const policy = settings.grouping.value;
  const ranked = groupPaths(byAddress(paths.map((path) => memberOf(path, policy))), policy, true);
  const groups = selectorName(selector) === 'round-robin' ? ranked.map(interleave) : ranked;
  const queues = wantsQueueing(queueing);
  const table = assembleTable(
    {
      features: featuresFor(paths, settings, queueing, present),
      handler: settings.handler.value,
      selector,
      // dm-mpath is request-based since 2.6.31.
      minIo: settings.configured.rr_min_io_rq.value,
      rrWeight: settings.configured.rr_weight.value,
      noPathRetry: queues === null ? null : queues ? 'queue' : 'fail',
      retriesExhausted: false,
      initialGroup: bestGroup(groups),
    },
    groups,
  );
  keepUnknown(table, unknown, present, selector);
  return {
    table,
    sizeSectors: present?.sizeSectors ?? paths[0]?.facts?.sizeSectors ?? 0,
    readOnly: paths.some((path) => path.facts?.readOnly === true),
    udev: {
      skipKpartx: settings.configured.skip_kpartx.value,
      noPath: unknown.length === 0 && !paths.some(maybeUsable),
    },
  };
}

/** A map keeps its queue mode, which no reload can change. It also keeps its queueing if nothing is configured. */
function featuresFor(
  paths: readonly Path[],
  settings: MapSettings,
  queueing: QueueingState,
  present: PresentTable | null,
): string[] {
  const { features } = reconcileQueueMode(
    settings.features.value,
    present === null ? modeFor(paths) : queueModeOf(present.table),
  );
  const keeps = wantsQueueing(queueing) === null && present?.table.features.includes(QUEUEING) === true;
  const all = keeps ? addFeature(features, QUEUEING).features : features;
  return featureWords(all ?? '0') ?? [];
}

/** NVMe over TCP cannot be request-based; null: the configured mode. */
function modeFor(paths: readonly Path[]): QueueMode | null {
  return paths.some((path) => path.facts?.transport.protocol === 'nvme:tcp') ? 'bio' : null;
}

const maybeUsable = (path: Path): boolean =>
  isUsable(path.check.state) || ['unchecked', 'pending'].includes(path.check.state);

/**
 * A path in the form that grouping needs. A path that was not checked yet counts as usable. VPD pages are parsed only
 * for the policies that need them.
 */
function memberOf(path: Path, policy: Grouping): Addressed & GroupMember & Leaving {
  const { facts } = path;
  return {
    devt: path.devt,
    hcil: facts?.hcil ?? null,
    adapter: facts?.transport.hostAdapter ?? null,
    protocol: facts?.transport.protocol ?? 'undef',
    priority: path.priority,
    usable: isUsable(path.check.state) || path.check.state === 'unchecked',
    marginal: isMarginalPath(path),
    serial: facts !== null && policy === 'group_by_serial' ? serialOf(facts) : null,
    nodeName: facts?.transport.targetWwnn ?? null,
    tpg: facts !== null && policy === 'group_by_tpg' ? tpgIdOf(facts) : null,
  };
}

function keepUnknown(
  table: MultipathTable,
  unknown: readonly DevT[],
  present: PresentTable | null,
  selector: string,
): void {
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
