/**
 * Maps that a daemon or a tool left in the middle of a write when it died. Such a map has no table: I/O to it fails,
 * and its UUID keeps everybody from making another map. Or a table is loaded and not live: the next resume by anyone
 * would make it live, however old it is. Or the map is suspended: the kernel refused the table at the swap, and the
 * writer died before it took this back; all I/O waits.
 */
import { type MultipathMap, WRITER_IS_DEAD } from '../../model/map';
import { withRetry } from '../../policy/queueing';
import { formatTable } from '../../policy/table';
import { settingsOfMap } from '../settings/mapSettings';
import type { SettingsContext } from '../settings/state';
import { creators, isUnwanted } from './createMap';
import { isJustRead } from './freshness';
import type { ReconcileContext } from './state';
import { orderOf, tableFor, type TablePlan } from './wantedTable';
import { heldBack, reload, type Step } from './writes';

/** A living writer takes a few ms from its first call to its last one. For so long, ms, mpathd disturbs nobody. */
const PATIENCE_MS = 5_000;

/** The next step for a map that was left in the middle of a write. */
export function completeMap(ctx: ReconcileContext, map: MultipathMap): Step {
  const since = map.halfMadeSince;
  if (since === null) return null;
  if (since !== WRITER_IS_DEAD && ctx.store.now < since + PATIENCE_MS) {
    ctx.timers.setSooner(`map ${map.uuid}`, since + PATIENCE_MS);
    return null;
  }
  if (heldBack(ctx, map.wwid) === 'reload') return null;
  return map.table === null ? giveTable(ctx, map) : dropLoaded(ctx, map);
}

function giveTable(ctx: ReconcileContext, map: MultipathMap): Step {
  const paths = creators(ctx, map.wwid);
  if (paths === null) return isUnwanted(ctx, map) ? takeBack(ctx, map) : null;
  return isJustRead(ctx, map)
    ? reload(orderOf(tableFor(paths, planFor(ctx, map))), 'the map was left without a table')
    : 'wait';
}

/**
 * A map without a table that nobody may get: its LUN has no path, too few, or paths of different sizes. A table that is
 * only loaded holds its disks all the same, and one of them may belong to another LUN by now.
 */
function takeBack(ctx: ReconcileContext, map: MultipathMap): Step {
  if (map.facts.openCount > 0) {
    // No event says that a map was closed.
    ctx.timers.setSooner(`map ${map.uuid}`, ctx.store.now + ctx.polling.intervalMs);
    return null;
  }
  const reason = 'the map was left without a table, and its LUN may get no map';
  return isJustRead(ctx, map) ? { write: { kind: 'remove', reason } } : 'wait';
}

function planFor(ctx: SettingsContext, map: MultipathMap): TablePlan {
  const settings = settingsOfMap(ctx, map);
  return {
    settings,
    queueing: withRetry(map.queueing, settings.configured.no_path_retry.value),
    present: null,
    unknown: [],
  };
}

/** Loads the live table in place of the loaded one, and ends a suspension. Paths join and leave later. */
function dropLoaded(ctx: ReconcileContext, map: MultipathMap): Step {
  if (map.table === null) return null;
  const udev = {
    skipKpartx: settingsOfMap(ctx, map).configured.skip_kpartx.value,
    noPath: map.table.groups.length === 0,
  };
  const order = {
    params: formatTable(map.table),
    sizeSectors: map.facts.targets[0]?.lengthSectors ?? 0,
    readOnly: map.facts.readOnly,
    resume: map.halfMadeSince === WRITER_IS_DEAD,
    udev,
  };
  const reason = map.facts.hasInactiveTable ? 'an inactive table was left loaded' : 'a dead daemon left it suspended';
  return isJustRead(ctx, map) ? reload(order, reason) : 'wait';
}
