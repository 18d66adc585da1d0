/**
 * The last complete list of device-mapper's devices. The port tells what has changed since, so that an
 * event costs as much as there are changes: only those maps are looked at again, and those on which
 * tables and list do not agree.
 */
import type { DmListEntry, DmListing } from '../../model/facts';
import { type DevT, wwidOfUuid } from '../../model/identity';
import type { MultipathMap } from '../../model/map';
import type { Seq } from '../../model/units';
import type { CoreContext } from '../core/core';
import type { MapAddress } from '../core/keys';
import type { Listing } from '../core/listing';

/** One that nothing can be told the changes of. */
export function wholeListing(devices: DmListEntry[]): DmListing {
  return { number: null, since: null, devices, gone: [] };
}

/** What a listing shows under a multipath map's UUID. */
export function listedAs(ctx: CoreContext, uuid: string): DmListEntry | undefined {
  const devt = ctx.listing.byUuid.get(uuid);
  return devt === undefined ? undefined : ctx.listing.devices.get(devt);
}

/** Input number at which an answer last showed the map to be there. */
export function lastSeenAt(ctx: CoreContext, map: MultipathMap): number {
  return ctx.listing.byUuid.has(map.uuid) ? Math.max(map.seenAt, ctx.listing.at) : map.seenAt;
}

/** Whether the changes are those since the list at hand. If not, they say nothing. */
export function isOnBase(ctx: CoreContext, listing: DmListing): boolean {
  return listing.since === null || listing.since === ctx.listing.number;
}

/**
 * Takes in what was asked for at input `asked`. Returns the UUIDs of the maps to be looked at, in order: none
 * if the list at hand is the newer one, as it can be when a snapshot takes its time.
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
  // What has come after the question may be younger than the answer; if it is not, the map is disputed, and read again.
  for (const [uuid, { at }] of ctx.listing.newer) if (at <= asked) ctx.listing.newer.delete(uuid);
  return concerned;
}

function replace(ctx: CoreContext, entries: readonly DmListEntry[]): Iterable<string> {
  const { listing, store } = ctx;
  const now = new Set(entries.map(({ uuid }) => uuid));
  for (const uuid of listing.byUuid.keys()) if (!now.has(uuid)) noteLastSeen(ctx, uuid);
  listing.devices.clear();
  listing.byUuid.clear();
  for (const entry of entries) enter(listing, entry);
  return new Set([...listing.byUuid.keys(), ...store.maps.keys()]);
}

function update(ctx: CoreContext, entries: readonly DmListEntry[], gone: readonly DevT[]): Iterable<string> {
  const { listing } = ctx;
  const before = [...gone, ...entries.map(({ devt }) => devt)].flatMap((devt) => listing.devices.get(devt)?.uuid ?? []);
  const left = new Set(before.filter((uuid) => wwidOfUuid(uuid) !== null));
  for (const { uuid } of entries) left.delete(uuid);
  for (const uuid of left) noteLastSeen(ctx, uuid);
  for (const devt of gone) leave(listing, devt);
  // An entry in place of another: V8's maps are made anew in the end if keys are deleted and set again.
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

/** To be called whenever the list, the entry or the evidence about a map has changed. */
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

/** There is half of a proof that it is gone. */
export function isDoubted({ missing }: MultipathMap): boolean {
  return missing.listedAt !== null || missing.lookedUpAt !== null;
}

/** What the listing, and what was read since, say of a device that is there. */
export function lastKnownAs(ctx: CoreContext, by: MapAddress): DmListEntry | undefined {
  const entry = 'uuid' in by ? listedAs(ctx, by.uuid) : ctx.listing.devices.get(by.devt);
  if (entry === undefined) return undefined;
  const name = nameNow(ctx, entry);
  return name === null ? undefined : { ...entry, name };
}

/** null: it is gone. */
function nameNow(ctx: CoreContext, { uuid, name }: DmListEntry): string | null {
  const newer = ctx.listing.newer.get(uuid);
  return newer === undefined ? name : newer.name;
}

/** A reading has shown a listed map under another name, or (null) that it is gone. */
export function noteNewer(ctx: CoreContext, uuid: string, name: string | null): void {
  if (ctx.listing.byUuid.has(uuid)) ctx.listing.newer.set(uuid, { name, at: ctx.seq });
}

/** All of device-mapper's names, as last seen, with their UUIDs. */
export function* dmNames(ctx: CoreContext): Generator<Pick<DmListEntry, 'name' | 'uuid'>> {
  for (const entry of ctx.listing.devices.values()) {
    const name = nameNow(ctx, entry);
    if (name !== null) yield { uuid: entry.uuid, name };
  }
}
