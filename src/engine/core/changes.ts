/**
 * The changes of the tables. Inventory announces a change, and react.ts hands it to the rooms that hear of it. This
 * happens at once, in the middle of the step, because later parts of a reading rest on the consequences of earlier
 * parts.
 */
import type { BlockFacts } from '../../model/facts';
import type { MultipathMap } from '../../model/map';
import type { Path } from '../../model/path';
import type { MultipathTable } from '../../model/table';
import type { Seq } from '../../model/units';

export type Change =
  /**
   * A reading described the path. `before`: the facts before this reading. `doubted`: the kernel may not have looked at
   * the disk lately.
   */
  | { kind: 'path-described'; path: Path; before: BlockFacts | null; doubted: boolean }
  /** A reading that was asked for at input `asked` decided the path's WWID. `isNew`: the path was never checked. */
  | { kind: 'path-identified'; path: Path; asked: Seq; isNew: boolean }
  /** A reading that was asked for at input `asked` gave the same facts as the last one. */
  | { kind: 'path-read-again'; path: Path; asked: Seq }
  /** No live table names the path any more. */
  | { kind: 'path-left-map'; path: Path }
  /** dm shows the path failed. `map`: the map that has the path. */
  | { kind: 'path-failed'; path: Path; map: MultipathMap | undefined }
  /** dm shows the path active after it was failed. */
  | { kind: 'path-revived'; path: Path }
  /** A unit attention of the SCSI device `address` (`H:C:T:L`). `path`: the path over this device, if there is one. */
  | { kind: 'unit-attention'; attention: string; address: string; path: Path | undefined }
  /** An entry was removed after a look-up of its own. It counts with the resync that did not list it. */
  | { kind: 'looked-up-and-gone'; what: 'pathsRemoved' | 'mapsRemoved' }
  /** The map has the name `to` now; its facts still have the old name. */
  | { kind: 'map-renamed'; map: MultipathMap; to: string }
  /** The map was removed and made again. */
  | { kind: 'map-remade'; map: MultipathMap }
  /** A reading brought the map's table. `before`: the table until then, known by input `knownBefore`. */
  | { kind: 'table-read'; map: MultipathMap; before: MultipathTable | null; knownBefore: Seq }
  /** The map could not be read at first, and can be read now. */
  | { kind: 'map-readable'; map: MultipathMap }
  /** The map has left the table. */
  | { kind: 'map-gone'; map: MultipathMap }
  /** All disks and maps were listed for the first time. */
  | { kind: 'tables-complete' };
