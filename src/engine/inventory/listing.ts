/**
 * The last complete list of device-mapper's devices. The port tells what has changed since this list, so the cost of an
 * event depends on the number of changes only. The engine looks only at the changed maps, and at the maps on which
 * tables and list do not agree.
 */
import type { DmListEntry, DmListing } from '../../model/facts';
import { type DevT, wwidOfUuid } from '../../model/identity';
import type { MultipathMap } from '../../model/map';
import type { Seq } from '../../model/units';
import type { CoreContext } from '../core/core';
import type { MapAddress } from '../core/keys';
import type { Listing } from '../core/listing';

/** A listing without a number. Nobody can tell what has changed since then. */
export function wholeListing(devices: DmListEntry[]): DmListing {
  return { number: null, since: null, devices, gone: [] };
}

/** The entry of a multipath map in the listing, by UUID. */
export function listedAs(ctx: CoreContext, uuid: string): DmListEntry | undefined {
  const devt = ctx.listing.byUuid.get(uuid);
  return devt === undefined ? undefined : ctx.listing.devices.get(devt);
}

/** Input number at which an answer last showed that the map exists. */
export function lastSeenAt(ctx: CoreContext, map: MultipathMap): number {
  return ctx.listing.byUuid.has(map.uuid) ? Math.max(map.seenAt, ctx.listing.at) : map.seenAt;
}

/** True if the changes build on the list at hand. Otherwise they say nothing. */
export function isOnBase(ctx: CoreContext, listing: DmListing): boolean {
  return listing.since === null || listing.since === ctx.listing.number;
}

/**
 * Takes in a listing that was asked for at input `asked`. Returns the UUIDs of the maps that the engine must look at,
 * in order. It returns none if the list at hand is newer, which happens after a slow snapshot.
 */
export function takeListing(
  ctx: CoreContext,
  asked: Seq,
  { number, since, devices, gone }: DmListing,
): Iterable<string> {
  if (asked < ctx.listing.asked) return [];
  const concerned = since === null ? replace(ctx, devices) : update(ctx, devices, gone);
  ctx.listing.number = number;
  ctx.listing.asked = asked;
  // A name that arrived after the question may be newer than the listing, so it is kept. If it is not newer, the map is
  // disputed and read again.
  // That a map is gone is no news any more if the listing does not have it.
  for (const [uuid, { name, at }] of ctx.listing.newer)
    if (at <= asked || (name === null && !ctx.listing.byUuid.has(uuid))) ctx.listing.newer.delete(uuid);
  return concerned;
}

function replace(ctx: CoreContext, entries: readonly DmListEntry[]): Iterable<string> {
  const { listing, store } = ctx;
  const now = new Set(entries.map(({ uuid }) => uuid));
  for (const uuid of listing.byUuid.keys()) if (!now.has(uuid)) noteLastSeen(ctx, uuid);
  listing.devices.clear();
  listing.byUuid.clear();
  for (const entry of entries) enter(listing, entry);
  // A map that left both the list and the table may still be disputed.
  return new Set([...listing.byUuid.keys(), ...store.maps.keys(), ...listing.disputed]);
}

function update(ctx: CoreContext, entries: readonly DmListEntry[], gone: readonly DevT[]): Iterable<string> {
  const { listing } = ctx;
  const before = [...gone, ...entries.map(({ devt }) => devt)].flatMap((devt) => listing.devices.get(devt)?.uuid ?? []);
  const left = new Set(before.filter((uuid) => wwidOfUuid(uuid) !== null));
  for (const { uuid } of entries) left.delete(uuid);
  for (const uuid of left) noteLastSeen(ctx, uuid);
  for (const devt of gone) leave(listing, devt);
  // An entry with the same UUID is replaced in place: V8 rebuilds a Map from time to time if keys are deleted and set
  // again.
  for (const entry of entries) if (listing.devices.get(entry.devt)?.uuid !== entry.uuid) leave(listing, entry.devt);
  for (const entry of entries) enter(listing, entry);
  const listed = entries.map(({ uuid }) => uuid).filter((uuid) => wwidOfUuid(uuid) !== null);
  return new Set([...listed, ...left, ...listing.disputed]);
}

function enter(listing: Listing, entry: DmListEntry): void {
  listing.devices.set(entry.devt, entry);
  if (wwidOfUuid(entry.uuid) !== null) listing.byUuid.set(entry.uuid, entry.devt);
}

function leave(listing: Listing, devt: DevT): void {
  const uuid = listing.devices.get(devt)?.uuid;
  listing.devices.delete(devt);
  if (uuid !== undefined && listing.byUuid.get(uuid) === devt) listing.byUuid.delete(uuid);
}

function noteLastSeen(ctx: CoreContext, uuid: string): void {
  const map = ctx.store.maps.get(uuid);
  if (map !== undefined) map.seenAt = lastSeenAt(ctx, map);
}

/**
 * Decides whether the list and the entry of a map agree. The caller calls this after each change of the list, the entry
 * or the evidence about the map.
 */
export function judge(ctx: CoreContext, uuid: string): void {
  const entry = listedAs(ctx, uuid);
  const map = ctx.store.maps.get(uuid);
  const agreed = entry === undefined || map === undefined ? entry === map : !differs(map, entry) && !isDoubted(map);
  if (agreed) ctx.listing.disputed.delete(uuid);
  else ctx.listing.disputed.add(uuid);
}

export function differs(map: MultipathMap, entry: DmListEntry): boolean {
  return map.facts.name !== entry.name || map.facts.devt !== entry.devt || map.facts.eventNr !== entry.eventNr;
}

/** True if one half of the proof of absence is there. */
export function isDoubted({ missing }: MultipathMap): boolean {
  return missing.listedAt !== null || missing.lookedUpAt !== null;
}

/** What the listing and later readings say of a device; undefined: it does not exist. */
export function lastKnownAs(ctx: CoreContext, by: MapAddress): DmListEntry | undefined {
  const entry = 'uuid' in by ? listedAs(ctx, by.uuid) : ctx.listing.devices.get(by.devt);
  if (entry === undefined) return undefined;
  const name = nameNow(ctx, entry);
  return name === null ? undefined : { ...entry, name };
}

/** null: the map is gone. */
function nameNow(ctx: CoreContext, { uuid, name }: DmListEntry): string | null {
  const newer = ctx.listing.newer.get(uuid);
  return newer === undefined ? name : newer.name;
}

/** A reading has shown a listed map under another name, or (null) has shown that the map is gone. */
export function noteNewer(ctx: CoreContext, uuid: string, name: string | null): void {
  if (ctx.listing.byUuid.has(uuid)) ctx.listing.newer.set(uuid, { name, at: ctx.seq });
}

/** All names in device-mapper as they were last seen, with their UUIDs. */
export function* dmNames(ctx: CoreContext): Generator<Pick<DmListEntry, 'name' | 'uuid'>> {
  for (const entry of ctx.listing.devices.values()) {
    const name = nameNow(ctx, entry);
    if (name !== null) yield { uuid: entry.uuid, name };
  }
}
