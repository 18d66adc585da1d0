/**
 * Readings that the engine asks for. At most one reading per device is under way. If something happens meanwhile,
 * another reading follows. So an event storm costs two readings and not a thousand, and the last reading is always
 * asked for after the last event.
 */
import type { PathKey } from '../../model/identity';
import type { Path } from '../../model/path';
import type { Ms, Seq } from '../../model/units';
import type { DiskQuestion } from '../../policy/diskQuestions';
import type { Effect } from '../protocol';
import type { CoreContext } from './core';
import { blockKey, type MapAddress, mapKey, type QuestionKey } from './keys';

function request(ctx: CoreContext, key: QuestionKey, effect: (asked: Seq) => Effect): void {
  const pending = ctx.reads.get(key);
  if (pending !== undefined) {
    pending.again = true;
    return;
  }
  ctx.reads.set(key, { asked: ctx.seq, again: false });
  ctx.effects.push(effect(ctx.seq));
}

/** Ends a reading. True if another reading must follow because something happened meanwhile. */
function finish(ctx: CoreContext, key: QuestionKey): boolean {
  const pending = ctx.reads.get(key);
  ctx.reads.delete(key);
  return pending?.again ?? false;
}

/** `name`: a kernel name, or a dev_t (`8:0`) if only the number in a table is known. */
export function requestBlock(ctx: CoreContext, name: string): void {
  request(ctx, blockKey(name), (asked) => ({ type: 'read-block', asked, name }));
}

/** Like requestBlock, but does nothing if a reading that was asked for at input `asked` or later is under way. */
export function requestBlockSince(ctx: CoreContext, name: string, asked: Seq): void {
  const pending = ctx.reads.get(blockKey(name));
  if (pending === undefined || pending.asked < asked) requestBlock(ctx, name);
}

export function blockAnswered(ctx: CoreContext, name: string): void {
  if (finish(ctx, blockKey(name))) requestBlock(ctx, name);
}

export function blockPending(ctx: CoreContext, name: string): boolean {
  return ctx.reads.has(blockKey(name));
}

export function requestMap(ctx: CoreContext, by: MapAddress): void {
  request(ctx, mapKey(by), (asked) => ({ type: 'read-map', asked, by }));
}

export function mapAnswered(ctx: CoreContext, by: MapAddress): void {
  if (finish(ctx, mapKey(by))) requestMap(ctx, by);
}

export function mapPending(ctx: CoreContext, uuid: string): boolean {
  return ctx.reads.has(`map ${uuid}`);
}

export function requestList(ctx: CoreContext): void {
  request(ctx, 'list', (asked) => ({ type: 'list-maps', asked, since: ctx.listing.number }));
}

export function listAnswered(ctx: CoreContext): void {
  if (finish(ctx, 'list')) requestList(ctx);
}

/** A question to a disk, and the timeout of each of its commands. */
interface ToDisk {
  question: DiskQuestion;
  timeoutMs: Ms;
}

/** Asks the disk itself, unless the same question was put to it at input `since` or later. */
export function requestDiskSince(ctx: CoreContext, path: Path, order: ToDisk, since: Seq): void {
  const pending = ctx.reads.get(`${order.question} ${path.key}`);
  if (pending === undefined || pending.asked < since) requestDisk(ctx, path, order);
}

/** Asks the disk itself. {@link diskAnswered} tells if the same question came up again meanwhile. */
export function requestDisk(ctx: CoreContext, { key, name, devt, diskseq }: Path, order: ToDisk): void {
  request(ctx, `${order.question} ${key}`, (asked) => ({
    type: 'ask-disk',
    asked,
    path: key,
    name,
    devt,
    diskseq,
    ...order,
  }));
}

/** True if the disk must be asked again because something happened meanwhile. */
export function diskAnswered(ctx: CoreContext, question: DiskQuestion, key: PathKey): boolean {
  return finish(ctx, `${question} ${key}`);
}

/** Has the kernel rescan a disk, unless a rescan is under way. */
export function requestRescan(ctx: CoreContext, { key, name, devt, diskseq }: Path): void {
  request(ctx, `rescan ${key}`, () => ({ type: 'rescan', path: key, name, devt, diskseq }));
}

export function rescanPending(ctx: CoreContext, key: PathKey): boolean {
  return ctx.reads.has(`rescan ${key}`);
}

export function rescanAnswered(ctx: CoreContext, key: PathKey): void {
  finish(ctx, `rescan ${key}`);
}

/** Input number at which the oldest reading under way was asked for; null: no reading is under way. */
export function oldestAsked(ctx: CoreContext): number | null {
  // The map is in the order of the questions: an ended reading leaves it, a new one goes to its end.
  const [first] = ctx.reads.values();
  return first?.asked ?? null;
}
