/** The last log lines about each device, for `explain`: bounded, and gone with the daemon. */
import type { LogLevel } from '../engine/protocol';

/** A line as it was logged. */
export interface RecentLine {
  /** Milliseconds since the epoch. */
  at: number;
  level: LogLevel;
  message: string;
}

export interface RecentLines {
  note(level: LogLevel, message: string, device: string | null): void;
  /** Oldest first. */
  of(device: string): readonly RecentLine[];
}

const LINES_PER_DEVICE = 10;
/** Devices that are remembered; those with no news for longest are forgotten first. */
const MAX_DEVICES = 4_096;

/** A path that is gone is logged with its number behind it: `sda [8:0]`. */
const nameOf = (device: string): string => device.split(' ', 1)[0] ?? device;

/** `now`: milliseconds since the epoch. */
export function createRecentLines(now: () => number): RecentLines {
  const byDevice = new Map<string, RecentLine[]>();
  return {
    note: (level, message, device) => {
      if (device === null || level === 'debug') return;
      const name = nameOf(device);
      const lines = byDevice.get(name) ?? [];
      byDevice.delete(name);
      byDevice.set(name, [...lines.slice(1 - LINES_PER_DEVICE), { at: now(), level, message }]);
      if (byDevice.size <= MAX_DEVICES) return;
      const [oldest] = byDevice.keys();
      if (oldest !== undefined) byDevice.delete(oldest);
    },
    of: (device) => byDevice.get(device) ?? [],
  };
}
