import type { Path } from '../model/path';

/** Which of a LUN's paths fit a map, by size. Paths of another size would put data elsewhere. */
export interface SizeVerdict {
  fitting: Path[];
  refused: Path[];
  /** Set when all agree on another size than the map's: the LUN was resized. */
  resizedTo: number | null;
}

const sizeOf = (path: Path): number => path.facts?.sizeSectors ?? 0;

/**
 * `mapSectors` null: there is no map yet. A LUN that grew shows its new size on one path after
 * the other: those that differ wait until the others follow, and then all stay.
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
  // All differ, from the map and from each other (or shrank): whichever are in the table stay there.
  return {
    fitting: paths.filter((path) => path.map !== null),
    refused: paths.filter((path) => path.map === null),
    resizedTo: null,
  };
}
