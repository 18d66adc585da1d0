/** The first reason why a path is in no map of its LUN, in the order in which the engine asks. */
import { describeFailure } from '../../../model/failure';
import { uuidOfWwid, type Wwid } from '../../../model/identity';
import type { MultipathMap } from '../../../model/map';
import type { Path } from '../../../model/path';
import type { PathReason } from '../../../model/pathReason';
import type { CoreContext } from '../../core/core';
import { hindranceOf } from '../../health/rules';
import { holdersOf } from '../../inventory/membership';
import type { InventoryContext } from '../../inventory/state';
import { decisionOn } from '../../reconcile/createMap';
import type { ReconcileContext } from '../../reconcile/state';
import type { Verdict } from './explanation';

const no = (verdict: string, remedy: string | null): Verdict => ({ multipathed: false, verdict, remedy });

/** In which map the path is, or the first reason why it is not in its map. */
export function verdictOnPath(ctx: ReconcileContext, path: Path): Verdict {
  const map = path.map === null ? undefined : ctx.store.maps.get(path.map);
  if (map !== undefined) return inMap(path, map);
  return unidentified(ctx, path) ?? keptOut(ctx, path) ?? withoutMap(ctx, path.wwid ?? '') ?? outsideOf(ctx, path);
}

function inMap(path: Path, map: MultipathMap): Verdict {
  const where = `${path.name} is a path of ${map.facts.name}`;
  if (map.wwid !== path.wwid)
    return {
      multipathed: true,
      verdict: `${where}, which is another LUN's map (${map.wwid})`,
      remedy: 'mpathd takes the path out when this is proved; see the log',
    };
  const doubt = path.live.otherWwid === null ? '' : `, but answers as ${path.live.otherWwid}: no I/O goes to it`;
  return { multipathed: true, verdict: where + doubt, remedy: null };
}

function unidentified(ctx: CoreContext, path: Path): Verdict | null {
  const { name } = path;
  if (path.facts === null && path.stale === null) return no(`${name} has been announced and is being read`, null);
  if (path.facts === null && path.stale !== null) {
    return no(
      `${name} cannot be read: ${describeFailure(path.stale.failure)}`,
      'it is read again every few seconds; `dmesg` may have more',
    );
  }
  switch (path.init) {
    case 'new':
    case 'udev-missing':
      return no(
        `${name}: ${path.reason?.text ?? "udev's record is awaited"}`,
        `after ${ctx.options.udevWaitMs / 1000} s mpathd identifies the disk by sysfs; is systemd-udevd running? (\`udevadm settle\`)`,
      );
    case 'failed':
      return no(
        `${name} has no WWID: ${path.reason?.text ?? ''}`,
        `\`udevadm info ${name}\` shows whether udev's rules gave it one, \`sg_inq -p 0x83 /dev/${name}\` what the device says`,
      );
    case 'excluded':
      return no(`${name} is excluded: ${path.reason?.text ?? ''}`, remedyOfExclusion(path.reason));
    case 'ok':
      return null;
  }
}

function remedyOfExclusion(reason: PathReason | null): string | null {
  switch (reason?.kind) {
    case 'blacklisted':
      return 'add an entry to blacklist_exceptions, or remove the rule; then `mpathctl reconfigure`';
    case 'usb':
      return 'allow_usb_devices yes in the defaults section lets USB disks in';
    case 'hidden':
      return 'nvme_core.multipath=N on the kernel command line gives the disk to mpathd';
    default:
      return null;
  }
}

