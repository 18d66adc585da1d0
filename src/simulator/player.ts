/** Plays a scenario on a simulator. */
import type { Admin } from './admin';
import { KernelRefusal, type TableRequest } from './dmIoctl';
import type { FaultOutcome } from './faults';
import type { Simulator } from './index';
import { uuidOfWwid } from '../model/identity';
import {
  ACCESS_STATES,
  type Action,
  type PathRef,
  type Scenario,
  type ScenarioFault,
  type ScenarioLun,
  type ScenarioPath,
} from './scenario';
import type { SimDisk } from './world';

export interface Player {
  /** Ends the play: no step is played after this. */
  stop(): void;
}

/** Called for every step, and for steps that the simulated kernel refused. */
export type PlayLog = (line: string) => void;

const SECTORS_PER_MIB = 2048;

interface Stage {
  simulator: Simulator;
  admin: Admin;
  luns: Map<string, ScenarioLun>;
}

function lunNamed(stage: Stage, name: string): ScenarioLun {
  const lun = stage.luns.get(name);
  if (lun === undefined) throw new KernelRefusal('scenario', name, 'ENOENT');
  return lun;
}

/** A path is found by its SCSI address, because its name changes when its disk comes back. */
function diskAt(stage: Stage, path: ScenarioPath | undefined): SimDisk | null {
  for (const disk of stage.simulator.world.disks.values()) if (disk.hcil === path?.hcil) return disk;
  return null;
}

function diskOf(stage: Stage, ref: PathRef): SimDisk {
  const disk = diskAt(stage, lunNamed(stage, ref.lun).paths[ref.path]);
  if (disk === null) throw new KernelRefusal('scenario', `${ref.lun} path ${ref.path}`, 'ENODEV');
  return disk;
}

function addPath(stage: Stage, lun: ScenarioLun, path: ScenarioPath | undefined): void {
  if (path === undefined) throw new KernelRefusal('scenario', lun.name, 'ENOENT');
  stage.admin.addDisk({
    wwid: lun.wwid,
    hcil: path.hcil,
    sizeSectors: lun.sizeMiB * SECTORS_PER_MIB,
    vendor: lun.vendor,
    model: lun.model,
    accessState: path.access,
    preferredPath: path.preferred,
    deviceHandler: path.access === null ? null : 'alua',
    answer: path.answer,
  });
}

function mapNameOf(stage: Stage, lunName: string): string {
  const uuid = uuidOfWwid(lunNamed(stage, lunName).wwid);
  const dm = stage.simulator.world.dmByUuid.get(uuid);
  if (dm === undefined) throw new KernelRefusal('dmsetup', uuid, 'ENXIO');
  return dm.name;
}

function tableOf(lun: ScenarioLun, groups: ReadonlyArray<readonly SimDisk[]>): TableRequest {
  const handler = lun.paths.some((p) => p.access !== null) ? '1 alua' : '0';
  const texts = groups.map((g) => `service-time 0 ${g.length} 1 ${g.map((d) => `${d.devt} 1`).join(' ')}`);
  const params = [`0 ${handler} ${groups.length} ${groups.length === 0 ? 0 : 1}`, ...texts].join(' ');
  return { type: 'multipath', params, sizeSectors: lun.sizeMiB * SECTORS_PER_MIB, readOnly: false };
}

/** One group of all the given disks, as an administrator would write it by hand. */
const handMadeTable = (lun: ScenarioLun, disks: readonly SimDisk[]): TableRequest =>
  tableOf(lun, disks.length === 0 ? [] : [disks]);

/** A table with a group per ALUA state, the best first, as an earlier daemon would have left it. */
function leftTable(lun: ScenarioLun, disks: readonly SimDisk[]): TableRequest {
  const groups = [null, ...ACCESS_STATES].map((state) => disks.filter((d) => d.accessState === state));
  return tableOf(
    lun,
    groups.filter((g) => g.length > 0),
  );
}

const disksOfLun = (stage: Stage, lun: ScenarioLun, numbers: readonly number[]): SimDisk[] =>
  numbers.flatMap((n) => diskAt(stage, lun.paths[n]) ?? []);

const allPaths = (lun: ScenarioLun): number[] => lun.paths.map((_, n) => n);

function buildSan(stage: Stage): void {
  for (const lun of stage.luns.values()) {
    for (const path of lun.paths) if (path.present) addPath(stage, lun, path);
    if (lun.map === null) continue;
    const disks = disksOfLun(stage, lun, allPaths(lun));
    stage.admin.createMap(lun.map, uuidOfWwid(lun.wwid), leftTable(lun, disks));
  }
}

/** Swaps two names by three renames with an unused name in between, as an administrator does it. */
function swapNames(stage: Stage, one: string, two: string): void {
  const [first, second] = [mapNameOf(stage, one), mapNameOf(stage, two)];
  const between = `${first}-swap`;
  stage.admin.renameMap(first, between);
  stage.admin.renameMap(second, first);
  stage.admin.renameMap(between, second);
}

/** The reader does not run while the events come, so its socket overflows. */
function overrun(stage: Stage, events: number, awayMs: number): void {
  const { kernelListener, scheduler } = stage.simulator;
  kernelListener.pause();
  const [disk] = stage.simulator.world.disks.keys();
  if (disk === undefined) stage.admin.foreignEvents(events);
  else stage.admin.trigger(disk, 'change', events);
  scheduler.after(awayMs, () => kernelListener.resume());
}

