/** How a file of commands says what they do and what their replies wait for; commands.ts puts the files together. */
import type { Ms } from '../../model/units';
import type { CoreContext } from '../core/core';
import type { AdminCommand, AdminResult } from '../protocol';

/** The reply itself, what it waits for, or `later`: another input brings it. */
export type Answer<C> = AdminResult | C | 'later';

/** What each command does. It may keep the request's number where it answers `later`. */
export type Handlers<Ctx, C> = {
  [K in AdminCommand['kind']]: (ctx: Ctx, command: Extract<AdminCommand, { kind: K }>, request: number) => Answer<C>;
};

/** When each condition has come true. The conditions are plain data: they are in checkpoints. */
export type Conditions<Ctx, C extends { until: string }> = {
  [U in C['until']]: {
    patienceMs: Ms;
    /** The reply once there is one. Asked after every step. */
    outcome: (ctx: Ctx, condition: Extract<C, { until: U }>) => AdminResult | null;
  };
};

/** How long a reply mostly waits: less than the clients' own patience of 4 s. */
export const PATIENCE_MS = 3_800;

export const OK: AdminResult = { outcome: 'ok' };

export function notFound(what: string): AdminResult {
  return { outcome: 'fail', reason: 'not-found', message: `${what}: device not found` };
}

export function reply(ctx: CoreContext, request: number, result: AdminResult): void {
  ctx.effects.push({ type: 'reply', request, result });
}
