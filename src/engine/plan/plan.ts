/**
 * What a reconfigure would do, map by map. Nothing is done: a copy of the engine gets the configuration and works on a
 * kernel in memory (dryKernel.ts). The same code decides as in a real reconfigure. So the plan is what a reconfigure
 * does, if the kernel is as the tables say.
 */
import type { MapFacts } from '../../model/facts';
import { describeFailure, type Reading } from '../../model/failure';
import { type Wwid, wwidOfUuid } from '../../model/identity';
import type { Ms } from '../../model/units';
import { type Checkpoint, restoreContext } from '../checkpoint';
import type { Files } from '../commands/reconfigure';
import type { Context } from '../context';
import { type Engine, engineOf } from '../engine';
import type { Effect, InputBody } from '../protocol';
import { createDryFiles } from './dryFiles';
import { type Answering, type CompleteSnapshot, createDryKernel, type DryKernel, type DryWrite } from './dryKernel';

/** One write to device-mapper, with its reason for the log. */
export type PlannedStep =
  | { step: 'create'; alias: string; reason: string }
  | { step: 'reload'; reason: string }
  | { step: 'rename'; to: string; reason: string }
  | { step: 'remove'; reason: string }
  | { step: 'message'; message: string; reason: string };

/** A map in device-mapper. */
export interface MapState {
  alias: string;
  /** 512-byte sectors. */
  sizeSectors: number;
  readOnly: boolean;
  /** Parameters of the multipath target. `before`: as the kernel prints them; `after`: as they would be loaded. */
  table: string;
}

/** The part of one map in a plan. */
export interface PlannedMap {
  wwid: Wwid;
  /**
   * The sum of the steps. `unknown`: the map cannot be read, or a write to it has no answer yet, so the plan cannot
   * tell.
   */
  action: 'create' | 'reload' | 'rename' | 'remove' | 'change' | 'nothing' | 'unknown';
  /** null: there is no map (yet). */
  before: MapState | null;
  /** null: there would be no map. */
  after: MapState | null;
  /** The steps in the order in which they would be done. */
  steps: PlannedStep[];
  /** Why the action is `unknown`; null for any other action. */
  trouble: string | null;
}

export interface Plan {
  maps: PlannedMap[];
  /** False if the work did not end within its bounds, so that there may be more to do. */
  complete: boolean;
}

/**
 * Bounds of the inputs of a plan: so many for each disk and map, and at least so many in all. A plan that goes on is
 * cut off there.
 */
const INPUTS_PER_DEVICE = 60;
const INPUTS_AT_LEAST = 1_000;

const WRITES: ReadonlySet<string> = new Set<DryWrite['type']>([
  'create-map',
  'reload-map',
  'rename-map',
  'remove-map',
  'message-map',
]);

/** The steps of each map, by UUID. */
type Steps = Map<string, PlannedStep[]>;

/** The basis of a plan. */
export interface PlanBasis {
  /** The checkpoint of the running engine, after its first resync. */
  checkpoint: Checkpoint;
  /** A snapshot that was taken for this plan. */
  snapshot: CompleteSnapshot;
  /** The files that a reconfigure would read. */
  files: Files;
}

/** Works out the plan. It does not change the running engine, either. */
export function planReconfigure({ checkpoint, snapshot, files }: PlanBasis): Plan {
  const ctx = restoreContext(checkpoint);
  const kernel = createDryKernel(snapshot);
  const inputs = openIdentities(ctx).flatMap((effect) => kernel.answer(effect));
  inputs.push({ type: 'command', request: 0, command: { kind: 'reconfigure' } });
  forgetQuestions(ctx);
  const { steps, complete } = drive(
    engineOf(ctx),
    [kernel, createDryFiles(files)],
    inputs,
    checkpoint.now,
    mostInputs(snapshot),
  );
  return { maps: rows(checkpoint, snapshot, kernel, steps), complete };
}

/**
 * Questions under way that ask disks for their identity. A plan should not depend on this moment, so the kernel in
 * memory answers them. It does not answer for a disk whose last answer was another LUN, or that did not answer.
 */
function openIdentities(ctx: Context): Effect[] {
  return [...ctx.store.paths.values()].flatMap(({ key, name, devt, diskseq, live }): Effect[] => {
    if (live.otherWwid !== null || live.unanswered) return [];
    const asked = (['identity', 'serial number'] as const).filter((question) => ctx.reads.has(`${question} ${key}`));
    return asked.map((question) => ({
      type: 'ask-disk',
      question,
      asked: ctx.seq,
      path: key,
      name,
      devt,
      diskseq,
      timeoutMs: 0,
    }));
  });
}

/**
 * Forgets the questions to the real kernel, which the kernel in memory does not answer. A reconfigure reads everything
 * anew.
 */
