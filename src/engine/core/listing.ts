/** The last complete list of device-mapper's devices, as state. Inventory maintains it. */
import type { DmListEntry } from '../../model/facts';
import type { DevT } from '../../model/identity';
import type { Seq } from '../../model/units';

export interface Listing {
  /**
   * The number by which the port knows the list; null: the list has no number (it is from a snapshot), or there was no
   * list yet.
   */
  number: number | null;
  /** Input number at which the list was asked for. */
  asked: Seq;
  /** Input number at which the maps were last compared with the list. The listed maps existed then. */
  at: number;
  readonly devices: Map<DevT, DmListEntry>;
  /** The multipath maps in the list. */
  readonly byUuid: Map<string, DevT>;
  /** UUIDs of maps on which the list and the table do not agree. */
  readonly disputed: Set<string>;
  /**
   * Names by UUID that readings have shown since the list was asked for, with the input number; null: the map is gone.
   */
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
