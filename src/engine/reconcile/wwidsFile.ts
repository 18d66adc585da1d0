/**
 * The wwids file gets the WWID of each map that mpathd makes or adopts. By this file find_multipaths knows LUNs that
 * are multipathed even with a single path. No map waits for it.
 */
import { describeFailure, type Reading } from '../../model/failure';
import { uuidOfWwid, type Wwid } from '../../model/identity';
import { log } from '../core/core';
import type { ReconcileContext } from './state';

/**
 * First and longest pause, ms, before the write is tried again. The usual cause of a failure is a full or read-only
 * file system.
 */
const RETRY_MS = 5_000;
const MAX_RETRY_MS = 300_000;

/** Writes the WWID to the file, unless it is there or being written. */
export function rememberWwid(ctx: ReconcileContext, wwid: Wwid): void {
  if (ctx.wwids.has(wwid) || ctx.recording.has(wwid)) return;
  ctx.recording.set(wwid, 0);
  ctx.effects.push({ type: 'record-wwid', wwid });
}

export function onWwidRecorded(ctx: ReconcileContext, wwid: Wwid, reading: Reading<boolean>): void {
  const attempts = (ctx.recording.get(wwid) ?? 0) + 1;
  if (reading.ok) {
    ctx.recording.delete(wwid);
    ctx.wwids.add(wwid);
    return;
  }
  const level = attempts === 1 ? 'warning' : 'debug';
  log(
    ctx,
    level,
    `${describeFailure(reading.failure)}: ${wwid} could not be added to the wwids file; mpathd tries again`,
  );
  ctx.recording.set(wwid, attempts);
  ctx.timers.set(`record ${wwid}`, ctx.store.now + Math.min(RETRY_MS * 2 ** Math.min(attempts - 1, 16), MAX_RETRY_MS));
}

/** The time for another try has come. If the map is gone, its WWID is not written any more. */
export function recordAgain(ctx: ReconcileContext, wwid: Wwid): void {
  if (ctx.store.maps.has(uuidOfWwid(wwid)) && !ctx.wwids.has(wwid)) ctx.effects.push({ type: 'record-wwid', wwid });
  else ctx.recording.delete(wwid);
}
