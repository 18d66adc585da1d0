/** The stage of one history: a daemon on a simulated machine, with its watch. */
import type { Checkpoint } from '../../../src/engine/checkpoint';
import type { Engine } from '../../../src/engine/engine';
import type { AdminCommand } from '../../../src/engine/protocol';
import type { Journal } from '../../../src/daemon/journal/journal';
import { addSan, bindingsOf, createRig, type Rig } from '../rig';
import { memoryFile, type TextFile } from '../../../src/daemon/bindingsStore';
import { changingFiles, configurationOf, type ChangingFiles } from '../../configuration';
import type { Digest } from './digest';
import { createSlowFiles, type SlowFiles } from './files';
import type { SimDm } from '../../../src/simulator/world';
import { LIE } from './lies';
import type { Machine, WriteOperation } from './history';
import { createWatch, watched, type Watch } from './watch';

export interface Stage {
  machine: Machine;
  rig: Rig;
  watch: Watch;
  /** The bindings file. */
  bindings: TextFile;
  /** multipath.conf. */
  files: ChangingFiles;
  /** The same files as the daemon sees them: they may be slow. */
  slowFiles: SlowFiles;
  /** True if multipath.conf has changed since the beginning. */
  configured: boolean;
  /** True if udev's rules have been wrong. */
  lied: boolean;
  /**
   * What administrators and other tools removed on purpose: UUIDs of maps, keys of paths, and the WWIDs and names of
   * disks that were blacklisted.
   */
  dismissed: { maps: Set<string>; paths: Set<string>; banned: Set<string> };
  /** The maps that a killed daemon left suspended, and that nobody has suspended since. */
  leftSuspended: Set<SimDm>;
  /** The longest delay, ms, of an answer so far. */
  latest: number;
  /** The state of the daemon's engine. */
  checkpoint(): Checkpoint;
  /** The number of commands without an answer. */
  readonly unanswered: number;
  /** True if the daemon lives and has read its files. */
  running(): boolean;
  stop(): void;
  kill(): void;
  /** Kills the daemon in its next such write, after so many system calls. It starts again after `ms`. */
  dieIn(operation: WriteOperation, calls: number, ms: number): void;
  start(): Promise<void>;
  submit(command: AdminCommand): void;
  /** The daemon is frozen, or the machine sleeps: afterwards its clock has moved on. */
  jump(ms: number): void;
}

/** A short period, so that a minute of virtual time contains as many resyncs as otherwise an hour. */
const PERIOD_MS = 12_000;
const NEVER_MS = 1e12;
const ENGINE = { heartbeatMs: 4_000, maxPollingMs: 5_000, udevWaitMs: 1_500 };

/** Listeners to a history that is being played. */
export interface Listeners {
  /** Gets each action and each line of the daemon's log. */
  tell?: ((line: string) => void) | undefined;
  digest?: Digest | undefined;
}

