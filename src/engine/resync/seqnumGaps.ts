/**
 * Holes in SEQNUM (docs/design.md, "Losses"). Other network namespaces use numbers, too, so a hole is no proof of a
 * loss and leads to no resync. It leads to a look: a bare list of the kernel's maps and disks is compared with the
 * tables, and only what differs is read. If the reading shows a change, and no event about it comes, it is a counted
 * loss. At most one look is under way, and looks become rarer as long as they find nothing.
 */
import type { DiskEntry, DmListEntry } from '../../model/facts';
import { describeFailure, type Reading } from '../../model/failure';
import { type DevT, pathKey, wwidOfUuid } from '../../model/identity';
import type { SeqnumGap, Uevent } from '../../model/uevent';
import type { Seq } from '../../model/units';
import { type CoreContext, log } from '../core/core';
import { blockKey } from '../core/keys';
import { blockPending, mapPending, requestBlock } from '../core/questions';
import { applyListing } from '../inventory/applyListing';
import { takeListing, wholeListing } from '../inventory/listing';
import { isPathName } from '../inventory/paths';
import type { ResyncContext, Suspect } from './state';

/**
 * How long, ms, after the listing the verdict comes. The kernel shows a new disk in sysfs some time before its uevent
 * (block/genhd.c scans its partitions in between), and takes a removed map off the list before its uevent. By the
 * verdict these uevents have come.
 */
const VERDICT_MS = 1_000;

/** Pause, ms, until the engine asks again whether a resync is over. The resync may make the look needless. */
const WAIT_MS = 1_000;

const NAMES_TOLD = 8;

/** Numbers are missing. */
export function onGap(ctx: ResyncContext, gap: SeqnumGap): void {
  const { gaps, store } = ctx;
  const { truth } = store;
  log(
    ctx,
    'debug',
    `${gap.count} uevents (SEQNUM ${gap.from} to ${gap.to}) have not come: they are lost, or belong to another network namespace`,
  );
  let { pauseMs } = truth.gaps;
  // After a time without holes that is as long as the pause, the next hole is news again.
  if (gaps.lookedAt === null || store.now >= gaps.lookedAt + 2 * pauseMs) pauseMs = ctx.options.gapPauseMs;
  truth.gaps = { ...truth.gaps, numbers: truth.gaps.numbers + gap.count, pauseMs };
  gaps.hintedAt = ctx.seq;
  schedule(ctx);
}

function schedule(ctx: ResyncContext): void {
  const { gaps, store } = ctx;
  if (gaps.hintedAt === null || gaps.asked !== null) return;
  const earliest = gaps.lookedAt === null ? store.now : gaps.lookedAt + store.truth.gaps.pauseMs;
  ctx.timers.set('look', Math.max(store.now, earliest));
}

/** A complete snapshot that was asked for at `asked` shows all that a look would show. */
export function answeredBySnapshot(ctx: ResyncContext, asked: Seq): void {
  const { gaps } = ctx;
  if (gaps.hintedAt === null || gaps.hintedAt >= asked) return;
  gaps.hintedAt = null;
  ctx.timers.clear('look');
}

/** Begins a look, as its time has come. */
export function onLookDue(ctx: ResyncContext): void {
  const { gaps, store } = ctx;
  if (gaps.hintedAt === null || gaps.asked !== null) return;
  if (store.truth.phase === 'starting' || ctx.resync.phase !== 'idle') {
    ctx.timers.set('look', store.now + WAIT_MS);
    return;
  }
  gaps.hintedAt = null;
  gaps.asked = ctx.seq;
  gaps.lookedAt = store.now;
  gaps.failed = false;
  store.truth.gaps = { ...store.truth.gaps, looks: store.truth.gaps.looks + 1 };
  ctx.effects.push({ type: 'list-devices', asked: ctx.seq });
}

/** Takes in the answer of a look. A listing that failed says nothing, so another look follows. */
export function onDeviceList(
  ctx: ResyncContext,
  asked: Seq,
  maps: Reading<DmListEntry[]>,
  disks: Reading<DiskEntry[]>,
): void {
  const { gaps } = ctx;
  if (asked !== gaps.asked) return;
  for (const listing of [maps, disks]) {
    if (listing.ok) continue;
    log(
      ctx,
      'warning',
      `a look at the kernel's devices failed (${describeFailure(listing.failure)}): the failure changes no entry; mpathd looks again`,
    );
    gaps.hintedAt = ctx.seq;
    gaps.failed = true;
  }
  if (maps.ok) compareMaps(ctx, asked, maps.value);
  if (disks.ok) compareDisks(ctx, asked, disks.value);
  if (gaps.suspects.size === 0) onVerdict(ctx);
  else ctx.timers.set('look-verdict', ctx.store.now + VERDICT_MS);
}

