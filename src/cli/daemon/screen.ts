/** Prints the topology when it changes, for people who watch a simulated SAN. */
import { mapRows } from '../../ipc/rows';
import { topology } from '../../ipc/topology';
import type { Tables } from '../../model/tables';

/** The interval between two looks at the topology, ms. */
const LOOK_MS = 500;

/** Prints each map whose picture has changed, until the returned function is called. */
export function showTopology(tables: Tables, print: (text: string) => void): () => void {
  const shown = new Map<string, string>();
  const timer = setInterval(() => {
    const pictures = new Map(mapRows(tables).map((row) => [row.map.uuid, topology(tables, [row])]));
    const changed = [...pictures]
      .filter(([uuid, picture]) => shown.get(uuid) !== picture)
      .map(([, picture]) => picture);
    const gone = [...shown.keys()].filter((uuid) => !pictures.has(uuid)).map((uuid) => `${uuid}: gone\n`);
    if (changed.length + gone.length > 0) print(`\n${[...changed, ...gone].join('')}\n`);
    shown.clear();
    for (const [uuid, picture] of pictures) shown.set(uuid, picture);
  }, LOOK_MS);
  return () => clearInterval(timer);
}
