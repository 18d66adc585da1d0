/** Bounds and intervals of the engine: what a test, or the command line, may set. */

/** Bounds and intervals, all in ms. */
export interface EngineOptions {
  /** How long an added disk's udev record is awaited before sysfs decides. */
  udevWaitMs: number;
  /** Checker interval at first and after a change, and its ceiling; null: as configured. */
  pollingMs: number | null;
  maxPollingMs: number | null;
  /** How long a fence may take to come back, and how often one is sent when nothing happens. */
  fenceTimeoutMs: number;
  heartbeatMs: number;
  /** A resync even without any sign of loss: the kernel can fail to send an event at all. */
  periodicResyncMs: number;
  /** First and longest pause before a failed reading is tried again. */
  retryMs: number;
  maxRetryMs: number;
  /** Least time between two looks at a hole in SEQNUM; and the most to which it grows while looks find nothing. */
  gapPauseMs: number;
  maxGapPauseMs: number;
}

export const DEFAULT_OPTIONS: EngineOptions = {
  udevWaitMs: 3_000,
  pollingMs: null,
  maxPollingMs: null,
  fenceTimeoutMs: 5_000,
  heartbeatMs: 10_000,
  periodicResyncMs: 600_000,
  retryMs: 250,
  maxRetryMs: 2_000,
  gapPauseMs: 5_000,
  maxGapPauseMs: 320_000,
};
