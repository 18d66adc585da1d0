/**
 * The thin shell around the engine: kernel sources become inputs, effects become calls on the
 * ports, answers become inputs again.
 */
import { configuredAliases } from '../config/aliases';
import type { Binding } from '../config/bindings';
import type { Configuration } from '../config/configuration';
import { mergeConfiguration, type EffectiveConfiguration } from '../config/effective';
import { uidAttributesOf } from '../config/uidAttributes';
import { createEngine, type Engine } from '../engine/engine';
import type { EngineOptions } from '../engine/context';
import { planReconfigure, type Plan } from '../engine/plan/plan';
import type { AdminCommand, AdminResult, Effect, Input, InputBody, LogLevel } from '../engine/protocol';
import type { KernelPorts } from '../kernel/ports';
import type { CheckOutcome, DiskEntry, DmListEntry, KernelSnapshot } from '../model/facts';
import { MpathdError, type Failure, type Reading } from '../model/failure';
import { wwidOfUuid, type Wwid } from '../model/identity';
import type { Tables } from '../model/tables';
import type { UeventBatch } from '../model/uevent';
import { parseTable } from '../policy/table';
import { usedVariables } from '../policy/usedProperties';
import type { BindingsStore } from './bindingsStore';
import type { ConfigurationSource } from './configurationSource';
import { createDeadlines } from './deadlines';
import type { Journal } from './journal/journal';
import type { HintSource } from './transport/supervisor';
import type { CreationNotice } from './udevNotices';
import type { WwidsStore } from './wwidsStore';

/** How long answers are awaited, ms. Writes are awaited for as long as they take. */
const READ_MS = 10_000;
const SNAPSHOT_MS = 60_000;
const RESCAN_MS = 60_000;
/** How long maps may take to be told that nobody looks after them any more. */
const STOP_MS = 3_000;
/** Over a check's own timeout, which the kernel applies to the command. */
const CHECK_GRACE_MS = 5_000;

export interface RuntimeOptions {
  kernel: KernelPorts;
  bindings: BindingsStore;
  configuration: ConfigurationSource;
  wwids: WwidsStore;
  /** Told of each map that was to be made; for udev's rules. */
  onCreation?: CreationNotice | null;
  udevPresent: boolean;
  /** The kernel multipaths NVMe itself: its namespaces are no paths. */
  nativeNvme?: boolean;
  engine?: Partial<EngineOptions>;
  /** Hints of the network and FC transports; without, paths are checked at their intervals only. */
  hints?: HintSource | null;
  /** Keeps what goes into the engine. */
  journal?: ((engine: Engine) => Journal) | null;
  /** An invariant of the engine does not hold; each is told once. */
  onBroken?(detail: string): void;
  /**
   * The engine threw, or an effect of it did: what it knows is not to be relied on any more, and nothing
   * more goes into it. Without this the exception goes to whoever brought the input.
   */
  onFault?(error: unknown): void;
  log(level: LogLevel, message: string, device: string | null): void;
  /** Another configuration is in force. */
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
   * Adopts what the kernel has; events and commands are worked on from here on. Rejects with an
   * MpathdError for a configuration that cannot be used.
   */
  start(): Promise<void>;
  submit(command: AdminCommand): Promise<AdminResult>;
  /** What `reconfigure` would do now, with `main` in the place of multipath.conf; nothing is done. */
  plan(main: string | null): Promise<Reading<Plan>>;
  explain: Engine['explain'];
  readonly journal: Journal | null;
  /**
   * Takes no more inputs. Maps and their I/O are left alone, but that the queueing of I/O ends unless
   * it is to go on without a daemon: resolves when that is done, or has taken too long.
   */
  stop(): Promise<void>;
  /** Engine time, ms, of the last input: moves while the engine lives. */
  lastStepAt(): number;
}

