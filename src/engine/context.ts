/** The whole state of an engine, put together from the states of all rooms. */
import { type CommandsContext, createCommands } from './commands/state';
import { createCore } from './core/core';
import type { EngineOptions } from './core/options';
import { createHealth } from './health/state';
import { createInventory } from './inventory/state';
import type { Invariant } from './protocol';
import { react } from './react';
import { createReconcile } from './reconcile/state';
import { createProof } from './resync/state';
import { createSettings } from './settings/state';

/** The state that only the engine itself needs. */
interface EngineState {
  /** Invariants whose breach was logged. */
  readonly broken: Set<Invariant>;
  /** True if the engine has reported that it is ready. */
  ready: boolean;
}

/**
 * The whole context is for the engine, its checkpoint and the invariants only. A room takes its own context or a lower
 * one.
 */
export type Context = CommandsContext & EngineState;

/** The context of an engine that knows nothing yet. */
export function createContext(options: EngineOptions): Context {
  const ctx: Context = {
    ...createCore(options, (change) => react(ctx, change)),
    ...createSettings(options),
    ...createHealth(),
    ...createInventory(),
    ...createProof(),
    ...createReconcile(),
    ...createCommands(),
    broken: new Set(),
    ready: false,
  };
  return ctx;
}
