/** Limits log lines that any user of the host can cause. So no user can fill the disk with them. */

/** The limit: this number of lines in this time. */
export interface LogLimit {
  lines: number;
  everyMs: number;
}

/** Lets through at most `lines` lines in `everyMs`. The next line tells how many were left out. `now` is in ms. */
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
