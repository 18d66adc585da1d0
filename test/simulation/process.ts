/**
 * The daemon's process in the view of the kernel: after its death no answer reaches it, and it asks for nothing more.
 */
import type { KernelPorts, UeventPort } from '../../src/kernel/ports';

export interface Process {
  ports: KernelPorts;
  die(): void;
}

export function processOn(ports: KernelPorts): Process {
  let dead = false;
  const alive =
    <A extends unknown[]>(call: (...args: A) => void) =>
    (...args: A): void => {
      if (!dead) call(...args);
    };
  const ask =
    <A extends unknown[], T>(question: (...args: A) => Promise<T>) =>
    (...args: A): Promise<T> =>
      new Promise((resolve, reject) => {
        if (!dead) void question(...args).then(alive(resolve), reject);
      });
  const uevents = (port: UeventPort): UeventPort => ({
    start: alive((onBatch) => port.start(alive(onBatch))),
    drain: alive(port.drain),
    info: port.info,
    stop: alive(port.stop),
  });
  const { deviceMapper: dm, blocks, clock } = ports;
  return {
    ports: {
      kernelUevents: uevents(ports.kernelUevents),
      udevUevents: ports.udevUevents === null ? null : uevents(ports.udevUevents),
      deviceMapper: {
        list: ask(dm.list),
        read: ask(dm.read),
        readByDevt: ask(dm.readByDevt),
        create: ask(dm.create),
        reload: ask(dm.reload),
        rename: ask(dm.rename),
        remove: ask(dm.remove),
        message: ask(dm.message),
        startEvents: alive((onEvent) => dm.startEvents(alive(onEvent))),
        stop: alive(dm.stop),
      },
      blocks: {
        read: ask(blocks.read),
        list: ask(blocks.list),
        check: ask(blocks.check),
        scsi: ask(blocks.scsi),
        rescan: ask(blocks.rescan),
      },
      snapshot: ask(ports.snapshot),
      useProperties: alive(ports.useProperties),
      fence: ask(ports.fence),
      clock: {
        now: clock.now,
        wakeAt: alive((at, callback) => clock.wakeAt(at, alive(callback))),
        stop: alive(clock.stop),
      },
    },
    die: () => {
      dead = true;
    },
  };
}
