/**
 * Readings asked of the kernel. One per device at a time; whatever happens meanwhile asks for
 * another one afterwards, so that an event storm costs two readings, not a thousand, and the
 * last reading always was asked for after the last event.
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

/** Ends a reading; true if another one must follow because something happened meanwhile. */
function finish(ctx: CoreContext, key: QuestionKey): boolean {
  const pending = ctx.reads.get(key);
  ctx.reads.delete(key);
  return pending?.again ?? false;
}

/** By kernel name, or by dev_t (`8:0`) where only a table's number is known. */
export function requestBlock(ctx: CoreContext, name: string): void {
  request(ctx, blockKey(name), (asked) => ({ type: 'read-block', asked, name }));
}

/** As requestBlock, unless a reading asked for at input `asked` or later is under way already. */
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

/** What a disk is asked, and how long it has for the answer to each command. */
interface ToDisk {
  question: DiskQuestion;
  timeoutMs: Ms;
}

/** Asks the disk itself, unless the same question was put to it at input `since` or later. */
export function requestDiskSince(ctx: CoreContext, path: Path, order: ToDisk, since: Seq): void {
  const pending = ctx.reads.get(`${order.question} ${path.key}`);
  if (pending === undefined || pending.asked < since) requestDisk(ctx, path, order);
}

/** Asks the disk itself; {@link diskAnswered} tells if the same question was put once more meanwhile. */
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

/** True if it is to be asked again, because something happened meanwhile. */
export function diskAnswered(ctx: CoreContext, question: DiskQuestion, key: PathKey): boolean {
  return finish(ctx, `${question} ${key}`);
}

/** Has the kernel ask a disk; not again while it does. */
export function requestRescan(ctx: CoreContext, { key, name, devt, diskseq }: Path): void {
  request(ctx, `rescan ${key}`, () => ({ type: 'rescan', path: key, name, devt, diskseq }));
}

export function rescanPending(ctx: CoreContext, key: PathKey): boolean {
  return ctx.reads.has(`rescan ${key}`);
}

export function rescanAnswered(ctx: CoreContext, key: PathKey): void {
  finish(ctx, `rescan ${key}`);
}

/** Input number at which the oldest reading under way was asked for; null: none is. */
export function oldestAsked(ctx: CoreContext): number | null {
  // In order of asking: an ended reading leaves the map, a new one goes to its end.
  const [first] = ctx.reads.values();
  return first?.asked ?? null;
}
