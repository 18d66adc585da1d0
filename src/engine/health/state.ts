/** The state of the transports. Each path has the state of its own health. */
import type { Path } from '../../model/path';
import type { SettingsContext } from '../settings/state';

/** The transports whose paths a pass looks at. */
export type HintScope = 'network' | 'fc';

export interface HintState {
  /** Hints since the last pass: the first few in words, and the number of all. */
  readonly said: Record<HintScope, { words: string[]; count: number }>;
  /** FC hosts that the next pass looks at. */
  readonly hosts: Set<number>;
  allHosts: boolean;
  /** Engine time, ms, before which no other pass begins. */
  readonly notBefore: Record<HintScope, number>;
  /** Input number of the newest pass over a path. A check that began earlier may not show what led to that pass. */
  readonly asked: WeakMap<Path, number>;
}

export interface HealthState {
  readonly hints: HintState;
}

export type HealthContext = SettingsContext & HealthState;

/** The state before any hint. */
export function createHealth(): HealthState {
  return {
    hints: {
      said: { network: { words: [], count: 0 }, fc: { words: [], count: 0 } },
      hosts: new Set(),
      allHosts: false,
      notBefore: { network: 0, fc: 0 },
      asked: new WeakMap(),
    },
  };
}
