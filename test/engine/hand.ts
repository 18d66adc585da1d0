import { createEngine, type Engine } from '../../src/engine/engine';
import type { Effect, InputBody } from '../../src/engine/protocol';
import type { KernelSnapshot } from '../../src/model/facts';
import type { Reading } from '../../src/model/failure';
import type { Uevent } from '../../src/model/uevent';

/** A kernel with neither maps nor disks. */
export const NOTHING: KernelSnapshot = { dm: { ok: true, value: [] }, maps: [], blocks: { ok: true, value: [] } };
/** An engine whose questions the test answers itself. */
export class Hand {
  readonly engine: Engine = createEngine();
  /** Effects that the test has not taken yet. */
  out: Effect[] = [];

  feed(body: InputBody): void {
    this.out.push(...this.engine.step({ ...body, at: 1_000 }));
  }

  take<T extends Effect['type']>(type: T): Extract<Effect, { type: T }> {
    const at = this.out.findIndex((effect) => effect.type === type);
    const [effect] = at < 0 ? [] : this.out.splice(at, 1);
    if (effect === undefined) throw new Error(`no ${type} is out`);
    return effect as Extract<Effect, { type: T }>;
  }

  drained(): void {
    const { token } = this.take('drain');
    this.feed({
      type: 'uevents',
      source: 'kernel',
      batch: { events: [], losses: [], refused: 0, drained: [{ token, drops: 0 }] },
    });
  }

  event(event: Partial<Uevent> & Pick<Uevent, 'action' | 'name'>): void {
    const full: Uevent = {
      source: 'kernel',
      devpath: `/devices/virtual/block/${event.name}`,
      subsystem: 'block',
      devtype: 'disk',
      devt: null,
      diskseq: null,
      seqnum: 1,
      synthUuid: null,
      env: {},
      ...event,
    };
    this.feed({ type: 'uevents', source: 'kernel', batch: { events: [full], losses: [], refused: 0, drained: [] } });
  }

  /** Plays the resync up to its snapshot, calls `between`, and lets the engine apply the snapshot. */
  resync(snapshot: KernelSnapshot, between: () => void = () => undefined): void {
    this.drained();
    const { uuid } = this.take('fence');
    this.feed({ type: 'fence-written', uuid, reading: failed('fence', 'EROFS') });
    const { asked } = this.take('snapshot');
    between();
    this.feed({ type: 'snapshot', asked, purpose: 'resync', snapshot });
    this.drained();
  }
}

/** A reading that the kernel refused. */
export function failed<T>(operation: string, errno: string): Reading<T> {
  return { ok: false, failure: { code: 'KERNEL_ERROR', operation, device: 'x', errno } };
}
