/**
 * Feeds systemd's watchdog only while all vital parts live. This timer proves that the event loop lives, the heartbeat
 * of the listener proves its thread, and the last fence proves the whole way from the kernel to the engine.
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
  /** If the engine makes no step for this long, ms, this is a fault (the heartbeat's fence alone causes steps). */
  stepMs: number;
}

export type Health = { healthy: true } | { healthy: false; reason: string };

/** Remembers the listener's heartbeat from one check to the next. */
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
