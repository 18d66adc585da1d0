/** The daemon: runtime, systemd and watchdog, for the real and for the simulated kernel. */
import type { EffectiveConfiguration } from '../config/effective';
import type { EngineOptions } from '../engine/core/options';
import type { AdminCommand, AdminResult, LogLevel } from '../engine/protocol';
import type { Explanation } from '../engine/views/explain/explanation';
import type { KernelPorts, ListenerInfo } from '../kernel/ports';
import type { Tables } from '../model/tables';
import type { BindingsStore } from './bindingsStore';
import type { ConfigurationSource } from './configurationSource';
import type { Journal } from './journal/journal';
import { createRecentLines, type RecentLine, type RecentLines } from './recentLines';
import { createRuntime, type Runtime, type RuntimeOptions } from './runtime';
import type { HintSource } from './transportWatcher/supervisor';
import type { CreationNotice } from './udevNotices';
import { createHealthCheck } from './watchdog';
import type { WwidsStore } from './wwidsStore';

/** The messages to the service manager. Without a service manager they do nothing. */
export interface ServiceManager {
  ready(status: string): void;
  status(text: string): void;
  stopping(): void;
  feedWatchdog(): void;
  /** The interval in ms at which the service manager wants to be fed; null: no watchdog. */
  watchdogIntervalMs: number | null;
}

export interface DaemonOptions {
  kernel: KernelPorts;
  bindings: BindingsStore;
  configuration: ConfigurationSource;
  wwids: WwidsStore;
  onCreation?: CreationNotice | null;
  udevPresent: boolean;
  nativeNvme: boolean;
  engine?: Partial<EngineOptions>;
  hints?: HintSource | null;
  journal?: RuntimeOptions['journal'];
  onBroken?(detail: string): void;
  onFault?(error: unknown): void;
  service: ServiceManager;
  log(level: LogLevel, message: string, device: string | null): void;
  /** Another configuration is in force. */
  onConfigured?(configuration: EffectiveConfiguration): void;
  /** Called when the daemon has adopted the existing maps and made the missing ones. */
  onReady?(): void;
}

/** Why a device is multipathed, or not, with the last log lines about it. */
export interface Explained extends Explanation {
  events: Array<RecentLine & { device: string }>;
}

export interface Daemon {
  readonly tables: Tables;
  /** The configuration in force. */
  configuration(): EffectiveConfiguration;
  rules: Runtime['rules'];
  settings: Runtime['settings'];
  inputs: Runtime['inputs'];
  submit(command: AdminCommand): Promise<AdminResult>;
  plan: Runtime['plan'];
  /** null: the daemon does not know the device. */
  explain(device: string): Explained | null;
  start(): Promise<void>;
  /** Resolves within seconds, when the daemon has finished its last writes. */
  stop(): Promise<void>;
  /** null: the journal is switched off. */
  readonly journal: Journal | null;
  listeners(): { kernel: ListenerInfo; udev: ListenerInfo | null };
  unanswered: Runtime['unanswered'];
  /** Engine time, ms. */
  now(): number;
  readonly startedAt: number;
}

/** A fence goes out at least every 10 s. Three missed fences in a row are a fault. */
const WATCHDOG_LIMITS = { fenceMs: 45_000, stepMs: 30_000 };

export function createDaemon(options: DaemonOptions): Daemon {
  const { kernel, service } = options;
  const startedAt = kernel.clock.now();
  let watchdog: NodeJS.Timeout | undefined;

  const summary = (): string => {
    const { paths, maps, truth } = runtime.tables;
    return `${truth.phase}: ${maps.size} maps, ${paths.size} paths`;
  };

  const recent = createRecentLines(Date.now);
  const runtime = createRuntime({
    ...options,
    log: (level, message, device) => {
      recent.note(level, message, device);
      options.log(level, message, device);
    },
    onReady: () => {
      options.log('notice', `ready after ${Math.round(kernel.clock.now() - startedAt)} ms, ${summary()}`, null);
      service.ready(summary());
      options.onReady?.();
    },
  });

  const startWatchdog = (): void => {
    if (service.watchdogIntervalMs === null) return;
    const check = createHealthCheck(
      {
        now: () => kernel.clock.now(),
        listenerHeartbeat: () => kernel.kernelUevents.info().heartbeat,
        // If the kernel accepts no fence, their absence is no fault.
        lastFenceAt: () =>
          runtime.tables.truth.fence === 'refused' ? kernel.clock.now() : runtime.tables.truth.lastFenceAt,
        lastStepAt: () => runtime.lastStepAt(),
      },
      WATCHDOG_LIMITS,
    );
    watchdog = setInterval(() => {
      const health = check();
      if (health.healthy) service.feedWatchdog();
      else options.log('error', `the watchdog is not fed: ${health.reason}`, null);
      service.status(summary());
    }, service.watchdogIntervalMs);
  };

  return {
    tables: runtime.tables,
    configuration: runtime.configuration,
    rules: runtime.rules,
    settings: runtime.settings,
    inputs: runtime.inputs,
    submit: runtime.submit,
    plan: runtime.plan,
    explain: (device) => withEvents(runtime.explain(device), recent),
    journal: runtime.journal,
    unanswered: runtime.unanswered,
    startedAt,
    now: () => kernel.clock.now(),
    listeners: () => ({ kernel: kernel.kernelUevents.info(), udev: kernel.udevUevents?.info() ?? null }),
    start: async () => {
      startWatchdog();
      await runtime.start();
    },
    stop: async () => {
      clearInterval(watchdog);
      service.stopping();
      await runtime.stop();
    },
  };
}

/** Adds the log lines about the device, and about the map that it is in. */
function withEvents(explanation: Explanation | null, recent: RecentLines): Explained | null {
  if (explanation === null) return null;
  const devices = new Set([explanation.subject.name, ...(explanation.map === null ? [] : [explanation.map])]);
  const events = Array.from(devices, (device) => recent.of(device).map((line) => ({ ...line, device }))).flat();
  return { ...explanation, events: events.sort((a, b) => a.at - b.at) };
}
