/**
 * How a file of commands states what its commands do and what their replies wait for. commands.ts puts the files
 * together.
 */
import type { Ms } from '../../model/units';
import type { CoreContext } from '../core/core';
import type { AdminCommand, AdminResult } from '../protocol';

/** The reply itself, the condition that the reply waits for, or `later`: another input brings the reply. */
export type Answer<C> = AdminResult | C | 'later';

/** The handler of each command. If a handler answers `later`, it may keep the number of the request. */
export type Handlers<Ctx, C> = {
  [K in AdminCommand['kind']]: (ctx: Ctx, command: Extract<AdminCommand, { kind: K }>, request: number) => Answer<C>;
};

/**
 * For each condition: how long a reply waits for it, and whether it has come true. Conditions are plain data, because
 * checkpoints contain them.
 */
export type Conditions<Ctx, C extends { until: string }> = {
  [U in C['until']]: {
    patienceMs: Ms;
    /** The reply; null: the condition has not come true. The engine asks this after every step. */
    outcome: (ctx: Ctx, condition: Extract<C, { until: U }>) => AdminResult | null;
  };
};

/** How long most replies wait: less than the clients' own patience of 4 s. */
export const PATIENCE_MS = 3_800;

export const OK: AdminResult = { outcome: 'ok' };

export function notFound(what: string): AdminResult {
  return { outcome: 'fail', reason: 'not-found', message: `${what}: device not found` };
}

export function reply(ctx: CoreContext, request: number, result: AdminResult): void {
  ctx.effects.push({ type: 'reply', request, result });
}

/** Two maps may be meant (isAmbiguous in model/lookup.ts). */
export function ambiguous(what: string): AdminResult {
  return {
    outcome: 'fail',
    reason: 'other',
    message: `${what} is the name of one map and the WWID of another one: name the map by its number, dm-N`,
  };
}
