/**
 * The thin shell around the engine. Events of the kernel become inputs, effects become calls of the ports
 * (questions.ts), and their answers become inputs again.
 */
import type { EffectiveConfiguration } from '../config/effective';
import type { EngineOptions } from '../engine/core/options';
import { createEngine, type Engine } from '../engine/engine';
import { type Plan, planReconfigure } from '../engine/plan/plan';
import type { AdminCommand, AdminResult, Effect, Input, InputBody } from '../engine/protocol';
import type { KernelPorts } from '../kernel/ports';
import { MpathdError, type Reading } from '../model/failure';
import type { Tables } from '../model/tables';
import type { UeventBatch } from '../model/uevent';
import type { UnansweredCall } from '../model/unanswered';
import { usedVariables } from '../policy/usedProperties';
import { createDeadlines } from './deadlines';
import type { Journal } from './journal/journal';
import { ask, snapshot, type World } from './questions';
import { type FileSources, readFiles } from './readFiles';
import type { HintSource } from './transportWatcher/supervisor';
import type { CreationNotice } from './udevNotices';

/** How long the last messages to the maps may take when the daemon stops. */
const STOP_MS = 1_000;

export interface RuntimeOptions extends FileSources {
  kernel: KernelPorts;
  /** Called after each attempt to make a map; for udev's rules. */
  onCreation?: CreationNotice | null;
  udevPresent: boolean;
  /** True if the kernel itself multipaths NVMe: then namespaces are no paths. */
  nativeNvme?: boolean;
  engine?: Partial<EngineOptions>;
  /** The source of hints of the network and FC transports. Without it, paths are checked at their intervals only. */
  hints?: HintSource | null;
  /** Makes the journal, which keeps the inputs of the engine. */
  journal?: ((engine: Engine) => Journal) | null;
  /** Called when an invariant of the engine is broken, once for each invariant. */
  onBroken?(detail: string): void;
  /**
   * Called when the engine, or one of its effects, threw. Then the engine's state is not reliable any more, and the
   * runtime feeds it no more inputs. Without `onFault` the exception goes to the caller that brought the input.
   */
  onFault?(error: unknown): void;
  /** Called when another configuration comes into force. */
  onConfigured?(configuration: EffectiveConfiguration): void;
  onReady(): void;
}

export interface Runtime {
  readonly tables: Tables;
  /** The configuration in force. */
  configuration(): EffectiveConfiguration;
  rules: Engine['rules'];
  settings: Engine['settings'];
  /**
   * Adopts the kernel's maps. From here on the runtime works on events and commands. Rejects with an MpathdError if the
   * configuration cannot be used.
   */
  start(): Promise<void>;
  submit(command: AdminCommand): Promise<AdminResult>;
  /** What `reconfigure` would do now, with `main` in the place of multipath.conf. Changes nothing. */
  plan(main: string | null): Promise<Reading<Plan>>;
  explain: Engine['explain'];
  readonly journal: Journal | null;
  /** Questions to the kernel that have not come back. */
  unanswered(): UnansweredCall[];
  /**
   * Takes no more inputs. It leaves maps and their I/O alone; only the queueing of I/O ends, unless the configuration
   * lets it go on without a daemon. Resolves when this is done, or has taken too long.
   */
  stop(): Promise<void>;
  /** Engine time, ms, of the last input. It rises while the engine lives. */
  lastStepAt(): number;
  /** The number of inputs so far. As long as it stays the same, the tables and the configuration do. */
  inputs(): number;
}