function forgetQuestions(ctx: Context): void {
  ctx.reads.clear();
  ctx.waiters.length = 0;
  ctx.audits.length = 0;
  ctx.reconfigures.length = 0;
  ctx.naming.clear();
  ctx.resync.phase = 'idle';
  ctx.resync.pending = null;
  ctx.resync.fence = null;
  ctx.resync.fenceDrain = null;
  ctx.resync.audits = 0;
  ctx.gaps.asked = null;
  for (const [wwid, work] of ctx.work) if (work.phase === 'binding') ctx.work.delete(wwid);
}

function mostInputs({ dm, blocks }: CompleteSnapshot): number {
  return INPUTS_AT_LEAST + INPUTS_PER_DEVICE * (blocks.value.length + dm.value.length);
}

/** Gives the engine inputs until nothing is left to answer. No time passes meanwhile. */
function drive(
  engine: Engine,
  world: readonly Answering[],
  inputs: readonly InputBody[],
  now: Ms,
  most: number,
): { steps: Steps; complete: boolean } {
  const steps: Steps = new Map();
  const queue = [...inputs];
  for (const input of queue) {
    if (queue.length > most) return { steps, complete: false };
    for (const effect of engine.step({ ...input, at: now })) {
      if (isWrite(effect))
        steps.set(effect.uuid, [...(steps.get(effect.uuid) ?? []), stepOf(effect, reasonOf(engine, effect))]);
      for (const part of world) queue.push(...part.answer(effect));
    }
  }
  return { steps, complete: true };
}

function isWrite(effect: Effect): effect is DryWrite {
  return WRITES.has(effect.type);
}

/** The engine notes the reason of a write in the map's entry. A map that is to be made has no entry yet. */
function reasonOf({ tables }: Engine, write: DryWrite): string {
  const operation = tables.maps.get(write.uuid)?.operation;
  if (operation?.id === write.id) return operation.reason;
  const paths = [...tables.pathsOfWwid(wwidOfUuid(write.uuid) ?? '')].filter(({ map }) => map === null);
  return `${paths.length} paths, and no map`;
}

function rows(
  { maps: entries }: Checkpoint,
  { maps: readings }: CompleteSnapshot,
  kernel: DryKernel,
  steps: Steps,
): PlannedMap[] {
  const before = new Map(readings.map(({ uuid, reading }) => [uuid, reading]));
  const busy = new Map(
    entries.flatMap(({ uuid, operation }) => (operation === null ? [] : [[uuid, operation.kind] as const])),
  );
  const uuids = new Set([...before.keys(), ...kernel.maps.keys()]);
  return Array.from(uuids, (uuid): PlannedMap => {
    const reading = before.get(uuid);
    const after = kernel.maps.get(uuid);
    const done = steps.get(uuid) ?? [];
    const trouble = troubleOf(reading, busy.get(uuid));
    return {
      wwid: wwidOfUuid(uuid) ?? uuid,
      action: trouble !== null && done.length === 0 ? 'unknown' : actionOf(done),
      before: reading?.ok === true ? stateOf(reading.value) : null,
      after: after === undefined ? null : stateOf(after),
      steps: done,
      trouble,
    };
  }).sort(byAlias);
}

function troubleOf(reading: Reading<MapFacts> | undefined, busy: string | undefined): string | null {
  if (reading?.ok === false) return `it cannot be read (${describeFailure(reading.failure)})`;
  return busy === undefined ? null : `busy with ${busy}`;
}

/** A rename together with other steps is a `change`. */
function actionOf(steps: readonly PlannedStep[]): PlannedMap['action'] {
  const kinds = new Set(steps.map(({ step }) => step));
  for (const last of ['create', 'remove'] as const) if (kinds.has(last)) return last;
  const [only] = kinds;
  if (only === undefined) return 'nothing';
  return kinds.size > 1 || only === 'message' ? 'change' : only;
}

function stateOf({ name, targets: [target], readOnly }: MapFacts): MapState {
  return { alias: name, sizeSectors: target?.lengthSectors ?? 0, readOnly, table: target?.table ?? '' };
}

function stepOf(write: DryWrite, reason: string): PlannedStep {
  switch (write.type) {
    case 'create-map':
      return { step: 'create', alias: write.name, reason };
    case 'reload-map':
      return { step: 'reload', reason };
    case 'rename-map':
      return { step: 'rename', to: write.to, reason };
    case 'remove-map':
      return { step: 'remove', reason };
    case 'message-map':
      return { step: 'message', message: write.message, reason };
  }
}

function byAlias(a: PlannedMap, b: PlannedMap): number {
  const [left, right] = [a, b].map(({ before, after, wwid }) => before?.alias ?? after?.alias ?? wwid);
  return (left ?? '').localeCompare(right ?? '', 'en', { numeric: true });
}
