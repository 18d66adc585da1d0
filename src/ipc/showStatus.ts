/** The lists that are no tables: `show status`, `show wildcards`. */
import { MAP_WILDCARDS } from './mapWildcards';
import { PATH_WILDCARDS } from './pathWildcards';
import { listedPaths } from './rows';
import type { CheckState } from '../model/path';
import type { Tables } from '../model/tables';

/** multipath-tools' states in its order. A state that mpathd does not have is never counted. */
const STATES: readonly CheckState[] = ['unchecked', 'down', 'up', 'ghost', 'pending', 'timeout', 'removed'];

/**
 * True if something that was noticed has not been handled yet. oVirt takes two `busy: False` in a row as the sign that
 * new disks are in their maps.
 */
function isBusy(tables: Tables): boolean {
  const { phase, pending } = tables.truth;
  return (
    phase === 'starting' ||
    phase === 'resyncing' ||
    pending > 0 ||
    [...tables.maps.values()].some((map) => map.operation !== null) ||
    [...tables.paths.values()].some((path) => path.init === 'new' && path.stale === null)
  );
}

/** The number of listed paths in each checker state. */
export function countStates(tables: Tables): Map<CheckState, number> {
  const counts = new Map<CheckState, number>();
  for (const { path } of listedPaths(tables)) {
    if (path !== null) counts.set(path.check.state, (counts.get(path.check.state) ?? 0) + 1);
  }
  return counts;
}

/** `paths:` is the number of paths that a checker tests. */
export function showStatus(tables: Tables): string {
  const counts = countStates(tables);
  const lines = STATES.filter((state) => counts.has(state)).map(
    (state) => `${state.padEnd(20)}${counts.get(state) ?? 0}\n`,
  );
  const watched = listedPaths(tables).filter(({ path }) => path?.check.lastAt !== null).length;
  const busy = isBusy(tables) ? 'True' : 'False';
  return `path checker states:\n${lines.join('')}\npaths: ${watched}\nbusy: ${busy}\n`;
}

function wildcardList(wildcards: ReadonlyArray<{ letter: string; header: string }>): string {
  return wildcards.map(({ letter, header }) => `%${letter}  ${header}\n`).join('');
}

/** `show wildcards`. */
export function showWildcards(): string {
  return `multipath format wildcards:\n${wildcardList(MAP_WILDCARDS)}\npath format wildcards:\n${wildcardList(PATH_WILDCARDS)}`;
}
