/** `add path`, `del path`. */
import { isDevT, isDiskName, uuidOfWwid, type DevT } from '../../model/identity';
import { devicePart, findPath } from '../../model/lookup';
import type { Seq } from '../../model/units';
import { type CoreContext, log } from '../core/core';
import { blockPending, requestBlock } from '../core/questions';
import { recheckWwid } from '../health/lunIdentity';
import { holdersOf } from '../inventory/membership';
import { forgetPath } from '../inventory/paths';
import type { InventoryContext } from '../inventory/state';
import { letInAs, noteTakenOut } from '../inventory/takenOut';
import type { AdminResult } from '../protocol';
import type { ReconcileContext } from '../reconcile/state';
import { type Answer, type Conditions, type Handlers, notFound, OK, PATIENCE_MS } from './answer';

/** Comes true when the path was read after input `asked` and has found its place. */
interface PathAdded {
  until: 'path-added';
  what: string;
  asked: Seq;
}

/** Comes true when the map's live table does not name the disk any more. `uuid` null: no map named it. */
interface DiskReleased {
  until: 'disk-released';
  what: string;
  devt: DevT;
  uuid: string | null;
}

export type PathCondition = PathAdded | DiskReleased;

export const PATH_COMMANDS = {
  'add-path': (ctx, { path }) => addPath(ctx, path),
  'del-path': (ctx, { path }) => delPath(ctx, path),
} satisfies Partial<Handlers<ReconcileContext, PathCondition>>;

export const PATH_CONDITIONS = {
  'path-added': { patienceMs: PATIENCE_MS, outcome: pathAdded },
  'disk-released': { patienceMs: PATIENCE_MS, outcome: diskReleased },
} satisfies Conditions<ReconcileContext, PathCondition>;

function addPath(ctx: ReconcileContext, what: string): Answer<PathAdded> {
  const asked = ctx.seq;
  letInAs(ctx, what);
  const known = findPath(ctx.store, what);
  if (known !== undefined) {
    known.leftOutByReload = false;
    recheckWwid(ctx, known);
    if (known.wwid !== null) ctx.takenOutMaps.delete(known.wwid);
  }
  const name = known?.name ?? devicePart(what);
  // A text that can be no disk's name does not go to the kernel, which would refuse it each time.
  if (!isDiskName(name) && !isDevT(name)) return notFound(what);
  requestBlock(ctx, name);
  return { until: 'path-added', what, asked };
}

function pathAdded(ctx: CoreContext, { what, asked }: PathAdded): AdminResult | null {
  const path = findPath(ctx.store, what);
  if (path === undefined) return blockPending(ctx, devicePart(what)) ? null : notFound(what);
  if (path.known < asked) return null;
  if (path.init === 'excluded') return { outcome: 'text', text: 'blacklisted\n' };
  if (path.init === 'failed')
    return { outcome: 'fail', reason: 'other', message: `${path.name}: ${path.reason?.text}` };
  if (path.init !== 'ok') return null;
  return path.map !== null || !ctx.store.maps.has(uuidOfWwid(path.wwid ?? '')) ? OK : null;
}

function delPath(ctx: InventoryContext, what: string): Answer<DiskReleased> {
  const path = findPath(ctx.store, what);
  if (path === undefined) return notFound(what);
  const { devt, map: uuid } = path;
  log(ctx, 'notice', 'removed by the administrator: `add path` or a new add uevent brings it back', path.name);
  noteTakenOut(ctx, path);
  forgetPath(ctx, path);
  return { until: 'disk-released', what, devt, uuid };
}

function diskReleased(ctx: InventoryContext, { what, devt, uuid }: DiskReleased): AdminResult | null {
  if (uuid === null || !holdersOf(ctx, devt).has(uuid)) return OK;
  const failure = ctx.store.maps.get(uuid)?.lastFailure ?? null;
  return failure === null ? null : { outcome: 'fail', reason: 'other', message: `${what}: ${failure}` };
}