export function createRuntime(options: RuntimeOptions): Runtime {
  const { kernel, bindings, wwids } = options;
  const engine = createEngine(options.engine);
  const journal = options.journal?.(engine) ?? null;
  const deadlines = createDeadlines(() => kernel.clock.now());
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

  /** Ports may call back while effects are carried out: inputs are taken strictly one after the other. */
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

  /** Those who bring inputs would take it for their own: a promise's executor, a callback of the addon, a session. */
  function fault(error: unknown): void {
    queue.length = 0;
    if (options.onFault === undefined) throw error;
    stopped = true;
    options.onFault(error);
  }

  function step(input: Input): Effect[] {
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
        return ask(effect);
    }
  }

  type Question = Exclude<Effect, { type: 'log' | 'ready' | 'configured' | 'stopped' | 'reply' | 'invariant-broken' | 'drain' }>;

  function ask(effect: Question): void {
    const dm = kernel.deviceMapper;
    switch (effect.type) {
      case 'fence':
        return answer(
          deadlines.within(`fence ${effect.uuid}`, 'fence', 'uevent', READ_MS, () => kernel.fence(effect.uuid)),
          (reading) => ({ type: 'fence-written', uuid: effect.uuid, reading }),
        );
      case 'snapshot':
        return answer(snapshot(effect.purpose), (value) => ({ ...effect, snapshot: value }));
      case 'list-maps':
        return answer(
          deadlines.within('list', 'DM_LIST_DEVICES', 'device-mapper', READ_MS, () => dm.list(effect.since)),
          (reading) => ({ type: 'dm-list', asked: effect.asked, reading }),
        );
      case 'list-devices':
        return answer(listDevices(), (lists) => ({ type: 'device-list', asked: effect.asked, ...lists }));
      case 'read-map': {
        const { by, asked } = effect;
        const device = 'uuid' in by ? by.uuid : by.devt;
        const call = () => ('uuid' in by ? dm.read(by.uuid) : dm.readByDevt(by.devt));
        return answer(
          deadlines.within(`map ${device}`, 'DM_TABLE_STATUS', device, READ_MS, call),
          (reading) => ({ type: 'map-read', asked, by, reading }),
        );
      }
      case 'read-block': {
        const { name, asked } = effect;
        return answer(
          deadlines.within(`block ${name}`, 'sysfs', name, READ_MS, () => kernel.blocks.read(name)),
          (reading) => ({ type: 'block-read', asked, name, reading }),
        );
      }
      case 'check':
        return answer(check(effect), (outcome) => ({ type: 'check-done', path: effect.path, outcome }));
      case 'read-identity': {
        const { path, asked, name, timeoutMs } = effect;
        return answer(
          deadlines.within(`identity ${path}`, 'INQUIRY', name, timeoutMs + CHECK_GRACE_MS, () => kernel.blocks.inquire({ ...effect, page: 0x83 })),
          (reading) => ({ type: 'identity-read', asked, path, reading }),
        );
      }
      case 'read-vendor-page': {
        const { path, asked, name, timeoutMs } = effect;
        return answer(
          deadlines.within(`vendor page ${path}`, 'INQUIRY', name, timeoutMs + CHECK_GRACE_MS, () => kernel.blocks.inquire({ ...effect, page: 0xc0 })),
          (reading) => ({ type: 'vendor-page-read', asked, path, reading }),
        );
      }
      case 'rescan': {
        const { path, name } = effect;
        return answer(
          deadlines.within(`rescan ${path}`, 'rescan', name, RESCAN_MS, () => kernel.blocks.rescan(effect)),
          (reading) => ({ type: 'rescan-done', path, reading }),
        );
      }
      case 'create-map': {
        const { id, uuid, params } = effect;
        return answer(dm.create(effect), (reading) => {
          void tellOfCreation(uuid, params, reading);
          return { type: 'operation-done', id, uuid, reading };
        });
      }
      case 'reload-map': {
        const { id, uuid } = effect;
        return answer(dm.reload(effect), (reading) => ({ type: 'operation-done', id, uuid, reading }));
      }
      case 'rename-map': {
        const { id, uuid } = effect;
        return answer(dm.rename(uuid, effect.to, effect.skipKpartx), (reading) => ({ type: 'operation-done', id, uuid, reading }));
      }
      case 'remove-map': {
        const { id, uuid } = effect;
        return answer(dm.remove(uuid), (reading) => ({ type: 'operation-done', id, uuid, reading }));
      }
      case 'message-map': {
        const { id, uuid } = effect;
        return answer(dm.message(uuid, effect.message), (reading) => ({ type: 'operation-done', id, uuid, reading }));
      }
      case 'read-configuration':
        return answer(readFiles(), (files) => ({ type: 'configuration-read', request: effect.request, all: effect.all, ...files }));
      case 'record-wwid': {
        const { wwid } = effect;
        return answer(wwids.add(wwid), (reading) => ({ type: 'wwid-recorded', wwid, reading }));
      }
      case 'bind-alias': {
        const { id, wwid } = effect;
        return answer(bindings.bind(effect), (reading) => {
          if (reading.ok) tellOfBindings(reading.value.notes);
          return { type: 'alias-bound', id, wwid, reading };
        });
      }
    }
  }

  async function readBindings(configured: readonly Binding[]): Promise<Reading<Binding[]>> {
    const reading = await bindings.read(configured);
    if (!reading.ok) return reading;
    tellOfBindings(reading.value.notes);
    return { ok: true, value: reading.value.bindings };
  }

  function tellOfBindings(notes: readonly string[]): void {
    for (const note of notes) options.log('warning', `bindings file: ${note}`, null);
  }

  /** What was found in the configuration files is told now, whether it comes into force or not. */
  async function readFiles(main?: string): Promise<ReadFiles> {
    const { reading, notes } = await options.configuration.load(main);
    for (const { level, message } of notes) options.log(level, message, null);
    const running = engine.configuration();
    const effective = reading.ok ? mergeConfiguration(reading.value) : running;
    // Before anything is read that this one judges; and the running one goes on judging until then.
    kernel.useProperties(new Set([...uidAttributesOf(running), ...uidAttributesOf(effective)]));
    const configured = configuredAliases(effective);
    return { configuration: reading, bindings: await readBindings(configured), wwids: await wwids.read() };
  }

  async function tellOfCreation(uuid: string, params: string, outcome: Reading<unknown>): Promise<void> {
    const wwid = wwidOfUuid(uuid);
    if (wwid === null || !options.onCreation) return;
    const groups = parseTable(params)?.groups ?? [];
    const paths = groups.flatMap((group) => group.paths.map(({ devt }) => devt));
    for (const note of await options.onCreation({ wwid, paths, outcome })) options.log('warning', note, null);
  }

  async function snapshot(purpose: string): Promise<KernelSnapshot> {
    const call = async (): Promise<Reading<KernelSnapshot>> => ({ ok: true, value: await kernel.snapshot() });
    const reading = await deadlines.within(`snapshot ${purpose}`, 'snapshot', 'device-mapper and sysfs', SNAPSHOT_MS, call);
    return reading.ok ? reading.value : nothingLearnt(reading.failure);
  }

  /** One after the other, as in a snapshot: a disk in a table is older than the table. */
  async function listDevices(): Promise<DeviceLists> {
    const call = async (): Promise<Reading<DeviceLists>> => {
      const maps = await kernel.deviceMapper.list(null);
      const disks = await kernel.blocks.list();
      return { ok: true, value: { maps: maps.ok ? { ok: true, value: maps.value.devices } : maps, disks } };
    };
    const reading = await deadlines.within('look', 'look', 'device-mapper and sysfs', SNAPSHOT_MS, call);
    return reading.ok ? reading.value : { maps: reading, disks: reading };
  }

  async function check(effect: Extract<Effect, { type: 'check' }>): Promise<CheckOutcome> {
    const call = async (): Promise<Reading<CheckOutcome>> => ({ ok: true, value: await kernel.blocks.check(effect) });
    const ms = effect.timeoutMs + CHECK_GRACE_MS;
    const reading = await deadlines.within(`check ${effect.path}`, 'check', effect.name, ms, call);
    return reading.ok ? reading.value : unanswered(reading.failure);
  }

  async function plan(main: string | null): Promise<Reading<Plan>> {
    const { configuration, ...state } = await readFiles(main ?? undefined);
    if (!configuration.ok) return configuration;
    if (engine.tables.truth.phase === 'starting') return notYet;
    const { dm, blocks, maps } = await snapshot('plan');
    if (!dm.ok) return dm;
    if (!blocks.ok) return blocks;
    const files = { configuration: configuration.value, ...state };
    return { ok: true, value: planReconfigure({ checkpoint: engine.checkpoint(), snapshot: { dm, blocks, maps }, files }) };
  }

  function close(): void {
    if (isClosed) return;
    isClosed = true;
    stopped = true;
    kernel.kernelUevents.stop();
    kernel.udevUevents?.stop();
    kernel.deviceMapper.stop();
    kernel.clock.stop();
    for (const resolve of replies.values()) resolve({ outcome: 'fail', reason: 'other', message: 'the daemon is stopping' });
    replies.clear();
    tellClosed();
  }

  function subscribe(): void {
    kernel.kernelUevents.start((batch) => feed({ type: 'uevents', source: 'kernel', batch: withUsedVariables(batch) }));
    kernel.udevUevents?.start((batch) => feed({ type: 'uevents', source: 'udev', batch: withUsedVariables(batch) }));
    kernel.deviceMapper.startEvents(() => feed({ type: 'dm-event' }));
  }

  /** The watcher is another process: it must not compete with the first maps, which a boot may wait for. */
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
    // Listening begins before anything is read: what changes while it is read is not missed.
    start: async () => {
      const { configuration, ...state } = await readFiles();
      if (!configuration.ok) throw new MpathdError(configuration.failure, 'put it right, and look at it with `mpathctl config check`');
      subscribe();
      feed({ type: 'start', configuration: configuration.value, ...state, udevPresent: options.udevPresent, nativeNvme: options.nativeNvme ?? false });
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
        options.log('warning', `stopping: device-mapper has not answered for ${STOP_MS} ms; maps may go on queueing I/O`, null);
        close();
      }, STOP_MS);
      await closed;
      clearTimeout(late);
    },
  };
}

/** The engine and the journal get the same, and no more than the engine goes by. */
function withUsedVariables(batch: UeventBatch): UeventBatch {
  return { ...batch, events: batch.events.map((event) => ({ ...event, env: usedVariables(event.env) })) };
}

const notYet: Reading<Plan> = {
  ok: false,
  failure: { code: 'REFUSED', operation: 'plan', device: 'mpathd', errno: null, detail: 'the first rescan is not done yet; try again' },
};

interface ReadFiles {
  configuration: Reading<Configuration>;
  bindings: Reading<Binding[]>;
  wwids: Reading<Wwid[]>;
}

interface DeviceLists {
  maps: Reading<DmListEntry[]>;
  disks: Reading<DiskEntry[]>;
}

function nothingLearnt(failure: Failure): KernelSnapshot {
  return { dm: { ok: false, failure }, maps: [], blocks: { ok: false, failure } };
}

function unanswered(failure: Failure): CheckOutcome {
  const message = failure.detail ?? failure.code;
  return { state: 'timeout', message, sysfsState: null, accessState: null, preferredPath: false, sizeSectors: null };
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
