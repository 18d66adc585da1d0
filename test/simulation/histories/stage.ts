/** The stage of one history: a daemon on a simulated machine, with its watch. */
import type { AdminCommand } from '../../../src/engine/protocol';
import type { Journal } from '../../../src/daemon/journal/journal';
import { addSan, bindingsOf, createRig, type Rig } from '../rig';
import { memoryFile, type TextFile } from '../../../src/daemon/bindingsStore';
import { changingFiles, configurationOf, type ChangingFiles } from '../../configuration';
import type { Digest } from './digest';
import { LIE } from './lies';
import type { Machine } from './history';
import { createWatch, watched, type Watch } from './watch';

export interface Stage {
  machine: Machine;
  rig: Rig;
  watch: Watch;
  /** The bindings file. */
  bindings: TextFile;
  /** multipath.conf. */
  files: ChangingFiles;
  /** True if multipath.conf has changed since the beginning. */
  configured: boolean;
  /** True if udev's rules have been wrong. */
  lied: boolean;
  /**
   * What administrators and other tools removed on purpose: UUIDs of maps, keys of paths, and the WWIDs and names of
   * disks that were blacklisted.
   */
  dismissed: { maps: Set<string>; paths: Set<string>; banned: Set<string> };
  /** The longest delay, ms, of an answer so far. */
  latest: number;
  /** The number of commands without an answer. */
  readonly unanswered: number;
  running(): boolean;
  stop(): void;
  kill(): void;
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
  let audited = false;
  /** The commands of the daemon's clients. Their connections end with the process of the daemon. */
  const waiting = new Set<AdminCommand>();
  const dismissed: Stage['dismissed'] = { maps: new Set(), paths: new Set(), banned: new Set() };
  const bindings = memoryFile();
  const files = changingFiles(configurationOf(machine.settings ?? {}));
  const rig = createRig({
    bindings: bindingsOf(bindings),
    configuration: files.source,
    wwids: files.wwids,
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
  const stage: Stage = {
    machine,
    rig,
    watch: createWatch(rig.simulator, () => stage.rig.runtime.tables, {
      dismissed,
      retry: machine.settings?.no_path_retry ?? null,
      isFree: () => up && ['idle', 'resyncing'].includes(stage.rig.runtime.tables.truth.phase),
      audited: () => audited,
      slackMs: () => stage.latest + 4 * machine.latencyMs,
    }),
    bindings,
    files,
    configured: false,
    lied: machine.lies === true,
    dismissed,
    latest: 0,
    get unanswered() {
      return waiting.size;
    },
    running: () => up,
    stop: () => {
      if (up) void rig.runtime.stop();
      up = false;
    },
    kill: () => {
      if (!up) return;
      rig.kill();
      waiting.clear();
      up = false;
    },
    start: async () => {
      if (up) return;
      up = true;
      // The previous daemon was stopped and has not ended yet. systemd does not wait any longer.
      rig.kill();
      waiting.clear();
      stage.watch.forget();
      await rig.boot();
    },
    submit: (command) => {
      if (!up) return;
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