export async function createStage(machine: Machine, seed: number, { tell, digest }: Listeners = {}): Promise<Stage> {
  let ahead = 0;
  let up = false;
  /** True if the living daemon has read its files. */
  let started = false;
  let starts = 0;
  let audited = false;
  let checkpoint: Engine['checkpoint'] = () => {
    throw new Error('no daemon was started');
  };
  /** The commands of the daemon's clients. Their connections end with the process of the daemon. */
  const waiting = new Set<AdminCommand>();
  const dismissed: Stage['dismissed'] = { maps: new Set(), paths: new Set(), banned: new Set() };
  const bindings = memoryFile();
  const files = changingFiles(configurationOf(machine.settings ?? {}));
  const slowFiles = createSlowFiles(
    { bindings: bindingsOf(bindings), wwids: files.wwids, configuration: files.source },
    { now: () => rig.scheduler.now(), after: (ms, then) => rig.scheduler.after(ms, then) },
    (readings) => {
      if (readings > 1) stage.watch.breach(`filesAreReadOnceAtATime: ${readings} readings are under way`);
    },
  );
  const rig: Rig = createRig({
    bindings: slowFiles.bindings,
    configuration: slowFiles.configuration,
    wwids: slowFiles.wwids,
    simulator: {
      seed,
      listener: { bufferBytes: machine.bufferBytes },
      latency: { operationMs: machine.latencyMs, answerMs: machine.latencyMs },
      ...(machine.udev ? {} : { udev: null }),
    },
    engine: { ...ENGINE, periodicResyncMs: machine.silent ? PERIOD_MS : NEVER_MS },
    onLog: (level, message, device) => tell?.(`${rig.scheduler.now()} ms: ${level} ${device ?? ''} ${message}`),
    onBroken: (detail) => stage.watch.breach(detail),
    journal: (engine) => {
      checkpoint = engine.checkpoint;
      digest?.follow(engine);
      return stepWatcher(() => stage.watch.afterStep());
    },
    ports: (ports) => ({
      ...ports,
      ...watched(ports, () => stage.watch),
      clock: {
        now: () => ports.clock.now() + ahead,
        wakeAt: (at, then) => ports.clock.wakeAt(at - ahead, then),
        stop: () => ports.clock.stop(),
      },
    }),
  });
  const die = (): void => {
    rig.kill();
    slowFiles.forget();
    waiting.clear();
    up = false;
    started = false;
    starts += 1;
  };
  const stage: Stage = {
    machine,
    rig,
    watch: createWatch(rig.simulator, () => stage.rig.runtime.tables, {
      dismissed,
      retry: machine.settings?.no_path_retry ?? null,
      isFree: () => up && ['idle', 'resyncing'].includes(stage.rig.runtime.tables.truth.phase),
      audited: () => audited,
      slackMs: () => stage.latest + 4 * machine.latencyMs,
      aheadMs: () => ahead,
    }),
    bindings,
    files,
    slowFiles,
    configured: false,
    lied: machine.lies === true,
    dismissed,
    latest: 0,
    leftSuspended: new Set(),
    checkpoint: () => checkpoint(),
    get unanswered() {
      return waiting.size;
    },
    running: () => up && started,
    stop: () => {
      if (up && !started) return stage.kill();
      if (up) void rig.runtime.stop();
      up = false;
    },
    kill: () => {
      if (up) die();
    },
    dieIn: (operation, calls, ms) => {
      const outcome = { kind: 'dies', calls } as const;
      rig.simulator.faults.add({ operations: [operation], devices: null, outcome, times: 1, probability: 1 });
      rig.simulator.faults.onDeath = () => {
        const wasUp = up;
        die();
        if (wasUp) rig.scheduler.after(ms, () => void stage.start());
      };
    },
    start: async () => {
      if (up) return;
      // The previous daemon was stopped and has not ended yet. systemd does not wait any longer.
      die();
      up = true;
      const mine = starts;
      stage.watch.forget();
      stage.leftSuspended.clear();
      const interrupted = new Set(rig.interrupted());
      for (const dm of rig.simulator.world.dmByName.values())
        if (dm.suspended && interrupted.has(dm.uuid)) stage.leftSuspended.add(dm);
      const booted = rig.boot().then(
        () => {
          started ||= mine === starts;
        },
        () => {
          // The configuration could not be read in time. systemd starts the daemon again.
          if (mine !== starts) return;
          die();
          rig.scheduler.after(RESTART_MS, () => void stage.start());
        },
      );
      // With a file that hangs, the start lasts longer than this moment.
      await Promise.race([booted, settled()]);
    },
    submit: (command) => {
      if (!up || !started) return;
      waiting.add(command);
      audited ||= command.kind === 'audit';
      void rig.runtime.submit(command).then(() => waiting.delete(command));
    },
    jump: (ms) => {
      ahead += ms;
    },
  };
  if (machine.lies === true) rig.simulator.admin.useUdevSerial(LIE);
  addSan(rig, machine.luns, machine.ports);
  await stage.start();
  return stage;
}

/** RestartSec of the unit. */
const RESTART_MS = 2_000;

/** Node runs nextTick only when no promise is left to go on. */
const settled = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

/** A journal that keeps nothing, and only hears of every step. */
function stepWatcher(stepped: () => void): Journal {
  return {
    record: () => undefined,
    stepped,
    bytes: 0,
    recording: () => {
      throw new Error('nothing is recorded');
    },
  };
}