function outcomeOf(fault: ScenarioFault): FaultOutcome {
  if ('errno' in fault) return { kind: 'errno', errno: fault.errno };
  if ('lateMs' in fault) return { kind: 'late', ms: fault.lateMs };
  return { kind: 'hang' };
}

function addFault(stage: Stage, action: Extract<Action, { do: 'fault' }>): void {
  const lun = action.lun === null ? null : lunNamed(stage, action.lun);
  const names = lun === null ? [] : disksOfLun(stage, lun, allPaths(lun)).map((d) => d.name);
  stage.simulator.faults.add({
    operations: action.operations,
    devices: lun === null ? null : [uuidOfWwid(lun.wwid), ...names],
    outcome: outcomeOf(action.fault),
    times: action.times,
    probability: action.probability,
  });
}

function perform(stage: Stage, action: Action): void {
  const { admin, simulator } = stage;
  switch (action.do) {
    case 'fail-path':
      return admin.change(diskOf(stage, action).name, { answer: 'down', io: true });
    case 'hang-path':
      return admin.change(diskOf(stage, action).name, { answer: 'hangs' });
    case 'restore-path':
      return admin.change(diskOf(stage, action).name, { answer: 'up', state: 'running' });
    case 'add-path': {
      const lun = lunNamed(stage, action.lun);
      return addPath(stage, lun, lun.paths[action.path]);
    }
    case 'remove-path':
      return admin.removeDisk(diskOf(stage, action).name, action.io);
    case 'flap-path':
      return admin.flap(diskOf(stage, action).name, action.downMs);
    case 'set-state':
      return admin.change(diskOf(stage, action).name, { state: action.state, io: true });
    case 'set-access':
      return admin.change(diskOf(stage, action).name, { accessState: action.access });
    case 'remap-path': {
      const target = lunNamed(stage, action.to);
      return admin.remap(diskOf(stage, action).name, target.wwid, target.sizeMiB * SECTORS_PER_MIB);
    }
    case 'add-lun': {
      const lun = lunNamed(stage, action.lun);
      for (const path of lun.paths) if (diskAt(stage, path) === null) addPath(stage, lun, path);
      return;
    }
    case 'remove-lun': {
      const lun = lunNamed(stage, action.lun);
      for (const disk of disksOfLun(stage, lun, allPaths(lun))) admin.removeDisk(disk.name);
      return;
    }
    case 'open-map':
      return admin.openMap(mapNameOf(stage, action.lun));
    case 'close-map':
      return admin.closeMap(mapNameOf(stage, action.lun));
    case 'remove-map':
      return admin.removeMap(mapNameOf(stage, action.lun));
    case 'resize-lun': {
      const lun = lunNamed(stage, action.lun);
      for (const disk of disksOfLun(stage, lun, allPaths(lun)))
        admin.resize(disk.name, action.sizeMiB * SECTORS_PER_MIB);
      return;
    }
    case 'rename-map':
      return admin.renameMap(mapNameOf(stage, action.lun), action.name);
    case 'swap-map-names':
      return swapNames(stage, action.lun, action.with);
    case 'reload-map': {
      const lun = lunNamed(stage, action.lun);
      return admin.reloadMap(mapNameOf(stage, lun.name), handMadeTable(lun, disksOfLun(stage, lun, action.paths)));
    }
    case 'overrun':
      return overrun(stage, action.events, action.awayMs);
    case 'udev':
      return simulator.udev?.[action.action]();
    case 'fault':
      return addFault(stage, action);
    case 'clear-faults':
      simulator.faults.clear();
      simulator.faults.release();
      return;
  }
}

/** `fail-path lun-a path 1`: the text of a step for the log. */
function describeAction(action: Action): string {
  const { do: verb, ...rest } = action;
  const words = Object.entries(rest).map(([key, value]) =>
    key === 'lun'
      ? String(value ?? 'every device')
      : `${key} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
  );
  return [verb, ...words].join(' ');
}

/**
 * Builds the SAN at once, then plays the steps, round after round if the scenario repeats. If the simulated kernel
 * refuses a step (its path does not exist), the player logs it and goes on.
 */
export function playScenario(simulator: Simulator, scenario: Scenario, log: PlayLog): Player {
  const stage: Stage = { simulator, admin: simulator.admin, luns: new Map(scenario.luns.map((l) => [l.name, l])) };
  const { scheduler } = simulator;
  let stopped = false;

  const play = (action: Action): void => {
    try {
      perform(stage, action);
      log(describeAction(action));
    } catch (error) {
      if (!(error instanceof KernelRefusal)) throw error;
      log(`${describeAction(action)}: refused: ${error.message}`);
    }
  };
  // There is only one timer at a time, for a scenario of any length.
  const waitFor = (at: number, next: () => void): void =>
    scheduler.after(Math.max(0, at - scheduler.now()), () => {
      if (!stopped) next();
    });
  const playFrom = (index: number, begin: number): void => {
    const step = scenario.steps[index];
    if (step !== undefined) {
      waitFor(begin + step.at * 1000, () => {
        play(step.action);
        playFrom(index + 1, begin);
      });
      return;
    }
    if (scenario.repeatEvery === null) return log('the scenario is over');
    const again = begin + scenario.repeatEvery * 1000;
    waitFor(again, () => playFrom(0, again));
  };
  buildSan(stage);
  playFrom(0, scheduler.now());
  return {
    stop: () => {
      stopped = true;
    },
  };
}
