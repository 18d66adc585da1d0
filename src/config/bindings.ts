/** The bindings file: which alias belongs to which WWID (reference: bindings file of multipath-tools). */
import type { Wwid } from '../model/identity';

/** One line of the file. */
export interface Binding {
  alias: string;
  wwid: Wwid;
}

/** A name that device-mapper has now; `wwid` is null if it is not a multipath map's. */
export interface DmName {
  name: string;
  wwid: Wwid | null;
}
