/**
 * Holes in SEQNUM (docs/design.md, "Losses"). Other network namespaces use numbers up, so a hole is
 * no proof of loss and leads to no resync, but to a look: a bare list of the kernel's maps and disks,
 * compared with the tables. Only what differs is read. If that proves different from the tables and
 * no event about it comes, it is a counted loss. One look at a time, and the fewer the less they find.
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
 * The kernel shows a new disk in sysfs some time before its uevent (block/genhd.c scans its
 * partitions in between), a removed map is off the list before it: by then they have come.
 */
const VERDICT_MS = 1_000;

/** How often it is asked again whether a resync is over, which may make the look needless. */
const WAIT_MS = 1_000;

const NAMES_TOLD = 8;

/** Numbers did not come. */
export function onGap(ctx: ResyncContext, gap: SeqnumGap): void {
  const { gaps, store } = ctx;
  const { truth } = store;
  log(
    ctx,
    'debug',
    `${gap.count} uevents (SEQNUM ${gap.from} to ${gap.to}) have not come: they are lost, or belong to another network namespace`,
  );
  let { pauseMs } = truth.gaps;
  // After a time without holes, as long as the pause once more, the next one is news again.
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

/** A snapshot that was asked for at `asked` and was complete shows whatever a look would show. */
export function answeredBySnapshot(ctx: ResyncContext, asked: Seq): void {
  const { gaps } = ctx;
  if (gaps.hintedAt === null || gaps.hintedAt >= asked) return;
  gaps.hintedAt = null;
  ctx.timers.clear('look');
}

/** The time for a look has come. */
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

/** The answer. A listing that failed says nothing, so the hole is looked at again. */
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
    // A number that moved is told by device-mapper itself, and counted as a silent miss.
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
    // Missing from a listing is no proof: a look-up by name decides.
    requestBlock(ctx, path.name);
  }
}

/** Unless it is being read already, because of an event or of a failure. */
function suspect(ctx: ResyncContext, devt: DevT, kind: Suspect['kind'], id: string, name: string): void {
  if (ctx.gaps.suspects.has(devt)) return;
  const busy =
    kind === 'path'
      ? blockPending(ctx, name) || ctx.unread.has(blockKey(name))
      : mapPending(ctx, id) || ctx.unread.has(`map ${id}`);
  if (busy || (kind === 'path' ? ctx.store.paths.get(id) : ctx.store.maps.get(id))?.stale) return;
  ctx.gaps.suspects.set(devt, { kind, id, name, before: shownAs(ctx, kind, id) });
}

/** What of a device a list can show to have changed; null: it is not in the table. */
function shownAs(ctx: CoreContext, kind: Suspect['kind'], id: string): string | null {
  if (kind === 'path') return ctx.store.paths.get(id)?.name ?? null;
  const facts = ctx.store.maps.get(id)?.facts;
  return facts === undefined ? null : `${facts.name} ${facts.devt}`;
}

/** The kernel's own event about the device has come after all: nothing was lost. */
export function acquit(ctx: ResyncContext, event: Uevent): void {
  if (event.source !== 'kernel' || event.synthUuid !== null || event.devt === null) return;
  ctx.gaps.suspects.delete(event.devt);
}

/** By now all that differed has been read, and the events about it that were on their way have come. */
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
