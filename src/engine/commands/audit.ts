/** `audit` compares the tables with snapshots of the kernel. It changes nothing. */
import type { KernelSnapshot } from '../../model/facts';
import { type CoreContext, log } from '../core/core';
import type { AuditDifference } from '../protocol';
import { compareWithKernel } from '../resync/audit';
import type { ResyncContext } from '../resync/state';
import { type Handlers, reply } from './answer';

/** A difference counts only if the later looks still show it, after the readings that events asked for. */
const AUDIT_PAUSE_MS = 300;
const AUDIT_LOOKS = 3;

/** An audit that was asked for, with the number of looks so far. */
interface Audit {
  request: number;
  looks: number;
}

/** Audits that have no answer yet. */
export interface AuditState {
  readonly audits: Audit[];
}

type AuditContext = ResyncContext & AuditState;

export const AUDIT_COMMANDS = {
  audit: (ctx, _, request) => {
    ctx.audits.push({ request, looks: 0 });
    look(ctx);
    return 'later';
  },
} satisfies Partial<Handlers<AuditContext, never>>;

/** Takes a snapshot for the audits that wait. */
export function look(ctx: AuditContext): void {
  if (ctx.resync.audits > 0 || ctx.audits.length === 0) return;
  ctx.resync.audits += 1;
  ctx.effects.push({ type: 'snapshot', asked: ctx.seq, purpose: 'audit' });
}

export function onAuditSnapshot(ctx: AuditContext, snapshot: KernelSnapshot): void {
  ctx.resync.audits -= 1;
  const { differences, unknown } = compareWithKernel(ctx, snapshot);
  const waiting: Audit[] = [];
  for (const one of ctx.audits.splice(0)) {
    if (differences.length > 0 && one.looks + 1 < AUDIT_LOOKS) {
      waiting.push({ request: one.request, looks: one.looks + 1 });
      continue;
    }
    reply(ctx, one.request, {
      outcome: 'audit',
      differences,
      unknown,
      paths: ctx.store.paths.size,
      maps: ctx.store.maps.size,
    });
  }
  ctx.audits.push(...waiting);
  if (waiting.length > 0) ctx.timers.set('audit', ctx.store.now + AUDIT_PAUSE_MS);
  if (differences.length > 0) logDifferences(ctx, differences);
}

function logDifferences(ctx: CoreContext, differences: readonly AuditDifference[]): void {
  for (const d of differences.slice(0, 20)) {
    log(ctx, 'info', `audit: ${d.field}: tables say ${d.tables}, the kernel ${d.kernel}`, d.device);
  }
}
