/**
 * Keys of readings and timers. A key begins with its kind. So a name that somebody chose (of a disk, or typed by an
 * administrator) is never taken for a key of another kind, and a misspelt kind does not compile.
 */
import type { DevT, PathKey } from '../../model/identity';
import type { DiskQuestion } from '../../policy/diskQuestions';

/** The address of a map in a question. */
export type MapAddress = { uuid: string } | { devt: DevT };

/** A disk by its kernel name, or by its dev_t if only the number in a table is known. */
export type BlockKey = `block ${string}`;
/** A map by its UUID, or by its dev_t. */
export type MapKey = `map ${string}` | `dm ${string}`;

/** Questions of which at most one each is under way. */
export type QuestionKey = BlockKey | MapKey | 'list' | `${DiskQuestion | 'rescan'} ${PathKey}`;

/** Purposes of timers that concern one subject, with its name. */
export type SubjectPurpose =
  | 'check'
  | 'udev'
  | 'block'
  | 'map'
  | 'dm'
  | 'miss'
  | 'record'
  | 'work'
  | 'wish'
  | 'queue'
  | 'failback'
  | 'hint'
  | 'luns';

/** Purposes of single timers. `waiters` only wakes the engine, which then looks at all waiters. */
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

/** A timer: its purpose, and its subject if it has one. */
export type TimerKey = LonePurpose | `${SubjectPurpose} ${string}`;

export const blockKey = (name: string): BlockKey => `block ${name}`;

export const mapKey = (by: MapAddress): MapKey => ('uuid' in by ? `map ${by.uuid}` : `dm ${by.devt}`);