export function createRuntime(options: RuntimeOptions): Runtime {
  const { kernel } = options;
  const engine = createEngine(options.engine);
  const journal = options.journal?.(engine) ?? null;
  const deadlines = createDeadlines(() => kernel.clock.now());
  const world: World = {
    kernel,
    files: options,
    deadlines,
    onCreation: options.onCreation ?? null,
    configuration: engine.configuration,
  };
  const replies = new Map<number, (result: AdminResult) => void>();
  const queue: InputBody[] = [];
  let stepping = false;
  let stopped = false;
  let isClosed = false;
  let tellClosed: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => {
    tellClosed = resolve;
  });
  let requests = 0;
  let inputs = 0;

  /**
   * Ports may call back while effects are carried out. The queue makes sure that the engine gets one input after the
   * other.
   */
  function feed(body: InputBody): void {
    if (stopped) return;
    queue.push(body);
    if (stepping) return;
    stepping = true;
    try {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        for (const effect of step({ ...next, at: kernel.clock.now() })) carryOut(effect);
      }
    } catch (error) {
      fault(error);
    } finally {
      stepping = false;
    }
    sleep();
  }

  /**
   * The exception must not reach the caller, who would take it for its own: a promise's executor, a callback of the
   * addon, a session.
   */
  function fault(error: unknown): void {
    queue.length = 0;
    if (options.onFault === undefined) throw error;
    stopped = true;
    options.onFault(error);
  }

  function step(input: Input): Effect[] {
    inputs++;
    journal?.record(input);
    const effects = engine.step(input);
    journal?.stepped();
    return effects;
  }

  function sleep(): void {
    if (stopped) return;
    const next = Math.min(engine.nextWake() ?? Infinity, deadlines.next() ?? Infinity);
    if (next === Infinity) return;
    kernel.clock.wakeAt(next, () => {
      deadlines.expire(kernel.clock.now());
      feed({ type: 'wake' });
    });
  }

  function answer<T>(reading: Promise<T>, toInput: (value: T) => InputBody): void {
    reading.then(
      (value) => feed(toInput(value)),
      (error: unknown) => options.log('error', `internal: a port threw: ${describe(error)}`, null),
    );
    sleep();
  }

  function carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'log':
        return options.log(effect.level, effect.message, effect.device ?? null);
      case 'ready':
        startHints();
        return options.onReady();
      case 'configured':
        return options.onConfigured?.(engine.configuration());
      case 'stopped':
        return close();
      case 'reply': {
        replies.get(effect.request)?.(effect.result);
        replies.delete(effect.request);
        return;
      }
      case 'invariant-broken': {
        const detail = `${effect.invariant}: ${effect.detail}`;
        options.log('error', `internal: an invariant is broken, ${detail}; please report it with the journal`, null);
        options.onBroken?.(detail);
        return;
      }
      case 'drain':
        return kernel.kernelUevents.drain(effect.token);
      default:
        return ask(world, effect, answer);
    }
  }

  async function plan(main: string | null): Promise<Reading<Plan>> {
    const { configuration, ...state } = await readFiles(options, kernel, engine.configuration(), main ?? undefined);
    if (!configuration.ok) return configuration;
    if (engine.tables.truth.phase === 'starting') return notYet;
    const { dm, blocks, maps } = await snapshot(world, 'plan');
    if (!dm.ok) return dm;
    if (!blocks.ok) return blocks;
    const files = { configuration: configuration.value, ...state };
    return {
      ok: true,
      value: planReconfigure({ checkpoint: engine.checkpoint(), snapshot: { dm, blocks, maps }, files }),
    };
  }

  function close(): void {
    if (isClosed) return;
    isClosed = true;
    stopped = true;
    kernel.kernelUevents.stop();
    kernel.udevUevents?.stop();
    kernel.deviceMapper.stop();
    kernel.clock.stop();
    for (const resolve of replies.values())
      resolve({ outcome: 'fail', reason: 'other', message: 'the daemon is stopping' });
    replies.clear();
    tellClosed();
  }

  function subscribe(): void {
    kernel.kernelUevents.start((batch) => feed({ type: 'uevents', source: 'kernel', batch: withUsedVariables(batch) }));
    kernel.udevUevents?.start((batch) => feed({ type: 'uevents', source: 'udev', batch: withUsedVariables(batch) }));
    kernel.deviceMapper.startEvents(() => feed({ type: 'dm-event' }));
  }

  /**
   * The watcher is another process. Its start must not compete with the making of the first maps, for which a boot may
   * wait.
   */
  function startHints(): void {
    if (!stopped) options.hints?.start((hint) => feed({ type: 'transport-hint', hint }));
  }

  return {
    tables: engine.tables,
    configuration: engine.configuration,
    rules: engine.rules,
    settings: engine.settings,
    plan,
    explain: engine.explain,
    journal,
    lastStepAt: () => engine.tables.now,
    inputs: () => inputs,
    unanswered: deadlines.unanswered,
    // Listening begins before the first reading, so that no change during the reading is missed.
    start: async () => {
      const { configuration, ...state } = await readFiles(options, kernel, engine.configuration());
      if (!configuration.ok)
        throw new MpathdError(
          configuration.failure,
          configuration.failure.code === 'TIMED_OUT'
            ? 'its file system does not answer; mpathd does not start without its configuration'
            : 'correct the configuration; `mpathctl config check` shows its faults',
        );
      if (stopped) return;
      subscribe();
      feed({
        type: 'start',
        configuration: configuration.value,
        ...state,
        udevPresent: options.udevPresent,
        nativeNvme: options.nativeNvme ?? false,
      });
    },
    submit: (command) =>
      new Promise((resolve) => {
        if (stopped) return resolve({ outcome: 'fail', reason: 'other', message: 'the daemon is stopping' });
        const request = ++requests;
        replies.set(request, resolve);
        feed({ type: 'command', request, command });
      }),
    stop: async () => {
      options.hints?.stop();
      feed({ type: 'stop' });
      if (stopped) return close();
      const late = setTimeout(() => {
        options.log(
          'warning',
          `stopping: device-mapper has not answered for ${STOP_MS} ms; a map may be left half made, or go on queueing I/O`,
          null,
        );
        close();
      }, STOP_MS);
      await closed;
      clearTimeout(late);
    },
  };
}

/** Keeps only the variables that the engine uses. So the engine and the journal get the same events. */
function withUsedVariables(batch: UeventBatch): UeventBatch {
  return { ...batch, events: batch.events.map((event) => ({ ...event, env: usedVariables(event.env) })) };
}

const notYet: Reading<Plan> = {
  ok: false,
  failure: {
    code: 'REFUSED',
    operation: 'plan',
    device: 'mpathd',
    errno: null,
    detail: 'the first resync is not done yet; try again',
  },
};

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
