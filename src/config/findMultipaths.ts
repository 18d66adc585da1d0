/** `find_multipaths` (multipath.conf(5)) in the daemon: decides whether a LUN without a map may get one. */
import type { FindMultipaths } from './settings';
import type { Wwid } from '../model/identity';

/**
 * The known facts of a LUN without a map. The question does not arise for a LUN whose map exists: mpathd adopts this
 * map in every mode.
 */
export interface MapQuestion {
  mode: FindMultipaths;
  wwid: Wwid;
  /** True if an administrator has asked for the LUN's map by name (`add map`). */
  asked: boolean;
  /** True if the LUN's WWID is in the wwids file. */
  listed: boolean;
  /** The number of paths that are known to lead to the LUN. */
  paths: number;
}

/** `reason` is a text for the log, and for the answer to "why?". */
export interface Decision {
  multipath: boolean;
  reason: string;
}

/** `smart` differs from `on` only in what udev is told about a LUN's first path. */
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
