/** Orders the paths of a group for round-robin, so that neighbours do not share a host adapter. */

/** The host adapter and SCSI address by which a path leaves the host; null: not known. */
export interface Leaving {
  /** H:C:T:L. */
  hcil: string | null;
  adapter: string | null;
  protocol: string;
}

/** The protocols whose adapter is known. For other protocols nobody knows which paths share hardware. */
const WITH_ADAPTERS: ReadonlySet<string> = new Set([
  'scsi:fcp',
  'scsi:spi',
  'scsi:ssa',
  'scsi:sbp',
  'scsi:srp',
  'scsi:iscsi',
  'scsi:sas',
  'scsi:adt',
  'scsi:ata',
  'scsi:usb',
]);

const hostOf = ({ hcil }: Leaving): string => hcil?.split(':', 1)[0] ?? '';

/** The items by key; the lists are in the order of the first item of each key. */
function queuesBy<T>(items: readonly T[], key: (item: T) => string): T[][] {
  const queues = new Map<string, T[]>();
  for (const item of items) {
    const queue = queues.get(key(item));
    if (queue === undefined) queues.set(key(item), [item]);
    else queue.push(item);
  }
  return [...queues.values()];
}

/** Takes one item of each queue in turn. */
function takeTurns<T>(queues: readonly T[][]): T[] {
  const longest = Math.max(0, ...queues.map(({ length }) => length));
  const rounds = Array.from({ length: longest }, (_, round) =>
    queues.flatMap((queue) => queue.slice(round, round + 1)),
  );
  return rounds.flat();
}

/**
 * The paths of a round-robin group in an order that takes adapters in turn, and the hosts of an adapter in turn. Two
 * paths stay as they are.
 */
export function interleave<T extends Leaving>(paths: readonly T[]): T[] {
  if (paths.length <= 2 || paths.some(({ protocol, adapter }) => adapter === null || !WITH_ADAPTERS.has(protocol)))
    return [...paths];
  const adapters = queuesBy(paths, ({ adapter }) => adapter ?? '');
  return takeTurns(adapters.map((own) => takeTurns(queuesBy(own, hostOf))));
}
