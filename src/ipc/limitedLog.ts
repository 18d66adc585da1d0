/** Limits log lines that any user of the host can cause, so that nobody fills the disk with them. */

/** How much is let through. */
export interface LogLimit {
  lines: number;
  everyMs: number;
}

/** At most `lines` in `everyMs`; how many were left out is told with the next one. `now` is in ms. */
export function createLimitedLog(
  log: (message: string) => void,
  limit: LogLimit,
  now: () => number,
): (message: string) => void {
  let since = now();
  let written = 0;
  let leftOut = 0;
  return (message) => {
    if (now() - since >= limit.everyMs) {
      since = now();
      written = 0;
    }
    if (written >= limit.lines) {
      leftOut++;
      return;
    }
    written++;
    log(leftOut === 0 ? message : `${message} (${leftOut} more like this were left out)`);
    leftOut = 0;
  };
}
