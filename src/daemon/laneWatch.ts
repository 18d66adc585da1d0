/** Says in the log when calls wait for a thread: then so many calls hang that others wait, too. */
import type { LogLevel } from '../engine/protocol';
import type { LaneInfo } from '../kernel/lanes';

/** Returns what is to be called from time to time. */
export function createLaneWatch(
  lanes: () => readonly LaneInfo[],
  log: (level: LogLevel, message: string) => void,
): () => void {
  /** By the name of the lane: how many calls had waited at the last look. */
  const waited = new Map<string, number>();
  const full = new Set<string>();
  return () => {
    for (const lane of lanes()) {
      const more = lane.waited - (waited.get(lane.name) ?? 0);
      waited.set(lane.name, lane.waited);
      // One line waits while another is written. This is no sign.
      if (lane.name === 'log') continue;
      if (more > 0 && !full.has(lane.name)) {
        if (lane.queued === 0) {
          log('info', overText(lane, more));
          continue;
        }
        full.add(lane.name);
        log('error', fullText(lane));
      } else if (more === 0 && lane.queued === 0 && full.delete(lane.name)) {
        log('notice', `calls of the kind "${lane.name}" find threads again`);
      }
    }
  };
}

/** A burst, such as the start on a host with many disks. */
function overText({ name, limit }: LaneInfo, more: number): string {
  return `${more} calls of the kind "${name}" had to wait, because ${limit} is the most at once; none waits now`;
}

function fullText({ name, busy, queued, limit, refusal }: LaneInfo): string {
  const why =
    busy < limit && refusal !== null ? `the system gives no more threads (${refusal})` : `${limit} is the most`;
  return `${busy} calls of the kind "${name}" have not come back, and ${why}: ${queued} wait until some come back; \`mpathctl status\` lists them`;
}
