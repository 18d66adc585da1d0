/** Administrators' commands that wait for the tables to show their effect. */
import type { Ms } from '../../model/units';
import type { CoreContext } from '../core/core';
import type { AdminResult } from '../protocol';
import { outcomeOf } from './conditions';
import type { CommandsContext, Condition, Waiter } from './state';

/** More commands than this under way at once are refused. */
const MAX_WAITERS = 256;

export function reply(ctx: CoreContext, request: number, result: AdminResult): void {
  ctx.effects.push({ type: 'reply', request, result });
}

export function waitFor(ctx: CommandsContext, request: number, timeoutMs: Ms, condition: Condition): void {
  const now = outcomeOf(ctx, condition);
  if (now !== null) {
    reply(ctx, request, now);
  } else if (ctx.waiters.length >= MAX_WAITERS) {
    reply(ctx, request, {
      outcome: 'fail',
      reason: 'other',
      message: 'too many commands are waiting; try again later',
    });
  } else {
    ctx.waiters.push({ request, deadline: ctx.store.now + timeoutMs, condition });
    ctx.timers.setSooner('waiters', ctx.store.now + timeoutMs);
  }
}

/** Answers those whose condition has come true, or whose time is over. */
export function answerWaiters(ctx: CommandsContext): void {
  if (ctx.waiters.length === 0) return;
  const left: Waiter[] = [];
  for (const waiter of ctx.waiters) {
    const late: AdminResult | null =
      waiter.deadline <= ctx.store.now
        ? { outcome: 'fail', reason: 'timeout', message: 'not done in time; it goes on in the background' }
        : null;
    const result = outcomeOf(ctx, waiter.condition) ?? late;
    if (result === null) left.push(waiter);
    else reply(ctx, waiter.request, result);
  }
  ctx.waiters.splice(0, ctx.waiters.length, ...left);
  const next = Math.min(...left.map((waiter) => waiter.deadline));
  if (left.length > 0) ctx.timers.setSooner('waiters', next);
}
