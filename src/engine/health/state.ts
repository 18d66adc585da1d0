/** What is known of the transports, beyond what each path has of its own health. */
import type { Path } from '../../model/path';
import type { SettingsContext } from '../settings/state';

/** Which paths a pass looks at. */
export type HintScope = 'network' | 'fc';

export interface HintState {
  /** What was said since the last pass: the first few in words, and how many in all. */
  readonly said: Record<HintScope, { words: string[]; count: number }>;
  /** FC hosts to look at in the next pass. */
  readonly hosts: Set<number>;
  allHosts: boolean;
  /** Engine time, ms, before which no other pass begins. */
  readonly notBefore: Record<HintScope, number>;
  /** Input number of the newest pass over a path: a check begun earlier says nothing about what came after it. */
  readonly asked: WeakMap<Path, number>;
}

export interface HealthState {
  readonly hints: HintState;
}

export type HealthContext = SettingsContext & HealthState;

/** No hint has come. */
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
