/**
 * The daemon's files, which may answer late or not at all. The daemon's own bound on a file operation is part of the
 * stores (a failure with the code TIMED_OUT), so a late file shows that failure first and acts afterwards.
 */
import type { BindingsStore } from '../../../src/daemon/bindingsStore';
import type { ConfigurationSource } from '../../../src/daemon/configurationSource';
import type { WwidsStore } from '../../../src/daemon/wwidsStore';
import type { Failure, Reading } from '../../../src/model/failure';
import type { Scheduler } from '../../../src/simulator/scheduler';

export const FILES = ['bindings', 'wwids', 'configuration'] as const;
export type FileName = (typeof FILES)[number];

/** How long a file takes for an operation, ms; null: until {@link SlowFiles.release}. */
export type Slowness = number | null;

export interface SlowFiles {
  bindings: BindingsStore;
  wwids: WwidsStore;
  configuration: ConfigurationSource;
  slow(file: FileName, ms: Slowness): void;
  /** Every file answers at once again, and all operations that hang go on. */
  release(): void;
  /** The daemon that asked has died: its readings count no more. */
  forget(): void;
  /** True if some file answers slowly or not at all. */
  readonly areSlow: boolean;
}

export interface Stores {
  bindings: BindingsStore;
  wwids: WwidsStore;
  configuration: ConfigurationSource;
}

/** After this time, ms, the daemon gives up an operation on a file that answers too late. */
const DEADLINE_MS = 10_000;

const timedOut = (file: FileName): { ok: false; failure: Failure } => ({
  ok: false,
  failure: { code: 'TIMED_OUT', operation: 'read', device: `${file} file`, errno: null, detail: 'no answer' },
});

/** `onReading`: called with the number of readings of the configuration that are under way. */
export function createSlowFiles(stores: Stores, scheduler: Scheduler, onReading: (count: number) => void): SlowFiles {
  const slowness = new Map<FileName, Slowness>();
  let hung: Array<() => void> = [];
  let readings = 0;
  let daemons = 0;

  const through = <T>(file: FileName, call: () => Promise<T>, late: () => T): Promise<T> => {
    const ms = slowness.get(file);
    const mine = daemons;
    return new Promise((answer) => {
      // No answer reaches a daemon that has died.
      const resolve = (value: T): void => {
        if (mine === daemons) answer(value);
      };
      const act = (): void => void call().then(resolve);
      if (ms === undefined) return act();
      if (ms === null) return void hung.push(act);
      scheduler.after(ms, act);
      if (ms > DEADLINE_MS) scheduler.after(DEADLINE_MS, () => resolve(late()));
    });
  };
  const reading = <T>(file: FileName, call: () => Promise<Reading<T>>): Promise<Reading<T>> =>
    through<Reading<T>>(file, call, () => timedOut(file));

  const { bindings, wwids, configuration } = stores;
  return {
    bindings: {
      read: (configured) => reading('bindings', () => bindings.read(configured)),
      bind: (order) => reading('bindings', () => bindings.bind(order)),
    },
    wwids: {
      read: () => reading('wwids', () => wwids.read()),
      add: (wwid) => reading('wwids', () => wwids.add(wwid)),
      remove: (wwid) => reading('wwids', () => wwids.remove(wwid)),
      replace: (all) => reading('wwids', () => wwids.replace(all)),
    },
    configuration: {
      load: async (main) => {
        const mine = daemons;
        readings += 1;
        onReading(readings);
        const loaded = await through(
          'configuration',
          () => configuration.load(main),
          () => ({ reading: timedOut('configuration'), notes: [] }),
        );
        if (mine === daemons) readings -= 1;
        return loaded;
      },
    },
    slow: (file, ms) => void slowness.set(file, ms),
    release: () => {
      slowness.clear();
      const released = hung;
      hung = [];
      for (const act of released) act();
    },
    forget: () => {
      daemons += 1;
      readings = 0;
    },
    get areSlow() {
      return slowness.size > 0;
    },
  };
}
