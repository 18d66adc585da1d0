/** Failures on demand: for any operation, for one device or all, n times or with a probability. */
import type { Random } from './random';

/** The operations of the ports, with their names there. `snapshot-…` are the steps of a snapshot. */
export type Operation =
  | 'list'
  | 'read'
  | 'create'
  | 'reload'
  | 'rename'
  | 'remove'
  | 'message'
  | 'block-read'
  | 'block-list'
  | 'check'
  | 'inquiry'
  | 'rescan'
  | 'snapshot-list'
  | 'snapshot-map'
  | 'snapshot-names'
  | 'snapshot-block'
  | 'fence';

export const OPERATIONS: readonly Operation[] = [
  'list',
  'read',
  'create',
  'reload',
  'rename',
  'remove',
  'message',
  'block-read',
  'block-list',
  'check',
  'inquiry',
  'rescan',
  'snapshot-list',
  'snapshot-map',
  'snapshot-names',
  'snapshot-block',
  'fence',
];

export type FaultOutcome =
  /** The operation fails; `applied`: it fails although the kernel has done it. */
  | { kind: 'errno'; errno: string; applied?: boolean }
  /** The answer comes `ms` later than the kernel made it, and may be outdated. */
  | { kind: 'late'; ms: number }
  /**
   * For an operation of several system calls: `ms` pass between its first call and the others. In this time other
   * programs see the operation half done.
   */
  | { kind: 'halfway'; ms: number }
  /**
   * The operation hangs in its first system call, or in the call after `calls` others, until {@link Faults.release}. A
   * single step of a snapshot cannot hang: it fails with `EIO`.
   */
  | { kind: 'hang'; calls?: number }
  /** The daemon is killed when the operation has done `calls` of its system calls, or all if it has not so many. */
  | { kind: 'dies'; calls: number };

export interface FaultRule {
  operations: readonly Operation[] | 'all';
  /** dm UUIDs or names, disks' names or dev_ts; null: any. */
  devices: readonly string[] | null;
  outcome: FaultOutcome;
  /** How often the fault happens; null: until the rule is taken back. */
  times: number | null;
  /** The probability of the fault for each matching operation, 0 to 1. */
  probability: number;
}

export interface Faults {
  /** Returns a function that takes the rule back. */
  add(rule: FaultRule): () => void;
  clear(): void;
  /** The fault for this operation on a device with these names. */
  decide(operation: Operation, device: readonly string[]): FaultOutcome | null;
  hold(continuation: () => void): void;
  /** True if no fault is to come, and no operation hangs. */
  isWhole(): boolean;
  /** Lets all hanging operations go on; returns their number. */
  release(): number;
  /** Called when a fault kills the daemon. The owner of the daemon's process sets it. */
  onDeath: () => void;
  /** Probability that a uevent is never sent, which no socket can notice. */
  loseUevents: number;
  /** Probability that a uevent is overtaken by the next one. */
  reorderUevents: number;
}

function matches(rule: FaultRule, operation: Operation, device: readonly string[]): boolean {
  if (rule.operations !== 'all' && !rule.operations.includes(operation)) return false;
  return rule.devices === null || rule.devices.some((d) => device.includes(d));
}

/** Makes faults without a rule. */
export function createFaults(random: Random): Faults {
  const rules = new Map<FaultRule, number>();
  let hung: Array<() => void> = [];
  return {
    onDeath: () => undefined,
    loseUevents: 0,
    reorderUevents: 0,
    add: (rule) => {
      const own = { ...rule };
      rules.set(own, 0);
      return () => void rules.delete(own);
    },
    clear: () => rules.clear(),
    decide: (operation, device) => {
      for (const [rule, used] of rules) {
        if (!matches(rule, operation, device) || !random.chance(rule.probability)) continue;
        if (rule.times !== null && used + 1 >= rule.times) rules.delete(rule);
        else rules.set(rule, used + 1);
        return rule.outcome;
      }
      return null;
    },
    hold: (continuation) => void hung.push(continuation),
    isWhole: () => rules.size === 0 && hung.length === 0,
    release: () => {
      const released = hung;
      hung = [];
      for (const go of released) go();
      return released.length;
    },
  };
}
