/** The table that a map should have. */
import type { DevT } from '../model/identity';
import type { NoPathRetry } from '../model/map';
import type { MultipathTable } from '../model/table';

/** The settings of a map that show in its table. */
export interface TableSettings {
  /** Words without their count. */
  features: readonly string[];
  /** Words without their count. */
  handler: readonly string[];
  /** The selector with the count of its arguments: `service-time 0`. */
  selector: string;
  /** The number of I/Os that go to a path before the next path is chosen. */
  minIo: number;
  rrWeight: 'uniform' | 'priorities';
  noPathRetry: NoPathRetry;
  /** True if the time of a numeric no_path_retry has run out. */
  retriesExhausted: boolean;
  /** 1-based number of the best group. */
  initialGroup: number;
}

/** The facts of a path that its place in the table needs. */
export interface TableMember {
  devt: DevT;
  priority: number;
  /** True if the path is up or ghost. */
  usable: boolean;
}

const QUEUEING = 'queue_if_no_path';

function queues(settings: TableSettings, anyUsable: boolean): boolean {
  switch (settings.noPathRetry) {
    case null:
    case 'fail':
      return false;
    case 'queue':
      return true;
    default:
      return anyUsable || !settings.retriesExhausted;
  }
}

/** The table with these groups in this order. */
export function assembleTable(settings: TableSettings, groups: ReadonlyArray<readonly TableMember[]>): MultipathTable {
  const { features, selector, minIo, rrWeight } = settings;
  const anyUsable = groups.some((group) => group.some(({ usable }) => usable));
  const addQueueing = queues(settings, anyUsable) && !features.includes(QUEUEING);
  const weight = ({ priority }: TableMember): number => (rrWeight === 'priorities' && priority > 0 ? priority : 1);
  // The kernel refuses a group without paths.
  const filled = groups.filter((group) => group.length > 0);
  const best = filled.findIndex((group) => group === groups[settings.initialGroup - 1]);
  return {
    features: addQueueing ? [...features, QUEUEING] : [...features],
    handler: [...settings.handler],
    initialGroup: Math.min(Math.max(best, 0) + 1, filled.length),
    groups: filled.map((group) => ({
      selector,
      paths: group.map((path) => ({ devt: path.devt, args: [`${minIo * weight(path)}`] })),
    })),
  };
}
