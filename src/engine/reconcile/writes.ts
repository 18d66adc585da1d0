/**
 * Writes to existing maps. Only {@link begin} begins a write: one at a time for each map, with its reason in the log.
 */
import type { UdevHints } from '../../model/facts';
import type { MapOperation, MultipathMap } from '../../model/map';
import type { Ms, Seq } from '../../model/units';
import { log, retryPause } from '../core/core';
import type { ReconcileContext } from './state';

/** A table for the kernel, in the kernel's grammar. */
export interface TableOrder {
  sizeSectors: number;
  readOnly: boolean;
  params: string;
  /** True: the map is resumed also if the kernel refuses the table. Else a map that was suspended stays so then. */
  resume?: boolean;
  udev: UdevHints;
}

/** A write to device-mapper, with its reason for the log. */
export type Write =
  | { kind: 'reload'; order: TableOrder; reason: string }
  | { kind: 'rename'; to: string; skipKpartx: boolean; reason: string }
  | { kind: 'remove'; reason: string }
  | { kind: 'message'; message: string; reason: string };

/**
 * The result of a rule for a map. `wait`: something must be known first, and the engine has asked for it. `defer`: the
 * time for the step has not come. null: there is nothing to do.
 */
export type Step = { write: Write } | 'wait' | 'defer' | null;

/** True if the step ends the search for a map's next step. */
export function isNext(step: Step): step is { write: Write } | 'wait' {
  return step !== null && step !== 'defer';
}

export function reload(order: TableOrder, reason: string): Step {
  return { write: { kind: 'reload', order, reason } };
}

export function message(text: string, reason: string): Step {
  return { write: { kind: 'message', message: text, reason } };
}

/** Begins a write; returns its number. */
export function begin(ctx: ReconcileContext, map: MultipathMap, write: Write): number {
  const id = ctx.nextId++;
  const { uuid } = map;
  ctx.writes.set(uuid, id);
  map.operation = operationOf(write, { id, asked: ctx.seq, since: ctx.store.now, reason: write.reason });
  // If a write keeps failing, its later tries are no news.
  const work = ctx.work.get(map.wwid);
  const isRepeated = work?.phase === 'waiting' && work.write === write.kind;
  log(ctx, isRepeated ? 'debug' : 'notice', `${write.reason}: ${textOf(write)}`, map.facts.name);
  switch (write.kind) {
    case 'reload':
      map.lastLoaded = write.order.params;
      ctx.effects.push({ type: 'reload-map', id, uuid, ...write.order });
      break;
    case 'rename':
      ctx.givenNames.set(uuid, write.to);
      ctx.effects.push({ type: 'rename-map', id, uuid, to: write.to, skipKpartx: write.skipKpartx });
      break;
    case 'remove':
      ctx.effects.push({ type: 'remove-map', id, uuid });
      break;
    case 'message':
      ctx.effects.push({ type: 'message-map', id, uuid, message: write.message });
      break;
  }
  return id;
}

type Common = { id: number; asked: Seq; since: Ms; reason: string };

function operationOf(write: Write, common: Common): MapOperation {
  switch (write.kind) {
    case 'reload':
    case 'remove':
      return { kind: write.kind, ...common };
    case 'rename':
      return { kind: 'rename', to: write.to, ...common };
    case 'message':
      return { kind: 'message', message: write.message, ...common };
  }
}

function textOf(write: Write): string {
  switch (write.kind) {
    case 'reload':
      return `reload [${write.order.params}]`;
    case 'rename':
      return `rename to ${write.to}`;
    case 'remove':
      return 'remove the map';
    case 'message':
      return write.message;
  }
}

export function attemptsSoFar(ctx: ReconcileContext, wwid: string): number {
  return ctx.work.get(wwid)?.attempts ?? 0;
}

/** A failed write, and how often it failed in a row. */
type FailedWrite = { write: MapOperation['kind']; attempts: number; why: string };

/**
 * The next try must wait, at most `longest` ms. Meanwhile nothing else is written for the LUN, except messages after a
 * refused table.
 */
export function holdBack(
  ctx: ReconcileContext,
  wwid: string,
  failed: FailedWrite,
  longest = ctx.options.maxRetryMs,
): void {
  const pause = Math.min(retryPause({ ...ctx.options, maxRetryMs: longest }, failed.attempts), longest);
  ctx.work.set(wwid, { phase: 'waiting', ...failed, retryAt: ctx.store.now + pause });
  ctx.timers.set(`work ${wwid}`, ctx.store.now + pause);
}

/** The kind of the failed write that must wait for its next try; null: there is none. */
export function heldBack(ctx: ReconcileContext, wwid: string): MapOperation['kind'] | null {
  const work = ctx.work.get(wwid);
  return work?.phase === 'waiting' && work.retryAt > ctx.store.now ? work.write : null;
}
