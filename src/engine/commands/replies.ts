/** From a command to its reply: the reply comes at once, or when the tables show the effect of the command. */
import type { AdminCommand, AdminResult, Input } from '../protocol';
import { type Answer, reply } from './answer';
import { COMMANDS, type Condition, CONDITIONS } from './commands';
import { endReading, onConfigurationRead } from './reconfigure';
import type { CommandsContext, Waiter } from './state';

/** The most commands that may be under way. More are refused. */
const MAX_WAITERS = 256;

export function onCommand(ctx: CommandsContext, request: number, command: AdminCommand): void {
  answer(ctx, request, carryOut(ctx, command.kind, command, request));
}

/** `kind` is the kind of `command`. As a separate argument it lets the compiler pair the handler with the command. */
function carryOut<K extends AdminCommand['kind']>(
  ctx: CommandsContext,
  kind: K,
  command: Extract<AdminCommand, { kind: K }>,
  request: number,
): Answer<Condition> {
  return COMMANDS[kind](ctx, command, request);
}

/** `until` is the kind of `condition`, for the same reason. */
function outcomeOf<U extends Condition['until']>(
  ctx: CommandsContext,
  until: U,
  condition: Extract<Condition, { until: U }>,
): AdminResult | null {
  return CONDITIONS[until].outcome(ctx, condition);
}

/** The files were read. All that asked for this reading get the same answer. */
export function onFilesRead(ctx: CommandsContext, files: Extract<Input, { type: 'configuration-read' }>): void {
  const given = onConfigurationRead(ctx, files);
  const requests = endReading(ctx);
  // A journal that begins in the middle of a reading does not have the command.
  if (!requests.includes(files.request)) requests.push(files.request);
  for (const request of requests) answer(ctx, request, given);
}

/** Replies now, or has the reply wait, as the answer says. */
function answer(ctx: CommandsContext, request: number, given: Answer<Condition>): void {
  if (given === 'later') return;
  if ('outcome' in given) reply(ctx, request, given);
  else waitFor(ctx, request, given);
}

function waitFor(ctx: CommandsContext, request: number, condition: Condition): void {
  const now = outcomeOf(ctx, condition.until, condition);
  if (now !== null) {
    reply(ctx, request, now);
  } else if (ctx.waiters.length >= MAX_WAITERS) {
    reply(ctx, request, {
      outcome: 'fail',
      reason: 'other',
      message: 'too many commands are waiting; try again later',
    });
  } else {
    const deadline = ctx.store.now + CONDITIONS[condition.until].patienceMs;
    ctx.waiters.push({ request, deadline, condition });
    ctx.timers.setSooner('waiters', deadline);
  }
}

/** Answers the waiters whose condition has come true or whose time is over. */
export function answerWaiters(ctx: CommandsContext): void {
  if (ctx.waiters.length === 0) return;
  const left: Waiter[] = [];
  for (const waiter of ctx.waiters) {
    const late: AdminResult | null =
      waiter.deadline <= ctx.store.now
        ? { outcome: 'fail', reason: 'timeout', message: 'not done in time; it goes on in the background' }
        : null;
    const result = outcomeOf(ctx, waiter.condition.until, waiter.condition) ?? late;
    if (result === null) left.push(waiter);
    else reply(ctx, waiter.request, result);
  }
  ctx.waiters.splice(0, ctx.waiters.length, ...left);
  const next = Math.min(...left.map((waiter) => waiter.deadline));
  if (left.length > 0) ctx.timers.setSooner('waiters', next);
}
