/** Bounds and intervals of the engine. A test or the command line may set them. */

/** Bounds and intervals, all in ms, and what the last daemon left. */
export interface EngineOptions {
  /** How long the engine waits for the udev record of an added disk before sysfs decides. */
  udevWaitMs: number;
  /** Interval of the checkers at first and after a change, and its maximum; null: as configured. */
  pollingMs: number | null;
  maxPollingMs: number | null;
  /** How long a fence may take to come back, and how often the engine sends a fence when nothing happens. */
  fenceTimeoutMs: number;
  heartbeatMs: number;
  /** Time between two resyncs without any sign of loss: the kernel can fail to send an event at all. */
  periodicResyncMs: number;
  /** First and longest pause before the engine repeats a failed reading. */
  retryMs: number;
  maxRetryMs: number;
  /**
   * Shortest pause between two looks at a hole in SEQNUM, and the longest. The pause grows while looks find nothing.
   */
  gapPauseMs: number;
  maxGapPauseMs: number;
  /**
   * The maps, by UUID, whose writes a daemon began that is dead now. What it left of them is put right at once.
   */
  interrupted: readonly string[];
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
  interrupted: [],
};
