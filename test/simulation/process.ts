/**
 * The daemon's process in the view of the kernel: after its death no answer reaches it, and it asks for nothing more.
 */
import type { KernelPorts, UeventPort } from '../../src/kernel/ports';

export interface Process {
  ports: KernelPorts;
  die(): void;
}

/** The maps, by UUID, with the number of their writes that no daemon has seen the end of: the file below /run. */
export type WriteRecord = Map<string, number>;

/** So many writes of the map have ended, or are put right. */
export function settle(record: WriteRecord, uuid: string, writes: number): void {
  const left = (record.get(uuid) ?? 0) - writes;
  if (left > 0) record.set(uuid, left);
  else record.delete(uuid);
}

export function processOn(ports: KernelPorts, record: WriteRecord): Process {
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
  const write = <A extends unknown[], T>(
    uuidOf: (first: A[0]) => string,
    order: (...args: A) => Promise<T>,
  ): ((...args: A) => Promise<T>) => {
    const asked = ask(order);
    return async (...args) => {
      const uuid = uuidOf(args[0]);
      if (!dead) record.set(uuid, (record.get(uuid) ?? 0) + 1);
      const answer = await asked(...args);
      settle(record, uuid, 1);
      return answer;
    };
  };
  const ofRequest = ({ uuid }: { uuid: string }): string => uuid;
  const ofFirst = (uuid: string): string => uuid;
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
        create: write(ofRequest, dm.create),
        reload: write(ofRequest, dm.reload),
        rename: write(ofFirst, dm.rename),
        remove: write(ofFirst, dm.remove),
        message: write(ofFirst, dm.message),
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
