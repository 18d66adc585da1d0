/** The transport watcher (docs/transport-hints.md): hints from a child process, on real timers. */
import type { LogLevel } from '../../engine/protocol';
import { type Files, nodeFiles } from '../../kernel/files';
import { launchChild } from './launch';
import { createSupervisor, type HintSource } from './supervisor';

export type { HintSource } from './supervisor';

/** `program`: the path of the child's bundle. */
export function createTransportWatcher(
  program: string,
  log: (level: LogLevel, message: string) => void,
  files: Files = nodeFiles,
): HintSource {
  return createSupervisor({
    launch: () => launchChild(program, files),
    after: (ms, callback) => {
      const timer = setTimeout(callback, ms);
      timer.unref();
      return () => clearTimeout(timer);
    },
    now: () => performance.now(),
    log,
  });
}
