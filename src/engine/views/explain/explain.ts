/**
 * `explain`: why a device is multipathed, or not, and what would change that. It uses only what the engine knows
 * already.
 */
import { uuidOfWwid, type Wwid } from '../../../model/identity';
import { findMap, findPath } from '../../../model/lookup';
import type { MultipathMap } from '../../../model/map';
import type { Path } from '../../../model/path';
import type { CoreContext } from '../../core/core';
import type { InventoryContext } from '../../inventory/state';
import { findWwid } from '../../reconcile/naming';
import type { ReconcileContext } from '../../reconcile/state';
import type { Explanation, Verdict } from './explanation';
import { lunSections } from './mapSections';
import { pathSections } from './pathSections';
import { settingsSection } from './settingsSection';
import { verdictOnPath, withoutMap } from './verdict';

/** `what`: a path (kernel name or dev_t), a map (alias, dm-N) or a WWID; null: the engine knows nothing of it. */
export function explain(ctx: ReconcileContext, what: string): Explanation | null {
  const path = findPath(ctx.store, what);
  if (path !== undefined) return explainPath(ctx, path);
  const map = findMap(ctx.store, what);
  if (map !== undefined) return explainLun(ctx, map.wwid, map.facts.name);
  const wwid = findWwid(ctx, what);
  if (wwid !== null) return explainLun(ctx, wwid, what);
  return dismissed(ctx, what);
}

function explainPath(ctx: ReconcileContext, path: Path): Explanation {
  const lun = path.wwid === null ? [] : lunSections(ctx, path.wwid);
  return {
    subject: { kind: 'path', name: path.name, wwid: path.wwid },
    ...verdictOnPath(ctx, path),
    map: path.map === null ? null : (ctx.store.maps.get(path.map)?.facts.name ?? null),
    sections: [...pathSections(ctx, path), ...lun, ...settingsSection(ctx, path.wwid, path)],
  };
}

function explainLun(ctx: ReconcileContext, wwid: Wwid, name: string): Explanation {
  const map = ctx.store.maps.get(uuidOfWwid(wwid));
  return {
    subject: { kind: map === undefined ? 'lun' : 'map', name, wwid },
    ...(map === undefined ? (withoutMap(ctx, wwid) ?? NOTHING_KNOWN) : verdictOnMap(ctx, map)),
    map: map?.facts.name ?? null,
    sections: [...lunSections(ctx, wwid), ...settingsSection(ctx, wwid, firstPath(ctx, wwid))],
  };
}

const NOTHING_KNOWN: Verdict = { multipathed: false, verdict: 'no path of it is known', remedy: null };

function verdictOnMap(ctx: CoreContext, map: MultipathMap): Verdict {
  const inside = [...ctx.store.paths.values()].filter((path) => path.map === map.uuid).length;
  const outside = [...ctx.store.pathsOfWwid(map.wwid)].filter((path) => path.map !== map.uuid);
  const verdict = `${map.facts.name} is the map of ${map.wwid}, with ${inside} paths`;
  const [first] = outside;
  if (first === undefined) return { multipathed: true, verdict, remedy: null };
  return {
    multipathed: true,
    verdict: `${verdict}; ${outside.map(({ name }) => name).join(', ')} not in it`,
    remedy: `\`mpathctl explain ${first.name}\` says why`,
  };
}

function firstPath(ctx: CoreContext, wwid: Wwid): Path | null {
  for (const path of ctx.store.pathsOfWwid(wwid)) if (path.facts !== null) return path;
  return null;
}

/** A path that an administrator took out is in no table, but its name is kept. */
function dismissed(ctx: InventoryContext, what: string): Explanation | null {
  if (!ctx.takenOutNames.has(what)) return null;
  return {
    subject: { kind: 'path', name: what, wwid: null },
    multipathed: false,
    verdict: `${what} was taken out by an administrator (\`del path\`)`,
    remedy: `\`multipathd add path ${what}\` or \`mpathctl reconfigure\` takes it in again`,
    map: null,
    sections: [],
  };
}
