/** The port for disks over the addon: sysfs, the udev database, SCSI commands and reads. */
import { createChecker } from './checkPath';
import type { CheckAddon } from './checkPath';
import type { BlockPort } from './ports';
import { readDisks } from './readDisks';
import type { SysfsAddon } from './readDisks';
import { failed } from './nativeFailure';

export interface BlockPortOptions {
  addon: SysfsAddon & CheckAddon;
  /** Milliseconds, monotonic. */
  now: () => number;
}

export function createBlockPort(options: BlockPortOptions): BlockPort {
  return {
    read: async (name) => {
      const [result] = await readDisks(options.addon, [name]);
      return result?.reading ?? failed({ code: 'MALFORMED', operation: 'sysfs', device: name, errno: null });
    },
    check: createChecker(options),
  };
}
