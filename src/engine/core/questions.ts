/**
 * Readings asked of the kernel. One per device at a time; whatever happens meanwhile asks for
 * another one afterwards, so that an event storm costs two readings, not a thousand, and the
 * last reading always was asked for after the last event.
 */
import type { DevT, PathKey } from '../../model/identity';
import type { Path } from '../../model/path';
import type { Effect } from '../protocol';
import type { Context } from '../context';

function request(ctx: Context, key: string, effect: (asked: number) => Effect): void {
  const pending = ctx.reads.get(key);
  if (pending !== undefined) {
    pending.again = true;
    return;
  }
  ctx.reads.set(key, { asked: ctx.seq, again: false });
  ctx.effects.push(effect(ctx.seq));
}

/** Ends a reading; true if another one must follow because something happened meanwhile. */
function finish(ctx: Context, key: string): boolean {
  const pending = ctx.reads.get(key);
  ctx.reads.delete(key);
  return pending?.again ?? false;
}

export type MapAddress = { uuid: string } | { devt: DevT };

const mapKey = (by: MapAddress): string => ('uuid' in by ? `map ${by.uuid}` : `dm ${by.devt}`);

/** By kernel name, or by dev_t (`8:0`) where only a table's number is known. */
export function requestBlock(ctx: Context, name: string): void {
  request(ctx, `block ${name}`, (asked) => ({ type: 'read-block', asked, name }));
}

/** As requestBlock, unless a reading asked for at input `asked` or later is under way already. */
export function requestBlockSince(ctx: Context, name: string, asked: number): void {
  const pending = ctx.reads.get(`block ${name}`);
  if (pending === undefined || pending.asked < asked) requestBlock(ctx, name);
}

export function blockAnswered(ctx: Context, name: string): void {
  if (finish(ctx, `block ${name}`)) requestBlock(ctx, name);
}

export function blockPending(ctx: Context, name: string): boolean {
  return ctx.reads.has(`block ${name}`);
}

export function requestMap(ctx: Context, by: MapAddress): void {
  request(ctx, mapKey(by), (asked) => ({ type: 'read-map', asked, by }));
}

export function mapAnswered(ctx: Context, by: MapAddress): void {
  if (finish(ctx, mapKey(by))) requestMap(ctx, by);
}

export function mapPending(ctx: Context, uuid: string): boolean {
  return ctx.reads.has(`map ${uuid}`);
}

export function requestList(ctx: Context): void {
  request(ctx, 'list', (asked) => ({ type: 'list-maps', asked, since: ctx.listing.number }));
}

export function listAnswered(ctx: Context): void {
  if (finish(ctx, 'list')) requestList(ctx);
}

/** Asks the disk itself who it is, unless it is being asked since input `since` or later. */
export function requestIdentitySince(ctx: Context, path: Path, timeoutMs: number, since: number): void {
  const pending = ctx.reads.get(`identity ${path.key}`);
  if (pending === undefined || pending.asked < since) requestIdentity(ctx, path, timeoutMs);
}

function requestIdentity(ctx: Context, path: Path, timeoutMs: number): void {
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
export function identityAnswered(ctx: Context, key: PathKey): boolean {
  return finish(ctx, `identity ${key}`);
}

/** Asks the disk for its array's own page; not again while it is being asked. */
export function requestVendorPage(ctx: Context, { key, name, devt, diskseq }: Path, timeoutMs: number): void {
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

export function vendorPageAnswered(ctx: Context, key: PathKey): void {
  finish(ctx, `vendor page ${key}`);
}

/** Has the kernel ask a disk; not again while it does. */
export function requestRescan(ctx: Context, { key, name, devt, diskseq }: Path): void {
  request(ctx, `rescan ${key}`, () => ({ type: 'rescan', path: key, name, devt, diskseq }));
}

export function rescanPending(ctx: Context, key: PathKey): boolean {
  return ctx.reads.has(`rescan ${key}`);
}

export function rescanAnswered(ctx: Context, key: PathKey): void {
  finish(ctx, `rescan ${key}`);
}

/** Notes that an identity was removed on evidence: what was asked before this input cannot bring it back. */
export function bury(ctx: Context, identity: string): void {
  // In the order of their input numbers, as they are swept.
  ctx.tombstones.delete(identity);
  ctx.tombstones.set(identity, ctx.seq);
}

/** Whether a reading asked for at `asked` was overtaken by the identity's removal. */
export function isBuried(ctx: Context, identity: string, asked: number): boolean {
  const at = ctx.tombstones.get(identity);
  return at !== undefined && at > asked;
}

/** Forgets tombstones and unit attentions that no outstanding reading can run into any more. */
export function sweepTombstones(ctx: Context): void {
  if (ctx.tombstones.size === 0 && ctx.attentions.size === 0) return;
  if (ctx.resync.audits > 0) return;
  // In order of asking: an ended reading leaves the map, a new one goes to its end.
  const [first] = ctx.reads.values();
  const oldest = Math.min(first?.asked ?? ctx.seq, ctx.resync.pending ?? ctx.seq, ctx.gaps.asked ?? ctx.seq);
  for (const notes of [ctx.tombstones, ctx.attentions]) {
    for (const [identity, at] of notes) {
      if (at > oldest) break;
      notes.delete(identity);
    }
  }
}
