/** The transport watcher (docs/transport-hints.md): hints from a child process, on real timers. */
import type { LogLevel } from '../../engine/protocol';
import { launchChild, type LaunchOptions } from './launch';
import { createSupervisor, type HintSource } from './supervisor';

export type { HintSource } from './supervisor';

/** Hints from the program that {@link LaunchOptions} names. */
export function createTransportWatcher(
  options: LaunchOptions,
  log: (level: LogLevel, message: string) => void,
): HintSource {
  return createSupervisor({
    launch: () => launchChild(options),
    after: (ms, callback) => {
      const timer = setTimeout(callback, ms);
      timer.unref();
      return () => clearTimeout(timer);
    },
    now: () => performance.now(),
    log,
  });
}
