/** The real kernel behind the ports. */
import { describeFailure, type Failure } from '../model/failure';
import { createBlockPort } from './blocks';
import { createClock } from './clock';
import { createDeviceMapper } from './deviceMapper';
import { withMeantNames } from './dmMangling';
import { writeFence } from './fence';
import { createFiles } from './files';
import type { Addon } from './native';
import type { KernelPorts } from './ports';
import { takeSnapshot } from './snapshot';
import { createUeventPort } from './uevents';
import { createSharedTexts } from './sharedTexts';
import type { WriteRecord } from './writesUnderWay';

export interface KernelOptions {
  addon: Addon;
  /** Receive buffer of each uevent socket, bytes; the kernel doubles what it grants. */
  bufferBytes: number;
  /** SCHED_RR priority of the thread that reads the kernel's uevents; 0: none. */
  realtimePriority: number;
  /** The largest number of events that may wait for JavaScript. */
  queueLimit: number;
  /** Warns the administrator of a fault that the engine does not need to know. */
  warn: (message: string) => void;
  record: Pick<WriteRecord, 'begun' | 'ended'>;
}

/** Makes the ports. A port opens nothing before it is started or asked. */
export function openKernel(options: KernelOptions): KernelPorts {
  const { bufferBytes, realtimePriority, queueLimit } = options;
  const addon = withMeantNames(options.addon);
  const clock = createClock();
  const sharedTexts = createSharedTexts();
  const fenceFiles = createFiles(addon, 'fence');
  let used: ReadonlySet<string> = new Set();
  const onFailure = (failure: Failure): void => options.warn(describeFailure(failure));
  return {
    kernelUevents: createUeventPort(addon, { source: 'kernel', bufferBytes, realtimePriority, queueLimit, onFailure }),
    // No event of udevd's is urgent, so its thread has no realtime priority.
    udevUevents: createUeventPort(addon, { source: 'udev', bufferBytes, realtimePriority: 0, queueLimit, onFailure }),
    deviceMapper: createDeviceMapper(addon, {
      onWarning: onFailure,
      record: options.record,
    }),
    blocks: createBlockPort({ addon, now: clock.now, used: () => used, sharedTexts }),
    snapshot: () => takeSnapshot(addon, used, sharedTexts),
    useProperties: (names) => {
      used = names;
    },
    fence: (uuid) => writeFence(uuid, undefined, fenceFiles),
    clock,
  };
}