function compareMaps(ctx: ResyncContext, asked: Seq, entries: DmListEntry[]): void {
  const listed = new Set<string>();
  for (const { uuid, name, devt } of entries) {
    if (wwidOfUuid(uuid) === null) continue;
    listed.add(uuid);
    const map = ctx.store.maps.get(uuid);
    // device-mapper itself reports an event number that moved, which counts as a silent miss.
    if (map === undefined || map.facts.name !== name || map.facts.devt !== devt) suspect(ctx, devt, 'map', uuid, name);
  }
  for (const map of ctx.store.maps.values()) {
    if (!listed.has(map.uuid)) suspect(ctx, map.facts.devt, 'map', map.uuid, map.facts.name);
  }
  applyListing(ctx, asked, takeListing(ctx, asked, wholeListing(entries)));
}

function compareDisks(ctx: ResyncContext, asked: Seq, entries: readonly DiskEntry[]): void {
  const listed = new Set<string>();
  for (const { name, devt, diskseq } of entries) {
    if (!isPathName(name)) continue;
    listed.add(name);
    const known = ctx.store.pathByName(name);
    if (devt === null) continue;
    const key = pathKey(devt, diskseq);
    if (known?.key === key || ctx.takenOutPaths.has(key)) continue;
    suspect(ctx, devt, 'path', key, name);
    requestBlock(ctx, name);
  }
  for (const path of ctx.store.paths.values()) {
    if (listed.has(path.name) || asked <= path.seenAt || asked <= path.eventAt) continue;
    suspect(ctx, path.devt, 'path', path.key, path.name);
    // A disk that the listing lacks is not proved to be gone: a look-up by name decides.
    requestBlock(ctx, path.name);
  }
}

/** Notes a device as suspect, unless it is already being read because of an event or of a failure. */
function suspect(ctx: ResyncContext, devt: DevT, kind: Suspect['kind'], id: string, name: string): void {
  if (ctx.gaps.suspects.has(devt)) return;
  const busy =
    kind === 'path'
      ? blockPending(ctx, name) || ctx.unread.has(blockKey(name))
      : mapPending(ctx, id) || ctx.unread.has(`map ${id}`);
  if (busy || (kind === 'path' ? ctx.store.paths.get(id) : ctx.store.maps.get(id))?.stale) return;
  ctx.gaps.suspects.set(devt, { kind, id, name, before: shownAs(ctx, kind, id) });
}

/** The part of a device's entry that a list can show to have changed; null: the device is not in the table. */
function shownAs(ctx: CoreContext, kind: Suspect['kind'], id: string): string | null {
  if (kind === 'path') return ctx.store.paths.get(id)?.name ?? null;
  const facts = ctx.store.maps.get(id)?.facts;
  return facts === undefined ? null : `${facts.name} ${facts.devt}`;
}

/** The kernel's own event about the device came after all, so nothing was lost. */
export function acquit(ctx: ResyncContext, event: Uevent): void {
  if (event.source !== 'kernel' || event.synthUuid !== null || event.devt === null) return;
  ctx.gaps.suspects.delete(event.devt);
}

/** By now each suspect has been read, and the events about it that were under way have come. */
export function onVerdict(ctx: ResyncContext): void {
  const { gaps, store } = ctx;
  const lost = [...gaps.suspects.values()].filter(({ kind, id, before }) => shownAs(ctx, kind, id) !== before);
  gaps.suspects.clear();
  gaps.asked = null;
  const { pauseMs } = store.truth.gaps;
  const longer = Math.min(2 * pauseMs, ctx.options.maxGapPauseMs);
  if (lost.length > 0) tell(ctx, lost);
  store.truth.gaps = {
    ...store.truth.gaps,
    pauseMs: lost.length > 0 ? ctx.options.gapPauseMs : gaps.failed ? pauseMs : longer,
  };
  schedule(ctx);
}

function tell(ctx: CoreContext, lost: readonly Suspect[]): void {
  ctx.store.truth.losses.gap += lost.length;
  const names = lost
    .slice(0, NAMES_TOLD)
    .map(({ name }) => name)
    .join(', ');
  const more = lost.length > NAMES_TOLD ? ` and ${lost.length - NAMES_TOLD} more` : '';
  log(
    ctx,
    'warning',
    `uevents were lost, and only their numbers showed it (gap, ${lost.length}): a look found changes of ${names}${more}; the tables have these changes now`,
  );
}
