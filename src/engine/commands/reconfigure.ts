/**
 * `reconfigure`: mpathd reads all files anew, gives every map the name that they give, takes in again what was taken
 * out on purpose, and resyncs (multipathd(8), "reconfigure"). The files are read once at a time: all that ask for it
 * meanwhile get one more reading.
 */
import type { Binding } from '../../config/bindings';
import type { Configuration } from '../../config/configuration';
import { describeFailure, type Reading } from '../../model/failure';
import type { Wwid } from '../../model/identity';
import { log, markForReconcile } from '../core/core';
import { useChecker } from '../health/checks';
import { groupAnew } from '../health/failbackState';
import { updatePriority } from '../health/priorities';
import type { Input } from '../protocol';
import { nameAll, noteBindings } from '../reconcile/naming';
import type { ReconcileContext } from '../reconcile/state';
import { useConfiguration } from '../settings/configuration';
import type { SettingsContext } from '../settings/state';
import type { Answer, Handlers } from './answer';
import { type ResyncCondition, resyncNow } from './resync';

/** A `reconfigure` without an answer. `reading`: the files are being read for it. */
interface Reconfigure {
  request: number;
  all: boolean;
  reading: boolean;
}

/** In the order of the commands. */
export interface ReconfigureState {
  readonly reconfigures: Reconfigure[];
}

type ReconfigureContext = ReconcileContext & ReconfigureState;

export const RECONFIGURE_COMMANDS = {
  reconfigure: (ctx, { all = false }, request) => {
    ctx.reconfigures.push({ request, all, reading: false });
    readForAll(ctx);
    return 'later';
  },
} satisfies Partial<Handlers<ReconfigureContext, never>>;

/** Reads the files for all that wait, unless a reading is under way that began before they asked. */
function readForAll(ctx: ReconfigureContext): void {
  const [first] = ctx.reconfigures;
  if (first === undefined || first.reading) return;
  for (const one of ctx.reconfigures) one.reading = true;
  const all = ctx.reconfigures.some((one) => one.all);
  ctx.effects.push({ type: 'read-configuration', request: first.request, all });
}

/** Returns the requests that the reading was for, and begins the next reading. */
export function endReading(ctx: ReconfigureContext): number[] {
  const ended = ctx.reconfigures.filter(({ reading }) => reading).map(({ request }) => request);
  ctx.reconfigures.splice(0, ended.length);
  readForAll(ctx);
  return ended;
}

type ConfigurationFiles = Extract<Input, { type: 'configuration-read' }>;

/** The files of a `reconfigure` were read. */
export function onConfigurationRead(ctx: ReconcileContext, files: ConfigurationFiles): Answer<ResyncCondition> {
  const { configuration } = files;
  if (!configuration.ok) {
    const message = `${describeFailure(configuration.failure)}; the running configuration stays`;
    log(ctx, 'error', `not reconfigured: ${message}`);
    return { outcome: 'fail', reason: 'other', message };
  }
  applyConfiguration(ctx, { ...files, configuration: configuration.value });
  if (files.all) for (const uuid of ctx.store.maps.keys()) ctx.reloadAnyway.add(uuid);
  return resyncNow(ctx);
}

/** Replaces the bindings. A file that cannot be read changes nothing. */
function takeBindings(ctx: ReconcileContext, reading: Reading<Binding[]>): void {
  if (!reading.ok) {
    const { device, errno, code } = reading.failure;
    log(
      ctx,
      'error',
      `${device}: ${errno ?? code}: the aliases cannot be read; maps keep their names, and new maps get their WWID as name`,
    );
    return;
  }
  noteBindings(ctx, reading.value);
}

/** Replaces the WWIDs of the wwids file. A file that cannot be read changes nothing. */
function takeWwids(ctx: ReconcileContext, reading: Reading<Wwid[]>): void {
  if (!reading.ok) {
    log(
      ctx,
      'error',
      `${describeFailure(reading.failure)}: the wwids file was not read; a LUN that only this file allows may get no map`,
    );
    return;
  }
  ctx.wwids.clear();
  for (const wwid of reading.value) ctx.wwids.add(wwid);
}

/** The contents of all files. */
export interface Files {
  configuration: Configuration;
  bindings: Reading<Binding[]>;
  wwids: Reading<Wwid[]>;
}

export function takeFiles(ctx: ReconcileContext, { configuration, bindings, wwids }: Files): void {
  useConfiguration(ctx, configuration);
  ctx.configuredAt = ctx.seq;
  ctx.effects.push({ type: 'configured' });
  takeBindings(ctx, bindings);
  takeWwids(ctx, wwids);
}

/** Before the first resync there is no map to name. */
function applyConfiguration(ctx: ReconcileContext, files: Files): void {
  takeFiles(ctx, files);
  judgeAnew(ctx);
  readmitAll(ctx);
  if (ctx.store.truth.phase !== 'starting') nameAll(ctx);
}

/**
 * Takes in again the paths and maps that an administrator or another tool removed, and does not follow foreign tables
 * any more. The resync finds the disks.
 */
function readmitAll(ctx: ReconcileContext): void {
  ctx.takenOutMaps.clear();
  ctx.takenOutNames.clear();
  ctx.takenOutPaths.clear();
  ctx.reloadedByOthers.clear();
  // What was refused may be right by the new configuration: nothing waits for its next try.
  for (const [wwid, work] of ctx.work) if (work.phase === 'waiting') ctx.work.delete(wwid);
  for (const path of ctx.store.paths.values()) {
    ctx.pathsToJudge.add(path.key);
    path.leftOutByReload = false;
    markForReconcile(ctx, path.wwid);
  }
  for (const map of ctx.store.maps.values()) {
    groupAnew(map);
    markForReconcile(ctx, map.wwid);
  }
}

/** Sets checkers and priorities by the new configuration. */
function judgeAnew(ctx: SettingsContext): void {
  for (const path of ctx.store.paths.values()) {
    useChecker(ctx, path);
    updatePriority(ctx, path, ctx.seq);
  }
}
