/**
 * What readings and timers are about. A key begins with its kind, so that a name that somebody chose (a disk's, or
 * what an administrator typed) is never taken for a key of another kind; a kind that is misspelt does not compile.
 */
import type { DevT, PathKey } from '../../model/identity';
import type { DiskQuestion } from '../../policy/diskQuestions';

/** How a map is asked for. */
export type MapAddress = { uuid: string } | { devt: DevT };

/** A disk by its kernel name, or by its dev_t where only a table's number is known. */
export type BlockKey = `block ${string}`;
/** A map by its UUID, or by its dev_t. */
export type MapKey = `map ${string}` | `dm ${string}`;

/** Of what one reading at most is under way. */
export type QuestionKey = BlockKey | MapKey | 'list' | `${DiskQuestion | 'rescan'} ${PathKey}`;

/** Purposes of timers that are about one thing, by its name. */
export type SubjectPurpose =
  | 'check'
  | 'udev'
  | 'block'
  | 'map'
  | 'dm'
  | 'miss'
  | 'record'
  | 'work'
  | 'queue'
  | 'failback'
  | 'hint'
  | 'luns';

/** Purposes of timers of which there is one. `waiters` only wakes the engine, which then looks at all that wait. */
export type LonePurpose =
  | 'list'
  | 'resync'
  | 'resync-stuck'
  | 'fence'
  | 'heartbeat'
  | 'look'
  | 'look-verdict'
  | 'audit'
  | 'refused'
  | 'ready'
  | 'waiters';

/** A timer: what is due, and of what. */
export type TimerKey = LonePurpose | `${SubjectPurpose} ${string}`;

export const blockKey = (name: string): BlockKey => `block ${name}`;

export const mapKey = (by: MapAddress): MapKey => ('uuid' in by ? `map ${by.uuid}` : `dm ${by.devt}`);
