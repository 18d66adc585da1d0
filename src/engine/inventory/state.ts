/** State of the inventory beside the entries of the tables. */
import type { DevT, PathKey, Wwid } from '../../model/identity';
import type { Ms, Seq } from '../../model/units';
import type { SettingsContext } from '../settings/state';

/** Engine time, ms, and number of the input that showed a disk. */
export interface LastSeen {
  at: Ms;
  seq: Seq;
}

export interface InventoryState {
  /** Unit attentions of SCSI devices (by sysfs directory) whose disks are only being read, with their input numbers. */
  readonly attentions: Map<string, Seq>;
  /** For each device number the UUIDs of the maps whose live tables name it. */
  readonly holders: Map<DevT, Set<string>>;
  /** Device numbers in live tables whose disks are known to be gone. */
  readonly absentDevts: Set<DevT>;
  /** Device numbers in tables that the engine has asked about since it read the table. */
  readonly lookedUp: Set<DevT>;
  /**
   * Paths and maps that an administrator or another tool removed. The engine does not take them up again by itself. For
   * a path: when the disk was last seen.
   */
  readonly takenOutPaths: Map<PathKey, LastSeen>;
  /** The names of dismissed paths. By such a name an administrator asks for the path again. */
  readonly takenOutNames: Map<string, PathKey>;
  readonly takenOutMaps: Set<Wwid>;
  /**
   * Maps that somebody asked for by name, with the input number of the command, until a later reading or the making of
   * the map answers it. Such a map is made even with a single path.
   */
  readonly wantedMaps: Map<Wwid, Seq>;
  /** Paths that the configuration in force has not judged yet. */
  readonly pathsToJudge: Set<PathKey>;
  /** Maps that could not be read at the start. Their names are decided as soon as they can be read. */
  readonly mapsToName: Set<string>;
}

export type InventoryContext = SettingsContext & InventoryState;

/** The state before any reading. */
export function createInventory(): InventoryState {
  return {
    attentions: new Map(),
    holders: new Map(),
    absentDevts: new Set(),
    lookedUp: new Set(),
    takenOutPaths: new Map(),
    takenOutNames: new Map(),
    takenOutMaps: new Set(),
    wantedMaps: new Map(),
    pathsToJudge: new Set(),
    mapsToName: new Set(),
  };
}
