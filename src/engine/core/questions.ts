/**
 * Readings asked of the kernel. One per device at a time; whatever happens meanwhile asks for
 * another one afterwards, so that an event storm costs two readings, not a thousand, and the
 * last reading always was asked for after the last event.
 */
import type { PathKey } from '../../model/identity';
import type { Path } from '../../model/path';
import type { Ms, Seq } from '../../model/units';
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

/** Asks the disk itself who it is, unless it is being asked since input `since` or later. */
export function requestIdentitySince(ctx: CoreContext, path: Path, timeoutMs: Ms, since: Seq): void {
  const pending = ctx.reads.get(`identity ${path.key}`);
  if (pending === undefined || pending.asked < since) requestIdentity(ctx, path, timeoutMs);
}

function requestIdentity(ctx: CoreContext, path: Path, timeoutMs: Ms): void {
  const { key, name, devt, diskseq } = path;
  request(ctx, `identity ${key}`, (asked) => ({
    type: 'read-identity',
    asked,
    path: key,
    name,
    devt,
    diskseq,
    timeoutMs,
  }));
}

/** True if it is to be asked again, because something happened meanwhile. */
export function identityAnswered(ctx: CoreContext, key: PathKey): boolean {
  return finish(ctx, `identity ${key}`);
}

/** Asks the disk for its array's own page; not again while it is being asked. */
export function requestVendorPage(ctx: CoreContext, { key, name, devt, diskseq }: Path, timeoutMs: Ms): void {
  request(ctx, `vendor page ${key}`, (asked) => ({
    type: 'read-vendor-page',
    asked,
    path: key,
    name,
    devt,
    diskseq,
    timeoutMs,
  }));
}

export function vendorPageAnswered(ctx: CoreContext, key: PathKey): void {
  finish(ctx, `vendor page ${key}`);
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