/** Reasons that concern the path itself. */
function keptOut(ctx: InventoryContext, path: Path): Verdict | null {
  const { name } = path;
  const hindrance = hindranceOf(ctx, path);
  if (hindrance !== null) return no(hindrance.why, hindrance.remedy);
  if (path.leftOutByReload)
    return no(
      `${name} is held out of its map: ${path.reason?.text ?? ''}`,
      `\`multipathd add path ${name}\` or \`mpathctl reconfigure\` takes it in again`,
    );
  if (path.stale !== null)
    return no(
      `${name} cannot be read now: ${describeFailure(path.stale.failure)}`,
      'mpathd does not act on the old reading; it reads the disk again every few seconds',
    );
  const holder = path.facts?.holders.find((dm) => !isOurs(ctx, path, dm));
  return holder === undefined
    ? null
    : no(
        `${name} is held by ${holder}, which is no multipath map of its LUN`,
        `\`dmsetup info /dev/${holder}\` shows what that is; mpathd makes a map when ${holder} releases the disk`,
      );
}

function isOurs(ctx: InventoryContext, path: Path, holder: string): boolean {
  for (const uuid of holdersOf(ctx, path.devt)) {
    const devt = ctx.store.maps.get(uuid)?.facts.devt;
    if (devt !== undefined && holder === `dm-${devt.slice(devt.indexOf(':') + 1)}`) return true;
  }
  return false;
}

/** Why a LUN has no map; null if it has one. */
export function withoutMap(ctx: ReconcileContext, wwid: Wwid): Verdict | null {
  if (ctx.store.maps.has(uuidOfWwid(wwid))) return null;
  if (ctx.takenOutMaps.has(wwid))
    return no(
      `the map of ${wwid} was removed by an administrator or another program`,
      `\`multipathd add map ${wwid}\` or \`mpathctl reconfigure\` brings it back`,
    );
  const paths = [...ctx.store.pathsOfWwid(wwid)];
  const decision = decisionOn(ctx, wwid);
  if (!decision.multipath) return no(`${wwid} gets no map: ${decision.reason}`, remedyOfDecision(wwid));
  const other = paths.find(({ reason }) => reason?.kind === 'contradiction');
  if (other !== undefined)
    return no(
      `${other.name} is held out: ${other.reason?.text ?? ''}`,
      'correct what gives several LUNs one WWID: the rules of udev, or uid_attribute; then `mpathctl reconfigure`',
    );
  const misfit = paths.find(({ reason }) => reason?.kind === 'size');
  if (misfit !== undefined)
    return no(
      misfit.reason?.text ?? '',
      'rescan the disks that have not noticed the new size; if LUNs of two sizes really share this WWID, the array is set up wrongly',
    );
  const work = ctx.work.get(wwid);
  if (work?.phase === 'waiting')
    return no(
      `no map of ${wwid} could be made: ${work.why}`,
      'mpathd tries again; EBUSY: a path is mounted, or held by something else',
    );
  return no(
    `the map of ${wwid} is being made (${work?.phase ?? 'its paths are being read'})`,
    'it takes seconds; `mpathctl status` shows what is under way',
  );
}

function remedyOfDecision(wwid: Wwid): string {
  return `\`multipathd add map ${wwid}\` makes it once and adds it to the wwids file; find_multipaths on or off in the defaults section changes the rule`;
}

/** Why the path is not in the map of its LUN, which exists. */
function outsideOf(ctx: CoreContext, path: Path): Verdict {
  const map = ctx.store.maps.get(uuidOfWwid(path.wwid ?? ''));
  const name = map?.facts.name ?? 'its map';
  if (path.reason !== null)
    return no(`${path.name} is not in ${name}: ${path.reason.text}`, `\`mpathctl plan\` shows what would be done`);
  if (map?.stale != null)
    return no(
      `${name} cannot be read (${describeFailure(map.stale.failure)}), so that ${path.name} waits`,
      'it joins once the map can be read',
    );
  if (map?.operation != null)
    return no(
      `${path.name} waits for the ${map.operation.kind} of ${name} that is running`,
      '`mpathctl status` shows how old that is',
    );
  if (map?.lastFailure != null)
    return no(`${path.name} could not join ${name}: ${map.lastFailure}`, 'mpathd tries again');
  return no(`${path.name} is about to join ${name}`, null);
}
