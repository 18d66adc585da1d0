/** Priorities of paths, from their facts in sysfs and udev. */
import type { BlockFacts } from '../model/facts';
import { NO_PRIORITY } from './grouping';
import { serialOf } from './wwid';

/** A prioritizer and its arguments. */
export interface Prioritizer {
  name: string;
  args: string;
}

/** Whether an extended regular expression (POSIX) matches; false for an invalid expression. */
export type Matches = (pattern: string, text: string) => boolean;

const ACCESS_STATES: ReadonlyMap<string, number> = new Map([
  ['active/optimized', 50],
  ['active/non-optimized', 10],
  ['lba-dependent', 5],
  ['standby', 1],
]);

const PREFERRED = 80;

const EXCLUSIVE = 'exclusive_pref_bit';

/**
 * The priority of an access state, by its name in the kernel's scsi_dh_alua. `exclusive`: the preferred bit counts for
 * optimized paths, too.
 */
export function prioritySysfs(accessState: string | null, preferred: boolean, exclusive = false): number {
  if (accessState === null) return NO_PRIORITY;
  const base = ACCESS_STATES.get(accessState) ?? 0;
  return preferred && (exclusive || accessState !== 'active/optimized') ? base + PREFERRED : base;
}

const wordsOf = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');

function subjectOf(kind: string, facts: BlockFacts): string | null {
  const { hostWwnn, hostWwpn, targetWwnn, targetWwpn } = facts.transport;
  switch (kind) {
    case 'hbtl':
      return facts.hcil;
    case 'devname':
      return facts.name;
    case 'serial':
      return serialOf(facts);
    case 'wwn':
      return [hostWwnn, hostWwpn, targetWwnn, targetWwpn].map((name) => name ?? '').join(':');
    default:
      return null;
  }
}

/** `hbtl 1:.:.:. 2 4:.:.:. 4`: the kind of attribute, then pairs of a regular expression and a priority. */
function weighted(args: string, facts: BlockFacts, matches: Matches): number {
  const [kind = '', ...pairs] = wordsOf(args);
  const subject = subjectOf(kind, facts);
  if (subject === null) return 0;
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    const [pattern = '', priority = ''] = pairs.slice(at, at + 2);
    if (/^\d{1,9}$/.test(priority) && matches(pattern, subject)) return Number(priority);
  }
  return 0;
}

const PREFERRED_IP = /^preferredip=(\d{1,3}(?:\.\d{1,3}){3})$/;

/** iSCSI Enterprise Target: the address in udev's by-path name, `ip-10.0.0.1:3260-iscsi-…`. */
function iet(args: string, facts: BlockFacts): number {
  const wanted = PREFERRED_IP.exec(args.trim())?.[1];
  if (wanted === undefined) return 0;
  return /(?:^|-)ip-(\d{1,3}(?:\.\d{1,3}){3}):/.exec(facts.udev?.['ID_PATH'] ?? '')?.[1] === wanted ? 20 : 10;
}

/**
 * A number from 1 to 10. It is the same at each call for a disk: the engine has no randomness, and a map must not be
 * grouped anew at each check.
 */
function drawn({ devt, diskseq }: BlockFacts): number {
  let hash = 7;
  for (const char of `${devt}#${diskseq ?? ''}`) hash = (hash * 31 + char.charCodeAt(0)) % 1_000_003;
  return 1 + (hash % 10);
}

/** The path's priority, or {@link NO_PRIORITY}. */
export function priorityOf({ name, args }: Prioritizer, facts: BlockFacts, matches: Matches): number {
  switch (name) {
    case 'sysfs':
    case 'alua':
      return prioritySysfs(facts.accessState, facts.preferredPath, wordsOf(args).includes(EXCLUSIVE));
    case 'weightedpath':
      return weighted(args, facts, matches);
    case 'iet':
      return iet(args, facts);
    case 'random':
      return drawn(facts);
    default:
      return 1;
  }
}
