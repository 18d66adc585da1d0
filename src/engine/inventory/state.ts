/** What the tables need beside the entries themselves. */
import type { DevT, PathKey, Wwid } from '../../model/identity';
import type { Ms, Seq } from '../../model/units';
import type { SettingsContext } from '../settings/state';

export interface InventoryState {
  /**
   * Unit attentions, with their input numbers, of SCSI devices (in sysfs) whose disks are not known yet, only being
   * read.
   */
  readonly attentions: Map<string, Seq>;
  /** Which maps' live tables name a device number, by UUID. */
  readonly holders: Map<DevT, Set<string>>;
  /** Device numbers in live tables whose disks are known to be gone. */
  readonly absentDevts: Set<DevT>;
  /** Device numbers in tables that were asked about since the table was read. */
  readonly lookedUp: Set<DevT>;
  /**
   * Paths and maps that an administrator (or another tool) removed: not taken up again by themselves. Paths with the
   * engine time, ms, at which the disk was last shown to be there.
   */
  readonly takenOutPaths: Map<PathKey, Ms>;
  /** The names of dismissed paths, by which an administrator asks for them back. */
  readonly takenOutNames: Map<string, PathKey>;
  readonly takenOutMaps: Set<Wwid>;
  /**
   * Maps asked for by name, with the input number of the question, until a later look or the making answers it: made
   * even with a single path.
   */
  readonly wantedMaps: Map<Wwid, Seq>;
  /** Paths that the configuration has not judged yet since it came into force. */
  readonly pathsToJudge: Set<PathKey>;
  /** Maps that could not be read at start: their names are looked at when they can. */
  readonly mapsToName: Set<string>;
}

export type InventoryContext = SettingsContext & InventoryState;

/** Nothing was read yet. */
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
