/**
 * What a reconfigure would do, map by map, and nothing done: a copy of the engine is given the
 * configuration and works on a kernel in memory (dryKernel.ts). The same code decides as when it is
 * meant, so that what is planned is what is done, if the kernel is as the tables have it.
 */
import type { MapFacts } from '../../model/facts';
import type { Wwid } from '../../model/identity';
import { wwidOfUuid } from '../../model/identity';
import { restoreContext, type Checkpoint } from '../checkpoint';
import type { Context } from '../context';
import { engineOf, type Engine } from '../engine';
import type { Effect, InputBody } from '../protocol';
import { createDryKernel, type DryKernel, type DryWrite } from './dryKernel';

/** One write to device-mapper, with the reason that the log would have. */
export type PlannedStep =
  | { step: 'create'; alias: string; reason: string }
  | { step: 'reload'; reason: string }
  | { step: 'rename'; to: string; reason: string }
  | { step: 'remove'; reason: string }
  | { step: 'message'; message: string; reason: string };

/** A map as device-mapper has it. */
export interface MapState {
  alias: string;
  /** 512-byte sectors. */
  sizeSectors: number;
  readOnly: boolean;
  /** Parameters of the multipath target: as the kernel prints them before, as they would be loaded after. */
  table: string;
}

/** One map's part of a plan. */
export interface PlannedMap {
  wwid: Wwid;
  /** What it comes to; `unknown`: it cannot be read, or a write to it is not answered, so nobody can tell. */
  action: 'create' | 'reload' | 'rename' | 'remove' | 'change' | 'nothing' | 'unknown';
  /** null: there is no map (yet). */
  before: MapState | null;
  /** null: there would be none. */
  after: MapState | null;
  /** In the order in which they would be done. */
  steps: PlannedStep[];
  /** Why it is `unknown`; else null. */
  trouble: string | null;
}

export interface Plan {
  maps: PlannedMap[];
  /** The work did not come to an end within its bounds: there may be more to do. */
  complete: boolean;
}

/** How a copy of the engine gets what it asks of files. */
export type Files = (effect: Effect) => InputBody[];

/** Inputs for each disk and map, and in all, after which a plan that goes on is cut off. */
const INPUTS_PER_DEVICE = 60;
const INPUTS_AT_LEAST = 1_000;

const WRITES: ReadonlySet<string> = new Set<DryWrite['type']>(['create-map', 'reload-map', 'rename-map', 'remove-map', 'message-map']);

/** Steps by UUID of the map. */
type Steps = Map<string, PlannedStep[]>;

/** `checkpoint`: of the running engine; `files`: answers what is asked of the configuration and the state files. */
export function planReconfigure(checkpoint: Checkpoint, files: Files): Plan {
  const known = restoreContext(checkpoint);
  const ctx = restoreContext(checkpoint);
  forgetQuestions(ctx);
  const kernel = createDryKernel(known);
  const { steps, complete } = drive(engineOf(ctx), kernel, files, checkpoint);
  return { maps: rows(known, kernel, steps), complete };
}

/** What was asked of the real kernel is not answered by this one; a reconfigure looks at everything anew. */
function forgetQuestions(ctx: Context): void {
  ctx.reads.clear();
  ctx.waiters.length = 0;
  ctx.audits.length = 0;
  ctx.resync.phase = 'idle';
  ctx.resync.pending = null;
  ctx.resync.fence = null;
  ctx.resync.fenceDrain = null;
  ctx.resync.audits = 0;
  ctx.gaps.asked = null;
  for (const [wwid, work] of ctx.work) if (work.phase === 'binding') ctx.work.delete(wwid);
}

/** Gives the engine inputs until nothing is left to answer. No time passes meanwhile. */
function drive(engine: Engine, kernel: DryKernel, files: Files, { now, paths, maps }: Checkpoint): { steps: Steps; complete: boolean } {
  const steps: Steps = new Map();
  const queue: InputBody[] = [{ type: 'command', request: 0, command: { kind: 'reconfigure' } }];
  const most = INPUTS_AT_LEAST + INPUTS_PER_DEVICE * (paths.length + maps.length);
  for (const input of queue) {
    if (queue.length > most) return { steps, complete: false };
    for (const effect of engine.step({ ...input, at: now })) {
      if (isWrite(effect)) steps.set(effect.uuid, [...(steps.get(effect.uuid) ?? []), stepOf(effect, reasonOf(engine, effect))]);
      queue.push(...kernel.answer(effect), ...files(effect));
    }
  }
  return { steps, complete: true };
}

function isWrite(effect: Effect): effect is DryWrite {
  return WRITES.has(effect.type);
}

/** The engine notes at the map why it writes; one that is made has no entry yet. */
function reasonOf({ tables }: Engine, write: DryWrite): string {
  const operation = tables.maps.get(write.uuid)?.operation;
  if (operation?.id === write.id) return operation.reason;
  const paths = [...tables.pathsOfWwid(wwidOfUuid(write.uuid) ?? '')].filter(({ map }) => map === null);
  return `${paths.length} paths, and no map`;
}

function rows(known: Context, kernel: DryKernel, steps: Steps): PlannedMap[] {
  const uuids = new Set([...known.store.maps.keys(), ...kernel.maps.keys()]);
  return Array.from(uuids, (uuid) => row(known, kernel, uuid, steps.get(uuid) ?? [])).sort(byAlias);
}

function row(known: Context, kernel: DryKernel, uuid: string, steps: PlannedStep[]): PlannedMap {
  const entry = known.store.maps.get(uuid);
  const after = kernel.maps.get(uuid);
  const trouble = entry === undefined ? null : troubleOf(known, uuid);
  return {
    wwid: wwidOfUuid(uuid) ?? uuid,
    action: trouble !== null && steps.length === 0 ? 'unknown' : actionOf(steps),
    before: entry === undefined ? null : stateOf(entry.facts),
    after: after === undefined ? null : stateOf(after),
    steps,
    trouble,
  };
}

function troubleOf(known: Context, uuid: string): string | null {
  const map = known.store.maps.get(uuid);
  if (map?.stale != null) return `it cannot be read (${map.stale.failure.operation}: ${map.stale.failure.errno ?? map.stale.failure.code})`;
  if (known.writes.has(uuid)) return `busy with ${map?.operation?.kind ?? 'an earlier write'}`;
  return null;
}

/** A rename beside other steps is a `change` of both kinds. */
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
