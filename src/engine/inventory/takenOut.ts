/**
 * Disks that an administrator took out of the tables. Such a disk stays out until it comes anew, until somebody asks
 * for it, or until a configuration is applied. When the disk is gone, its note goes as well.
 */
import type { DevT, PathKey } from '../../model/identity';
import type { Path } from '../../model/path';
import type { Seq } from '../../model/units';
import { requestBlock } from '../core/questions';
import type { InventoryContext } from './state';

export function noteTakenOut(ctx: InventoryContext, { key, name }: Path): void {
  ctx.takenOutPaths.set(key, { at: ctx.store.now, seq: ctx.seq });
  ctx.takenOutNames.set(name, key);
}

/** Forgets that the disk was taken out. */
export function letIn(ctx: InventoryContext, key: PathKey): void {
  if (!ctx.takenOutPaths.delete(key)) return;
  for (const [name, owner] of ctx.takenOutNames) if (owner === key) ctx.takenOutNames.delete(name);
}

/** An administrator asks for a disk by its name or number. */
export function letInAs(ctx: InventoryContext, what: string): void {
  for (const key of notedAt(ctx, what)) letIn(ctx, key);
}

/** A reading that was asked for at input `asked` shows that `present` has the number; an earlier disk there is gone. */
export function noteSuccessor(ctx: InventoryContext, asked: Seq, devt: DevT, present: PathKey): void {
  if (ctx.takenOutPaths.size === 0) return;
  for (const key of notedAt(ctx, devt)) if (key !== present) letInIfSeenBefore(ctx, key, asked);
}

/**
 * A look-up of the name or number, asked for at input `asked`, found no disk. If the disk was seen since, the answer is
 * no evidence, and the disk is looked up again.
 */
export function noteAbsent(ctx: InventoryContext, asked: Seq, what: string): void {
  for (const key of notedAt(ctx, what)) if (!letInIfSeenBefore(ctx, key, asked)) requestBlock(ctx, what);
}

/** Looks up each disk that was not seen since input `asked`, because the event of its removal may be lost. */
export function lookUpUnseen(ctx: InventoryContext, asked: Seq): void {
  for (const [key, { seq }] of ctx.takenOutPaths) if (seq < asked) requestBlock(ctx, devtOf(key));
}

function letInIfSeenBefore(ctx: InventoryContext, key: PathKey, asked: Seq): boolean {
  if ((ctx.takenOutPaths.get(key)?.seq ?? 0) >= asked) return false;
  letIn(ctx, key);
  return true;
}

function notedAt(ctx: InventoryContext, what: string): PathKey[] {
  const named = ctx.takenOutNames.get(what);
  const keys = [...ctx.takenOutPaths.keys()].filter((key) => devtOf(key) === what);
  return named === undefined || keys.includes(named) ? keys : [...keys, named];
}

/** The number in the key of a path (`8:0#12`). */
function devtOf(key: PathKey): DevT {
  const end = key.indexOf('#');
  return end < 0 ? key : key.slice(0, end);
}
