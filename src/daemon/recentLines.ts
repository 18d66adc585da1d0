/** The last log lines about each device, for `explain`. They are bounded, and only in memory. */
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
/** The number of devices that are remembered. The device whose last line is oldest is forgotten first. */
const MAX_DEVICES = 4_096;

/** In log lines a path that is gone has its number after its name: `sda [8:0]`. */
const nameOf = (device: string): string => device.split(' ', 1)[0] ?? device;

/**
 * A text that shares no memory with the texts it was made of. V8 keeps a line as a tree of its parts, and a part of a
 * table's text keeps the whole text.
 */
const ownCopy = (text: string): string => JSON.parse(JSON.stringify(text)) as string;

/** `now`: milliseconds since the epoch. */
export function createRecentLines(now: () => number): RecentLines {
  const byDevice = new Map<string, RecentLine[]>();
  return {
    note: (level, message, device) => {
      if (device === null || level === 'debug') return;
      const name = nameOf(device);
      const lines = byDevice.get(name) ?? [];
      byDevice.delete(name);
      const line = { at: now(), level, message: ownCopy(message) };
      byDevice.set(ownCopy(name), [...lines.slice(1 - LINES_PER_DEVICE), line]);
      if (byDevice.size <= MAX_DEVICES) return;
      const [oldest] = byDevice.keys();
      if (oldest !== undefined) byDevice.delete(oldest);
    },
    of: (device) => byDevice.get(device) ?? [],
  };
}
