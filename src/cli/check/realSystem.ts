/** This machine, for the check of a disk. No function here waits for an answer of a disk. */
import { createFailedWwids } from '../../daemon/failedWwids';
import type { ConfigurationSource } from '../../daemon/configurationSource';
import { parseWwids } from '../../config/wwids';
import { listens } from '../../ipc/client';
import { isClaimable } from '../../kernel/blockNode';
import { readBounded } from '../../kernel/boundedFile';
import { userOfDisk } from '../../kernel/diskUse';
import { findDevice } from '../../kernel/findDevice';
import { diskNames } from '../../kernel/listDisks';
import { holdingMap, mapExists } from '../../kernel/mapPresence';
import type { Addon } from '../../kernel/native';
import { read } from '../../kernel/nativeFailure';
import { readDisks } from '../../kernel/readDisks';
import { createWaitTimers } from '../../kernel/waitTimers';
import type { Failure } from '../../model/failure';
import type { CheckSystem } from './system';

/** The file with the LUNs that have been multipathed. */
export const WWIDS_FILE = '/etc/multipath/wwids';
/**
 * The daemon has the same limit (src/kernel/stateFiles.ts). Unlike the daemon, the check does not wait for the file's
 * lock.
 */
const WWIDS_LIMIT = 1024 * 1024;

const NATIVE_NVME = '/sys/module/nvme_core/parameters/multipath';

const NO_NAME: Failure = { code: 'MALFORMED', operation: 'sysfs', device: 'disk', errno: null };

/** `daemon`: the addresses on which a daemon would listen, and the uids that may be one. */
export function realCheckSystem(
  addon: Addon,
  configuration: ConfigurationSource,
  daemon: { addresses: readonly string[]; trusted: readonly number[] },
): CheckSystem {
  const failed = createFailedWwids();
  const timers = createWaitTimers();
  return {
    configuration: async () => (await configuration.load()).reading,
    nativeNvme: async () => {
      const parameter = await readBounded(NATIVE_NVME, 16);
      return parameter.ok && parameter.value.startsWith('Y');
    },
    find: (device) => findDevice(addon, device),
    heldBy: (name) => holdingMap(addon, name),
    daemonRuns: () => listens({ ...daemon, native: () => addon }),
    facts: async (name, properties) => {
      const [disk] = await readDisks(addon, [name], properties);
      return disk?.reading ?? { ok: false, failure: NO_NAME };
    },
    allFacts: async (properties) => {
      const names = await diskNames(addon);
      if (!names.ok) return names;
      const disks = await readDisks(addon, names.value, properties);
      return read(disks.flatMap(({ reading }) => (reading.ok ? [reading.value] : [])));
    },
    isFailed: (wwid) => failed.isMarked(wwid),
    usedBy: (name) => userOfDisk(addon, name),
    listed: async () => {
      const text = await readBounded(WWIDS_FILE, WWIDS_LIMIT);
      if (text.ok) return read(parseWwids(text.value).wwids);
      return text.failure.errno === 'ENOENT' ? read([]) : text;
    },
    mapExists: (wwid) => mapExists(addon, wwid),
    isClaimable: (disk) => isClaimable(disk),
    wait: (disk) => timers.look(disk),
    waitFor: (disk, seconds) => timers.begin(disk, seconds),
  };
}
