/**
 * The queue of waiting uevents, by multipathd's rules: a uevent that a later one makes pointless is dropped, and
 * uevents of paths of one LUN are merged.
 */
import type { Wwid } from '../model/identity';

/** An event in the queue. */
export interface WaitingUevent {
  action: string;
  /** Kernel name, `sda`. */
  device: string;
  /** From the property that `uid_attrs` names; null where there is none. */
  wwid: Wwid | null;
  /** Events to be serviced before this one, oldest first, whose map is reloaded only for this one. */
  merged: readonly WaitingUevent[];
}

/** An event that is about to be queued. */
export type IncomingUevent = Omit<WaitingUevent, 'merged'>;

/** What the configuration says about queued events. */
export interface QueueRules {
  /** Blacklisted by name; not asked about dm devices. */
  isIgnored(device: string): boolean;
  /** `uid_attrs` is set. */
  merge: boolean;
}

/** The queue after a batch, and what was done. */
export interface QueueResult {
  queue: WaitingUevent[];
  discarded: number;
  filtered: number;
  merged: number;
}

function isDm(device: string): boolean {
  return device.startsWith('dm-');
}

/** What the events behind a point in the queue do to those before it. */
interface Later {
  removes: Set<string>;
  adds: Set<string>;
}

/** A later `remove` makes everything about a device pointless, a later `add` its `change`. */
function isPointless(event: WaitingUevent, later: Later): boolean {
  if (isDm(event.device)) return false;
  return later.removes.has(event.device) || (event.action === 'change' && later.adds.has(event.device));
}

function note(event: WaitingUevent, later: Later): void {
  if (event.action === 'remove') later.removes.add(event.device);
  else if (event.action === 'add') later.adds.add(event.device);
}

/** What is left of an event and those merged into it; without their carrier they stand for themselves again. */
function survivorsOf(event: WaitingUevent, later: Later): WaitingUevent[] {
  const merged = event.merged.filter((other) => !isPointless(other, later));
  return isPointless(event, later) ? merged : [{ ...event, merged }];
}

function sizeOf(queue: readonly WaitingUevent[]): number {
  return queue.reduce((sum, { merged }) => sum + 1 + merged.length, 0);
}

/** `first`: index in `queue` of the first event that is new or stands for itself again behind the last old one. */
function filter(
  old: readonly WaitingUevent[],
  fresh: readonly WaitingUevent[],
): { queue: WaitingUevent[]; first: number } {
  const later: Later = { removes: new Set(), adds: new Set() };
  const kept: WaitingUevent[][] = [];
  let oldLeft = 0;
  for (const event of [...fresh].reverse()) {
    kept.push(survivorsOf(event, later));
    note(event, later);
  }
  for (const [behind, event] of [...old].reverse().entries()) {
    kept.push(survivorsOf(event, later));
    if (oldLeft === 0 && !isPointless(event, later)) oldLeft = old.length - behind;
  }
  kept.reverse();
  return { queue: kept.flat(), first: kept.slice(0, oldLeft).flat().length };
}

/** Nothing beyond `earlier` may be joined to `later`: the order of adds and removes of a LUN is kept. */
function endsMerging(earlier: WaitingUevent, later: WaitingUevent): boolean {
  if (isDm(earlier.device) || earlier.wwid === null || later.wwid === null) return true;
  const opposite = earlier.action !== later.action && earlier.action !== 'change' && later.action !== 'change';
  return earlier.wwid === later.wwid && opposite;
}

function isJoined(earlier: WaitingUevent, later: WaitingUevent): boolean {
  return earlier.wwid === later.wwid && earlier.action === later.action && earlier.action !== 'change';
}

function devicesOf(event: WaitingUevent): string[] {
  return [event.device, ...event.merged.map(({ device }) => device)];
}

/** Joins earlier events to the event at `at`; those joined are taken out of `queue`. */
function mergeInto(queue: Array<WaitingUevent | null>, at: number): number {
  const later = queue[at] ?? null;
  if (later === null || isDm(later.device)) return 0;
  let merged: readonly WaitingUevent[] = later.merged;
  let count = 0;
  // A name that came anew with another LUN: its old `remove` must not be serviced after its `add`.
  const passed = new Set<string>();
  for (let i = at - 1; i >= 0; i--) {
    const earlier = queue[i] ?? null;
    if (earlier === null) continue;
    if (endsMerging(earlier, later)) break;
    if (!isJoined(earlier, later) || devicesOf(earlier).some((device) => passed.has(device))) {
      for (const device of devicesOf(earlier)) passed.add(device);
      continue;
    }
    merged = [...earlier.merged, { ...earlier, merged: [] }, ...merged];
    queue[i] = null;
    count += 1;
  }
  queue[at] = { ...later, merged };
  return count;
}

/** Appends a batch to what is still queued. */
export function enqueue(
  queued: readonly WaitingUevent[],
  batch: readonly IncomingUevent[],
  rules: QueueRules,
): QueueResult {
  const fresh = batch
    .filter(({ device }) => isDm(device) || !rules.isIgnored(device))
    .map((event): WaitingUevent => ({ ...event, merged: [] }));
  const filtered = filter(queued, fresh);
  const queue: Array<WaitingUevent | null> = [...filtered.queue];
  let merged = 0;
  for (let at = queue.length - 1; rules.merge && at >= filtered.first; at--) merged += mergeInto(queue, at);
  return {
    queue: queue.filter((event): event is WaitingUevent => event !== null),
    discarded: batch.length - fresh.length,
    filtered: sizeOf(queued) + fresh.length - sizeOf(filtered.queue),
    merged,
  };
}
