/** The last complete list of device-mapper's devices, as state: inventory keeps it. */
import type { DmListEntry } from '../../model/facts';
import type { DevT } from '../../model/identity';
import type { Seq } from '../../model/units';

export interface Listing {
  /** By which the port knows it; null: it has no number (of a snapshot), or there was none yet. */
  number: number | null;
  /** Input number at which it was asked for. */
  asked: Seq;
  /** Input number at which the maps were last compared with it: they were seen then. */
  at: number;
  readonly devices: Map<DevT, DmListEntry>;
  /** The multipath maps in it. */
  readonly byUuid: Map<string, DevT>;
  /** UUIDs of maps that are in it and not so in the table, or in the table and not so in it. */
  readonly disputed: Set<string>;
  /** Names by UUID that readings have shown since it was asked for, with the input number; null: the map is gone. */
  readonly newer: Map<string, { name: string | null; at: number }>;
}

export function emptyListing(): Listing {
  return {
    number: null,
    asked: 0,
    at: 0,
    devices: new Map(),
    byUuid: new Map(),
    disputed: new Set(),
    newer: new Map(),
  };
}
