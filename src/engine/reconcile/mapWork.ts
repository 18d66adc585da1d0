/** What is under way for a LUN that has no map yet, or why the next try of a write must wait. */
import type { MapOperation } from '../../model/map';
import type { Ms, Seq } from '../../model/units';

export type MapWork =
  /** Its alias is being looked up, or written, in the bindings file. */
  | { phase: 'binding'; id: number; since: Ms; attempts: number }
  /** It has its alias, and its paths are being read once more. */
  | { phase: 'named'; name: string; until: Ms; attempts: number }
  | { phase: 'creating'; id: number; asked: Seq; since: Ms; attempts: number; name: string }
  /** The last write failed; `retryAt` is engine time, ms. */
  | { phase: 'waiting'; write: MapOperation['kind']; attempts: number; retryAt: Ms; why: string };

/** Work that is running (and not merely waiting for its time). */
export function isRunning(work: MapWork | undefined): boolean {
  return work !== undefined && work.phase !== 'waiting';
}
