/** The answer to "why is this device (not) multipathed?": plain data, for people and for programs. */
import type { Wwid } from '../../../model/identity';

/** One thing that is known, and where it is from. */
export interface Fact {
  label: string;
  text: string;
  /** A file with its line, the hardware table, sysfs, …; null where it goes without saying. */
  source: string | null;
}

export interface Section {
  title: string;
  facts: Fact[];
}

export interface Verdict {
  multipathed: boolean;
  /** A sentence: where it is, or the first reason why it is in no map. */
  verdict: string;
  /** What would change that; null: nothing has to, or can. */
  remedy: string | null;
}

export interface Explanation extends Verdict {
  /** What was asked about. `lun`: a WWID that has no map. */
  subject: { kind: 'path' | 'map' | 'lun'; name: string; wwid: Wwid | null };
  /** The name of the map that it is, or is in. */
  map: string | null;
  sections: Section[];
}

export function fact(label: string, text: string, source: string | null = null): Fact {
  return { label, text, source };
}
