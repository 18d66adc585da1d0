/** Identities that were removed on evidence: an older answer does not bring them back. */
import type { Seq } from '../../model/units';
import type { CoreContext } from './core';

/** Notes that an identity was removed on evidence: what was asked before this input cannot bring it back. */
export function bury(ctx: CoreContext, identity: string): void {
  // In the order of their input numbers, as they are swept.
  ctx.tombstones.delete(identity);
  ctx.tombstones.set(identity, ctx.seq);
}

/** Whether a reading asked for at `asked` was overtaken by the identity's removal. */
export function isBuried(ctx: CoreContext, identity: string, asked: Seq): boolean {
  const at = ctx.tombstones.get(identity);
  return at !== undefined && at > asked;
}

/** Forgets what happened at input `oldest` or before: no reading is under way that could run into it. */
export function sweep(notes: Map<string, Seq>, oldest: Seq): void {
  for (const [identity, at] of notes) {
    if (at > oldest) break;
    notes.delete(identity);
  }
}
