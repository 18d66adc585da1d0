/** Tombstones: notes of identities that were removed on evidence. An older answer does not bring them back. */
import type { Seq } from '../../model/units';
import type { CoreContext } from './core';

/**
 * Notes that an identity was removed on evidence. A reading that was asked for before this input cannot bring it back.
 */
export function bury(ctx: CoreContext, identity: string): void {
  // The notes are kept in the order of their input numbers, because sweep() goes by this order.
  ctx.tombstones.delete(identity);
  ctx.tombstones.set(identity, ctx.seq);
}

/** True if the identity was removed after the reading was asked for (at input `asked`). */
export function isBuried(ctx: CoreContext, identity: string, asked: Seq): boolean {
  const at = ctx.tombstones.get(identity);
  return at !== undefined && at > asked;
}

/** Forgets the notes of input `oldest` and earlier: no reading under way is older than they are. */
export function sweep(notes: Map<string, Seq>, oldest: Seq): void {
  for (const [identity, at] of notes) {
    if (at > oldest) break;
    notes.delete(identity);
  }
}
