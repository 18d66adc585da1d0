/** The topology on the screen whenever it has changed: for people who watch a simulated SAN. */
import { mapRows } from '../../ipc/rows';
import { topology } from '../../ipc/topology';
import type { Tables } from '../../model/tables';

/** How often it is looked at, ms. */
const LOOK_MS = 500;

/** Prints until the returned function is called. */
export function showTopology(tables: Tables, print: (text: string) => void): () => void {
  let shown = '';
  const timer = setInterval(() => {
    const text = topology(tables, mapRows(tables));
    if (text === shown) return;
    shown = text;
    print(`\n${text || 'no maps\n'}\n`);
  }, LOOK_MS);
  return () => clearInterval(timer);
}
