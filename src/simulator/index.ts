/** A simulated kernel behind the daemon's ports. */
import type { KernelPorts } from '../kernel/ports';
import { createAdmin, type Admin } from './admin';
import { perform, type Latency } from './answer';
import { createBlocks } from './blocks';
import { createDeviceMapper } from './deviceMapper';
import { KernelRefusal } from './dmIoctl';
import { fenceEvent } from './eventText';
import { createFaults, type Faults } from './faults';
import { emit, type Kernel } from './kernel';
import { createListener, type Listener, type ListenerOptions } from './listener';
import { createRandom } from './random';
import { createClock, type Scheduler } from './scheduler';
import { takeSnapshot } from './snapshot';
import { readTruth, type Truth } from './truth';
import { createUdev, type Udev, type UdevOptions } from './udev';
import { createWorld, type World } from './world';

export interface SimulatorOptions {
  scheduler: Scheduler;
  seed?: number;
  latency?: Partial<Latency>;
  /** Options of both uevent ports. */
  listener?: Partial<ListenerOptions>;
  /** null: a machine without udev. */
  udev?: Partial<UdevOptions> | null;
}

export interface Simulator {
  ports: KernelPorts;
  admin: Admin;
  faults: Faults;
  /** null on a machine without udev. */
  udev: Udev | null;
  /** The readers behind the ports; tests can pause and resume them. */
  kernelListener: Listener;
  udevListener: Listener | null;
  scheduler: Scheduler;
  world: Readonly<World>;
  truth(): Truth;
  /** Ends the deliveries of the ports. */
  stop(): void;
  /** SIGKILL to the daemon: like {@link stop}; each of its requests may be done, half done or never begun. */
  crash(): void;
}

const MIB = 1 << 20;
const LISTENER: ListenerOptions = { bufferBytes: 128 * MIB, readDelayMs: 0, readLimit: 10_000, messageBytes: 8192 };
const UDEV: UdevOptions = { delayMs: 20, bufferBytes: 128 * MIB };
const LATENCY: Latency = { operationMs: 1, answerMs: 0 };

/** Documentation/ABI/testing/sysfs-uevent. */
const UUID = /^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/;

function writeFence(kernel: Kernel, uuid: string): null {
  if (!UUID.test(uuid)) throw new KernelRefusal('write', '/sys/module/dm_mod/uevent', 'EINVAL');
  emit(kernel, fenceEvent(uuid));
  return null;
}

/** A machine without disks and maps, with udev running. */
export function createSimulator(options: SimulatorOptions): Simulator {
  const { scheduler } = options;
  const random = createRandom(options.seed ?? 1);
  const latency = { ...LATENCY, ...options.latency };
  const listening = { ...LISTENER, ...options.listener };
  const kernel: Kernel = {
    world: createWorld(),
    scheduler,
    random,
    faults: createFaults(random),
    sockets: new Set(),
    dmEventListeners: new Set(),
    overtaken: null,
    incarnation: 0,
  };
  const udev = options.udev === null ? null : createUdev(kernel, { ...UDEV, ...options.udev });
  const kernelListener = createListener(kernel.sockets, scheduler, listening);
  const udevListener = udev === null ? null : createListener(udev.listeners, scheduler, listening);
  const ports: KernelPorts = {
    kernelUevents: kernelListener.port,
    udevUevents: udevListener?.port ?? null,
    deviceMapper: createDeviceMapper(kernel, latency),
    blocks: createBlocks(kernel, latency),
    snapshot: () => takeSnapshot(kernel, latency),
    // The records here have only the values of the simulated rules.
    useProperties: () => undefined,
    fence: (uuid) =>
      perform(kernel, latency, { operation: 'fence', call: 'write', device: 'uevent' }, () => writeFence(kernel, uuid)),
    clock: createClock(scheduler),
  };
  const stop = (): void => {
    ports.kernelUevents.stop();
    ports.udevUevents?.stop();
    ports.deviceMapper.stop();
    ports.clock.stop();
  };
  return {
    ports,
    admin: createAdmin(kernel),
    faults: kernel.faults,
    udev,
    kernelListener,
    udevListener,
    scheduler,
    world: kernel.world,
    truth: () => readTruth(kernel.world),
    stop,
    crash: () => {
      stop();
      kernel.incarnation += 1;
    },
  };
}
