/** The parts below the daemon on a real machine: its kernel, and the state files. */
import type { LogLevel } from '../../engine/protocol';
import { existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createBindingsStore } from '../../daemon/bindingsStore';
import { createConfigurationFiles, USUAL_PATHS, type ConfigurationPaths } from '../../daemon/configurationFiles';
import { createFailedWwids } from '../../daemon/failedWwids';
import type { DaemonLog } from '../../daemon/logger';
import { createTransportWatcher } from '../../daemon/transportWatcher';
import { createUdevNotices } from '../../daemon/udevNotices';
import { createWwidsStore } from '../../daemon/wwidsStore';
import { checkDeviceMapper } from '../../kernel/checkDeviceMapper';
import { openKernel } from '../../kernel';
import { errnoOf } from '../../kernel/errors';
import type { FileAccess } from '../../kernel/fileAccess';
import { type Addon, loadAddon } from '../../kernel/native';
import { createStateFile } from '../../kernel/stateFiles';
import { createUdevWord } from '../../kernel/udevWord';
import { openWriteRecord, WRITES_FILE } from '../../kernel/writesUnderWay';
import type { DaemonArguments } from './options';
import type { Base } from './base';

/**
 * Each event takes about 1 KiB of locked memory. More events at once set the resync flag, and such a storm needs a
 * resync.
 */
const QUEUE_LIMIT = 8_192;
/** The file is beside the daemon's own bundle. */
const TRANSPORT_PROGRAM = 'mpathd-transport.js';

/** Opens the ports; if this is not possible, throws an MpathdError that says what to do. */
export async function realBase(args: DaemonArguments, log: DaemonLog, access: FileAccess): Promise<Base> {
  const addon = loadAddon();
  await checkDeviceMapper(addon);
  const warn = (message: string): void => log.log('warning', message, null);
  const tell = (level: LogLevel, message: string): void => log.log(level, message, null);
  const record = openWriteRecord(WRITES_FILE, warn);
  const kernel = openKernel({
    addon,
    record,
    bufferBytes: Math.round(args.receiveBufferMiB * (1 << 20)),
    realtimePriority: args.realtimePriority,
    queueLimit: QUEUE_LIMIT,
    warn,
  });
  warnOfForeignNamespace(warn);
  destroyLeftCookies(addon, log);
  return {
    kernel,
    bindings: createBindingsStore(createStateFile(addon, args.bindings, { access, log: tell })),
    configuration: createConfigurationFiles(configurationPaths(args), access),
    wwids: createWwidsStore(createStateFile(addon, args.wwids, { access, log: tell })),
    onCreation: createUdevNotices(
      createFailedWwids(undefined, undefined, access.files),
      createUdevWord(undefined, access.files),
      access.deadlines,
    ),
    udevPresent: existsSync('/run/udev/control'),
    nativeNvme: isNvmeMultipathed(),
    hints: args.transportHints
      ? createTransportWatcher(
          {
            program: join(__dirname, TRANSPORT_PROGRAM),
            noNewPrivileges: addon.noNewPrivileges,
            files: access.files,
          },
          (level, message) => log.log(level, message, null),
        )
      : null,
    interrupted: record.interrupted,
    protect: () => {
      record.adopted();
      protect(args, log);
    },
    dispose: record.close,
  };
}

/** The caller holds the lock of the pid file, so no other daemon lives. */
function destroyLeftCookies(addon: Addon, log: DaemonLog): void {
  const left = addon.dmDestroyLeftCookies();
  if (left > 0) log.log('notice', `${left} udev cookies of a killed daemon were destroyed (SysV semaphores)`, null);
}

/** The kernel sends hardware's uevents only to network namespaces of the initial user namespace. */
function warnOfForeignNamespace(warn: (message: string) => void): void {
  try {
    if (readlinkSync('/proc/self/ns/net') === readlinkSync('/proc/1/ns/net')) return;
    warn(
      "this is not the network namespace of PID 1: uevents may never come here. Run mpathd in the host's (no PrivateNetwork=)",
    );
  } catch (error) {
    // To look at the namespaces of another process needs CAP_SYS_PTRACE, which the unit of mpathd does not give
    // (proc(5)).
    if (errnoOf(error) === 'EACCES') return;
    warn(`the network namespace cannot be compared with PID 1's: ${String(error)}`);
  }
}

/** A main file that the user named must exist. */
function configurationPaths({ config, configDirectory }: DaemonArguments): ConfigurationPaths {
  return {
    main: config ?? USUAL_PATHS.main,
    folder: configDirectory ?? USUAL_PATHS.folder,
    mainMayBeAbsent: config === null,
  };
}

/** Reads a parameter of the module. If the module is not loaded, there is no NVMe either. */
function isNvmeMultipathed(): boolean {
  try {
    return readFileSync('/sys/module/nvme_core/parameters/multipath', 'latin1').startsWith('Y');
  } catch (error) {
    if (errnoOf(error) === null) throw error;
    return false;
  }
}

/** Called after the start. When memory is short, the kernel must neither kill the daemon nor page out its memory. */
function protect(args: DaemonArguments, log: DaemonLog): void {
  try {
    // The unit does this by OOMScoreAdjust=. If the daemon was started by hand, it is done here.
    writeFileSync('/proc/self/oom_score_adj', '-1000');
  } catch (error) {
    log.log('warning', `the OOM score cannot be lowered: ${String(error)}`, null);
  }
  if (!args.lockMemory) return;
  void loadAddon()
    .lockFileMappings()
    .then(({ lockedBytes, failures }) =>
      log.log(
        failures > 0 ? 'warning' : 'info',
        `${Math.round(lockedBytes / (1 << 20))} MiB of code locked into memory, ${failures} mappings could not be`,
        null,
      ),
    )
    .catch((error: unknown) => log.log('warning', `code cannot be locked into memory: ${String(error)}`, null));
}
