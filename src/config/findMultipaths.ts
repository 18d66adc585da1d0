/** `find_multipaths` (multipath.conf(5)) in the daemon: may a LUN without a map get one? */
import type { FindMultipaths } from './settings';
import type { Wwid } from '../model/identity';

/** What is known of a LUN without a map. One whose map exists is not asked about: that is taken over in every mode. */
export interface MapQuestion {
  mode: FindMultipaths;
  wwid: Wwid;
  /** An administrator has asked for its map by name (`add map`). */
  asked: boolean;
  /** Its WWID is in the wwids file. */
  listed: boolean;
  /** Paths that are known to lead to it. */
  paths: number;
}

/** `reason` is fit for the log, and for the answer to "why?". */
export interface Decision {
  multipath: boolean;
  reason: string;
}

/** `smart` differs from `on` only in what udev is told of a LUN's first path. */
export function mayGetMap({ mode, wwid, asked, listed, paths }: MapQuestion): Decision {
  const yes = (reason: string): Decision => ({ multipath: true, reason });
  const no = (reason: string): Decision => ({ multipath: false, reason: `find_multipaths ${mode}: ${reason}` });
  if (asked) return yes('its map was asked for');
  if (mode === 'off' || mode === 'greedy')
    return yes(`find_multipaths ${mode}: every LUN that is not blacklisted gets a map`);
  if (listed) return yes(`${wwid} is in the wwids file`);
  if (mode === 'strict') return no(`${wwid} is not in the wwids file`);
  return paths > 1
    ? yes(`there are ${paths} paths to ${wwid}`)
    : no(`it is the only path to ${wwid}, which is not in the wwids file`);
}
