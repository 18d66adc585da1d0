/**
 * What has changed in the tables: inventory announces it, and react.ts hands it to the rooms that hear of it. A change
 * is handed on at once, in the middle of the step, as later parts of a reading rest on what follows from the earlier
 * ones.
 */
import type { BlockFacts } from '../../model/facts';
import type { MultipathMap } from '../../model/map';
import type { Path } from '../../model/path';
import type { MultipathTable } from '../../model/table';
import type { Seq } from '../../model/units';

export type Change =
  /**
   * A reading described the path; `before`: what was known until then. `doubted`: the kernel may not have looked at it.
   */
  | { kind: 'path-described'; path: Path; before: BlockFacts | null; doubted: boolean }
  /** Its WWID was decided upon by a reading asked for at input `asked`; `isNew`: nobody has checked it until now. */
  | { kind: 'path-identified'; path: Path; asked: Seq; isNew: boolean }
  /** A reading asked for at input `asked` said what the last one did. */
  | { kind: 'path-read-again'; path: Path; asked: Seq }
  /** No live table names it any more. */
  | { kind: 'path-left-map'; path: Path }
  /** dm shows it failed; `map`: in which it is. */
  | { kind: 'path-failed'; path: Path; map: MultipathMap | undefined }
  /** dm shows it active that was failed. */
  | { kind: 'path-revived'; path: Path }
  /** Of the SCSI device `address` (`H:C:T:L`); `path`: the one over it, if there is one. */
  | { kind: 'unit-attention'; attention: string; address: string; path: Path | undefined }
  /** An entry went by a look-up of its own, which counts with the resync that did not list it. */
  | { kind: 'looked-up-and-gone'; what: 'pathsRemoved' | 'mapsRemoved' }
  /** The map goes by the name `to` now; its facts still have the old one. */
  | { kind: 'map-renamed'; map: MultipathMap; to: string }
  /** It was removed and made again. */
  | { kind: 'map-remade'; map: MultipathMap }
  /** A reading brought its table; `before`: the one until then, known by input `knownBefore`. */
  | { kind: 'table-read'; map: MultipathMap; before: MultipathTable | null; knownBefore: Seq }
  /** It could not be read at first, and can now. */
  | { kind: 'map-readable'; map: MultipathMap }
  /** It is out of the table. */
  | { kind: 'map-gone'; map: MultipathMap }
  /** All disks and maps were listed for the first time. */
  | { kind: 'tables-complete' };
