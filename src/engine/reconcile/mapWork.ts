/** The work under way for a LUN that has no map yet, or the reason why the next try of a write must wait. */
import type { MapOperation } from '../../model/map';
import type { Ms, Seq } from '../../model/units';

export type MapWork =
  /** The bindings file is asked for the LUN's alias, or the alias is written there. */
  | { phase: 'binding'; id: number; since: Ms; attempts: number }
  /** The LUN has its alias, and its paths are being read once more. */
  | { phase: 'named'; name: string; until: Ms; attempts: number }
  | { phase: 'creating'; id: number; asked: Seq; since: Ms; attempts: number; name: string }
  /** The last write failed; `retryAt` is engine time, ms. */
  | { phase: 'waiting'; write: MapOperation['kind']; attempts: number; retryAt: Ms; why: string };

/** True for work that is under way, and not only waits for its time. */
export function isRunning(work: MapWork | undefined): boolean {
  return work !== undefined && work.phase !== 'waiting';
}
