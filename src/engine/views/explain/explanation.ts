/** The answer to "why is this device (not) multipathed?": plain data, for people and for programs. */
import type { Wwid } from '../../../model/identity';

/** One known fact, with its source. */
export interface Fact {
  label: string;
  text: string;
  /** A file with its line, the hardware table, sysfs, …; null if the source is obvious. */
  source: string | null;
}

export interface Section {
  title: string;
  facts: Fact[];
}

export interface Verdict {
  multipathed: boolean;
  /** A sentence that says in which map the device is, or the first reason why it is in no map. */
  verdict: string;
  /** What would change that; null: nothing can change it, or nothing needs to change. */
  remedy: string | null;
}

export interface Explanation extends Verdict {
  /** The subject of the question. `lun`: a WWID that has no map. */
  subject: { kind: 'path' | 'map' | 'lun'; name: string; wwid: Wwid | null };
  /** The name of the map that the subject is, or is in. */
  map: string | null;
  sections: Section[];
}

export function fact(label: string, text: string, source: string | null = null): Fact {
  return { label, text, source };
}
