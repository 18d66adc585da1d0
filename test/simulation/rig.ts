/** A daemon on a simulated machine in virtual time, with the comparison that ends every history. */
import { createBindingsStore, memoryFile, type BindingsStore, type TextFile } from '../../src/daemon/bindingsStore';
import { fixedConfiguration, type ConfigurationSource } from '../../src/daemon/configurationSource';
import type { Configuration } from '../../src/config/configuration';
import type { SettingValues } from '../../src/config/settings';
import { createRuntime, type Runtime, type RuntimeOptions } from '../../src/daemon/runtime';
import type { HintSource } from '../../src/daemon/transportWatcher/supervisor';
import type { WwidsStore } from '../../src/daemon/wwidsStore';
import type { EngineOptions } from '../../src/engine/core/options';
import type { LogLevel } from '../../src/engine/protocol';
import type { KernelPorts } from '../../src/kernel/ports';
import { createSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator';
import { createVirtualScheduler, type VirtualScheduler } from '../simulator/virtualTime';
import { configurationOf, filesOf } from '../configuration';
import { processOn, settle, type Process, type WriteRecord } from './process';

export interface Rig {
  simulator: Simulator;
  scheduler: VirtualScheduler;
  runtime: Runtime;
  logs: Array<{ level: LogLevel; device: string | null; message: string }>;
  ready(): boolean;
  /** Lets virtual time pass, ms. */
  run(ms: number): Promise<void>;
  /** Ends the daemon's process at any moment. The kernel may still carry out what the daemon has asked for. */
  kill(): void;
  /** The maps, by UUID, that daemons left in the middle of a write, until one of them has put them right. */
  interrupted(): string[];
  /** Stops the daemon and starts another one on the same machine and bindings. */
  restart(whileDown?: () => void | Promise<void>): Promise<void>;
  /** Starts another daemon on the same machine and bindings. */
  boot(): Promise<void>;
  /** The alias and paths of every map, by WWID, in the daemon's tables. */
  view(): View;
  /** The alias and paths of every map, by WWID, in the kernel. */
  truth(): View;
}

/** A view that can be compared: maps by UUID with name and path states, and paths with their dev_t. */
export interface View {
  maps: Record<string, { name: string; devt: string; paths: string[] }>;
  paths: string[];
}

export interface RigOptions {
  simulator?: Partial<SimulatorOptions>;
  engine?: Partial<EngineOptions>;
  bindings?: BindingsStore;
  configuration?: ConfigurationSource;
  wwids?: WwidsStore;
  hints?: HintSource;
  journal?: RuntimeOptions['journal'];
  onBroken?: RuntimeOptions['onBroken'];
  onLog?: RuntimeOptions['log'];
  /** Wraps the ports between the daemon and the kernel. */
  ports?(ports: KernelPorts): KernelPorts;
}

/** Options of a rig with these values in `defaults`. */
export function configured(defaults: Partial<SettingValues>, more: Partial<Configuration> = {}): RigOptions {
  return { configuration: fixedConfiguration(configurationOf(defaults, more)) };
}

/** A bindings store in virtual time, which never waits for a turn of the event loop. */
export const bindingsOf = (file: TextFile): BindingsStore => createBindingsStore(file, process.nextTick);

export function createRig(options: RigOptions = {}): Rig {
  const scheduler = createVirtualScheduler();
  const simulator = createSimulator({ scheduler, ...options.simulator });
  const bindings = options.bindings ?? bindingsOf(memoryFile());
  const files = filesOf();
  const logs: Rig['logs'] = [];
  let ready = false;
  let process: Process;
  const record: WriteRecord = new Map();
  const boot = (): Runtime => {
    const interrupted = new Map(record);
    process = processOn(options.ports?.(simulator.ports) ?? simulator.ports, record);
    return createRuntime({
      kernel: process.ports,
      bindings,
      configuration: options.configuration ?? files.configuration,
      wwids: options.wwids ?? files.wwids,
      udevPresent: simulator.udev !== null,
      engine: { interrupted: [...record.keys()], ...options.engine },
      hints: options.hints ?? null,
      journal: options.journal ?? null,
      ...(options.onBroken === undefined ? {} : { onBroken: options.onBroken }),
      log: (level, message, device) => {
        logs.push({ level, device, message });
        options.onLog?.(level, message, device);
      },
      onReady: () => {
        ready = true;
        for (const [uuid, writes] of interrupted) settle(record, uuid, writes);
      },
    });
  };
  const rig: Rig = {
    simulator,
    scheduler,
    runtime: boot(),
    logs,
    ready: () => ready,
    interrupted: () => [...record.keys()],
    run: (ms) => scheduler.run(ms),
    kill: () => {
      process.die();
      simulator.crash();
    },
    restart: async (whileDown) => {
      void rig.runtime.stop();
      await whileDown?.();
      await scheduler.run(10);
      rig.kill();
      await rig.boot();
    },
    boot: async () => {
      ready = false;
      rig.runtime = boot();
      await rig.runtime.start();
    },
    view: () => viewOfTables(rig.runtime),
    truth: () => viewOfTruth(simulator),
  };
  return rig;
}

/**
 * Starts a daemon with the LUNs `1..luns`, each with `paths` paths and a WWID 36…01, …, and waits until it is quiet.
 */
export async function startWithSan(luns: number, paths: number, options: RigOptions = {}): Promise<Rig> {
  const rig = createRig(options);
  addSan(rig, luns, paths);
  await rig.run(1_000);
  await rig.runtime.start();
  await rig.run(3_000);
  return rig;
}

export function wwidOf(lun: number): string {
  return `36001405${String(lun).padStart(25, '0')}`;
}

export function addSan(rig: Rig, luns: number, paths: number): void {
  for (let path = 0; path < paths; path++) {
    for (let lun = 1; lun <= luns; lun++) addPath(rig, lun, path);
  }
}

/** Returns the kernel's name of the new disk. */
export function addPath(rig: Rig, lun: number, path: number): string {
  return rig.simulator.admin.addDisk({ wwid: wwidOf(lun), hcil: `${path}:0:0:${lun}`, sizeSectors: 16384 });
}

function viewOfTables(runtime: Runtime): View {
  const maps: View['maps'] = {};
  for (const map of runtime.tables.maps.values()) {
    const paths = (map.status?.groups ?? []).flatMap((group) =>
      group.paths.map((path) => `${path.devt} ${path.state}`),
    );
    maps[map.uuid] = { name: map.facts.name, devt: map.facts.devt, paths: paths.sort() };
  }
  return { maps, paths: [...runtime.tables.paths.keys()].sort() };
}

function viewOfTruth(simulator: Simulator): View {
  const truth = simulator.truth();
  const maps: View['maps'] = {};
  for (const [uuid, map] of truth.maps) {
    const paths = map.paths.map((path) => `${path.devt} ${path.active ? 'active' : 'failed'}`);
    maps[uuid] = { name: map.facts.name, devt: map.facts.devt, paths: paths.sort() };
  }
  return { maps, paths: [...truth.paths.values()].map((path) => `${path.devt}#${path.diskseq}`).sort() };
}
