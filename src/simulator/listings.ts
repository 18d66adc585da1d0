/**
 * Listings of device-mapper's devices, in the form of the addon (native/dm_listings.h): whole lists, or the changes
 * since the last listing.
 */
import type { DmListEntry, DmListing } from '../model/facts';
import type { DevT } from '../model/identity';
import { sameEntry } from '../model/sameFacts';

export interface Listings {
  /** The next listing. `since`: the number of the caller's last listing. */
  next(devices: DmListEntry[], since: number | null): DmListing;
}

export function createListings(): Listings {
  let number = 0;
  let last = new Map<DevT, DmListEntry>();
  return {
    next: (devices, since) => {
      const before = since === number ? last : null;
      number += 1;
      last = new Map(devices.map((device) => [device.devt, device]));
      if (before === null) return { number, since: null, devices, gone: [] };
      const changed = devices.filter((device) => !isIn(before, device));
      return { number, since, devices: changed, gone: [...before.keys()].filter((devt) => !last.has(devt)) };
    },
  };
}

function isIn(listing: ReadonlyMap<DevT, DmListEntry>, device: DmListEntry): boolean {
  const before = listing.get(device.devt);
  return before !== undefined && sameEntry(before, device);
}
