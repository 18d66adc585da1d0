/** The daemon's messages to systemd. */
import type { ServiceManager } from '../../daemon/daemon';
import type { Addon } from '../../kernel/native';
import { createNotifier, watchdogMs } from '../../kernel/systemd';
import { describeFailure, type Failure } from '../../model/failure';

/** The number of feedings within the time that systemd allows (sd_watchdog_enabled(3) recommends half of the time). */
const FEEDINGS = 2;

/** A failed notification is logged once: then systemd is gone, or it will restart the daemon. */
export function createServiceManager(
  addon: Addon,
  env: NodeJS.ProcessEnv,
  pid: number,
  warn: (line: string) => void,
): ServiceManager {
  const notifier = createNotifier(addon, env);
  const allowed = watchdogMs(env, pid);
  let told = false;
  const tell = (failure: Failure | null): void => {
    if (failure === null || told) return;
    told = true;
    warn(describeFailure(failure));
  };
  return {
    ready: (status) => tell(notifier.ready(status)),
    status: (text) => tell(notifier.status(text)),
    stopping: () => tell(notifier.stopping()),
    feedWatchdog: () => tell(notifier.watchdog()),
    watchdogIntervalMs: allowed === null ? null : allowed / FEEDINGS,
  };
}
