/** Prints the topology when it changes, for people who watch a simulated SAN. */
import { mapRow, type MapRow, type PathRow } from '../../ipc/rows';
import { topology } from '../../ipc/topology';
import { printable } from '../../model/printable';
import type { Tables } from '../../model/tables';

/** The interval between two looks at the topology, ms. */
const LOOK_MS = 500;

/** At most so many maps are drawn at one look. The next look draws further ones. */
const MOST_DRAWN = 50;

/** All that the picture of a map shows, in a form that is made quickly: the tables are changed in place. */
function signOf({ map, groups }: MapRow): string {
  const { facts, operation, wwid, table } = map;
  const members = groups.map(({ selector, state, paths }) => [selector, state, paths.map(signOfPath)]);
  const size = facts.targets.map(({ lengthSectors }) => lengthSectors);
  const own = [facts.name, wwid, facts.devt, facts.readOnly, operation?.kind, table?.features, table?.handler, size];
  return JSON.stringify([own, members]);
}

function signOfPath({ path, devt, dmState }: PathRow): unknown[] {
  if (path === null) return [devt, dmState];
  const { name, check, priority, facts } = path;
  const { hcil, state, vendor, model } = facts ?? {};
  return [devt, dmState, name, check.state, priority, hcil, state, vendor, model];
}

/** Prints each map whose picture has changed, until the returned function is called. */
export function showTopology(tables: Tables, print: (text: string) => void): () => void {
  const shown = new Map<string, string>();
  const look = (): void => {
    const changed: MapRow[] = [];
    for (const [uuid, map] of tables.maps) {
      if (changed.length >= MOST_DRAWN) break;
      const row = mapRow(tables, map);
      const sign = signOf(row);
      if (shown.get(uuid) === sign) continue;
      shown.set(uuid, sign);
      changed.push(row);
    }
    const gone = [...shown.keys()].filter((uuid) => !tables.maps.has(uuid));
    for (const uuid of gone) shown.delete(uuid);
    if (changed.length + gone.length === 0) return;
    print(`\n${topology(tables, changed)}${gone.map((uuid) => `${printable(uuid)}: gone\n`).join('')}\n`);
  };
  const timer = setInterval(look, LOOK_MS);
  return () => clearInterval(timer);
}
