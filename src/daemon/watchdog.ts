/**
 * Feeds systemd's watchdog only while everything that must live does: this timer proves the event
 * loop, the listener's heartbeat its thread, the last fence the whole way from the kernel to the
 * engine.
 */
export interface VitalSigns {
  /** Engine time, ms. */
  now(): number;
  listenerHeartbeat(): number;
  /** Engine time, ms, of the last fence that came back; null before the first. */
  lastFenceAt(): number | null;
  lastStepAt(): number;
}

export interface WatchdogLimits {
  /** A fence older than this is a fault, ms. */
  fenceMs: number;
  /** No engine step for this long is a fault, ms (the heartbeat alone makes steps). */
  stepMs: number;
}

export type Health = { healthy: true } | { healthy: false; reason: string };

/** Remembers the listener's heartbeat from one look to the next. */
export function createHealthCheck(signs: VitalSigns, limits: WatchdogLimits): () => Health {
  let beat: number | null = null;
  const startedAt = signs.now();
  return () => {
    const before = beat;
    beat = signs.listenerHeartbeat();
    if (before !== null && beat === before) return { healthy: false, reason: 'the uevent listener does not move' };
    const fenceAge = signs.now() - (signs.lastFenceAt() ?? startedAt);
    if (fenceAge > limits.fenceMs) {
      return { healthy: false, reason: `no fence came back for ${Math.round(fenceAge / 1000)} s` };
    }
    const stepAge = signs.now() - signs.lastStepAt();
    if (stepAge > limits.stepMs) {
      return { healthy: false, reason: `the engine has had no input for ${Math.round(stepAge / 1000)} s` };
    }
    return { healthy: true };
  };
}
