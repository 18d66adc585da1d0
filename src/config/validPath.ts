/**
 * udev's side of `find_multipaths` (multipath.conf(5), `multipath -u`): whether a disk that appears is a path. udev
 * asks this before anybody else may use the disk. Each answer has its reason.
 */
import type { Wwid } from '../model/identity';
import type { FindMultipaths } from './settings';

/** The result of a look at the disk itself. */
export type Probe =
  /** `wwid` null: the disk has none. */
  | { kind: 'ok'; wwid: Wwid | null }
  /** The disk's kind or the blacklist excludes it. */
  | { kind: 'skipped'; reason: string }
  | { kind: 'failed'; reason: string };

/** A value that was looked up, or why it could not be. */
export type Answer<T> = { known: true; value: T } | { known: false; reason: string };

/** The known facts of a disk when udev asks. */
export interface UdevQuestion {
  mode: FindMultipaths;
  /** The WWID of the multipath map that holds the disk; null: no map holds it. */
  holder: Answer<Wwid | null>;
  /** Whether a daemon answers; null: no daemon is needed (`multipath -c`). */
  daemonRuns: boolean | null;
  /** From the uevent: `disk`, `partition`. */
  devtype: string | null;
  probe: Probe;
  /** True if the kernel has refused a map of this WWID. */
  failedBefore: Answer<boolean>;
  /** The user of the disk or of one of its partitions; null: nobody uses them. */
  usedBy: Answer<string | null>;
  /** True if the WWID is in the wwids file. */
  listed: Answer<boolean>;
  /** True if a map of the WWID exists. */
  mapExists: Answer<boolean>;
}

/** `wwid` is not null if it had a part in the verdict. */
export type PathValidity =
  /** `final`: holds even for a disk that udev was told not to multipath. */
  | { verdict: 'valid'; final: boolean; wwid: Wwid; reason: string }
  /** The disk is valid if another path comes: find_multipaths smart. */
  | { verdict: 'maybe'; wwid: Wwid; reason: string }
  | { verdict: 'not valid'; wwid: Wwid | null; reason: string }
  /** There is no verdict. */
  | { verdict: 'error'; reason: string };

const error = (reason: string): PathValidity => ({ verdict: 'error', reason });

/** The part of {@link isValidPath} that needs only the disk itself. It gives the disk's WWID, or the verdict. */
function wwidOrVerdict(question: UdevQuestion): { wwid: Wwid } | PathValidity {
  const { holder, daemonRuns, devtype, probe } = question;
  const no = (reason: string): PathValidity => ({ verdict: 'not valid', wwid: null, reason });
  if (!holder.known) return error(holder.reason);
  if (holder.value !== null)
    return { verdict: 'valid', final: true, wwid: holder.value, reason: `it is a path of the map of ${holder.value}` };
  if (daemonRuns === false) return no('no multipath daemon runs');
  if (devtype !== 'disk') return no(devtype === null ? 'nothing says that it is a disk' : `a ${devtype}, not a disk`);
  switch (probe.kind) {
    case 'failed':
      return error(probe.reason);
    case 'skipped':
      return no(probe.reason);
    case 'ok':
      return probe.wwid === null ? no('it has no WWID') : { wwid: probe.wwid };
  }
}

/** Decides whether the disk is a path that only multipath may use. The first rule that applies decides. */
export function isValidPath(question: UdevQuestion): PathValidity {
  const { mode, failedBefore, usedBy, listed, mapExists } = question;
  const first = wwidOrVerdict(question);
  if ('verdict' in first) return first;
  const { wwid } = first;
  const no = (reason: string): PathValidity => ({ verdict: 'not valid', wwid, reason });
  const yes = (reason: string, final = false): PathValidity => ({ verdict: 'valid', final, wwid, reason });

  if (!failedBefore.known) return error(failedBefore.reason);
  if (failedBefore.value) return no(`the kernel has refused a map of ${wwid}`);
  if (mode === 'greedy' || mode === 'smart') {
    if (!usedBy.known) return error(usedBy.reason);
    if (usedBy.value !== null) return no(`in use: ${usedBy.value}`);
  }
  if (mode === 'greedy') return yes('find_multipaths greedy: every disk that is not blacklisted');
  if (!listed.known) return error(listed.reason);
  if (listed.value) return yes(`${wwid} is in the wwids file`, true);
  if (!mapExists.known) return error(mapExists.reason);
  if (mapExists.value) return yes(`there is a map of ${wwid}`);
  if (mode === 'smart')
    return { verdict: 'maybe', wwid, reason: `find_multipaths smart: another path to ${wwid} may come` };
  return no(`find_multipaths ${mode}: ${wwid} is not in the wwids file, and there is no map of it`);
}

/** The mode that replaces `mode` if the wwids file must not be used (`multipath -i`). */
export function modeWithoutWwids(mode: FindMultipaths): FindMultipaths {
  switch (mode) {
    case 'on':
    case 'strict':
      return 'smart';
    case 'off':
      return 'greedy';
    case 'greedy':
    case 'smart':
      return mode;
  }
}

/** What is looked up only if the first verdict is `maybe`. */
export interface MaybeQuestion {
  /** True if the disk can be opened for one user alone (open(2), O_EXCL). */
  claimable: Answer<boolean>;
  /** The map that holds the disk, as it was seen after that. */
  heldBy: Wwid | null;
  otherPath: Answer<boolean>;
}

/** The verdict after a `maybe` of {@link isValidPath}, with what was then looked up. */
export function judgeMaybe(
  maybe: Extract<PathValidity, { verdict: 'maybe' }>,
  { claimable, heldBy, otherPath }: MaybeQuestion,
): PathValidity {
  const { wwid } = maybe;
  if (!claimable.known) return { verdict: 'not valid', wwid, reason: claimable.reason };
  if (!claimable.value) {
    return heldBy === null
      ? { verdict: 'not valid', wwid, reason: 'in use: it cannot be opened for one user alone' }
      : { verdict: 'valid', final: true, wwid: heldBy, reason: `it is a path of the map of ${heldBy}` };
  }
  if (!otherPath.known) return error(otherPath.reason);
  if (otherPath.value) return { verdict: 'valid', final: false, wwid, reason: `there is another path to ${wwid}` };
  return maybe;
}

/**
 * Applies an earlier verdict of udev. If udev has said before that the disk is no path, others may use the disk since
 * then.
 */
export function withRelease(verdict: PathValidity, released: boolean): PathValidity {
  const applies = (verdict.verdict === 'valid' && !verdict.final) || verdict.verdict === 'maybe';
  if (!released || !applies) return verdict;
  return { verdict: 'not valid', wwid: verdict.wwid, reason: 'it was given free before (DM_MULTIPATH_DEVICE_PATH=0)' };
}

/**
 * How long, s, udev waits for another path. If the setting is negative, its whole time holds only for hardware in the
 * table.
 */
export function waitSeconds(timeout: number, knownHardware: boolean): number {
  const set = timeout === 0 ? DEFAULT_TIMEOUT : timeout;
  if (set > 0) return set;
  return knownHardware ? -set : UNKNOWN_HARDWARE;
}

/** `find_multipaths_timeout`, s. */
const DEFAULT_TIMEOUT = -10;
const UNKNOWN_HARDWARE = 1;
