import type { Path } from '../model/path';

/** The division of a LUN's paths by size: a path of another size than the map's would put data elsewhere. */
export interface SizeVerdict {
  fitting: Path[];
  refused: Path[];
  /** Set if all paths agree on another size than the map's: the LUN was resized. */
  resizedTo: number | null;
}

const sizeOf = (path: Path): number => path.facts?.sizeSectors ?? 0;

/**
 * `mapSectors` null: there is no map yet. If a LUN grew, the kernel notices the new size on one path after the other.
 * Paths with the new size wait until the others follow, and then all paths stay.
 */
export function fitSizes(paths: readonly Path[], mapSectors: number | null): SizeVerdict {
  const sizes = new Set(paths.map(sizeOf));
  if (mapSectors === null) {
    return sizes.size <= 1
      ? { fitting: [...paths], refused: [], resizedTo: null }
      : { fitting: [], refused: [...paths], resizedTo: null };
  }
  const fitting = paths.filter((path) => sizeOf(path) === mapSectors);
  if (fitting.length > 0 || paths.length === 0) {
    return { fitting, refused: paths.filter((path) => sizeOf(path) !== mapSectors), resizedTo: null };
  }
  const [only] = sizes;
  if (sizes.size === 1 && only !== undefined && only > mapSectors) {
    return { fitting: [...paths], refused: [], resizedTo: only };
  }
  // All paths differ from the map, and from each other (or the LUN shrank): the paths in the map's table stay there.
  return {
    fitting: paths.filter((path) => path.map !== null),
    refused: paths.filter((path) => path.map === null),
    resizedTo: null,
  };
}
