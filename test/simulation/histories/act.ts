/** Carries out one action of a history on a simulated machine. */
import type { AdminCommand } from '../../../src/engine/protocol';
import { MAP_UUID_PREFIX, uuidOfWwid } from '../../../src/model/identity';
import { KernelRefusal, type TableRequest } from '../../../src/simulator/dmIoctl';
import type { SimDisk, SimDm } from '../../../src/simulator/world';
import { blacklistOf, blockOf, configurationOf, ruleOf } from '../../configuration';
import { wwidOf, type Rig } from '../rig';
import type { Action } from './history';
import { LIE } from './lies';
import type { Stage } from './stage';

/** The unit attention that a swapped LUN answers first. */
const SIGNS = {
  none: null,
  down: null,
  luns: 'REPORTED_LUNS_DATA_HAS_CHANGED',
  inquiry: 'INQUIRY_DATA_HAS_CHANGED',
} as const;
/** How long, ms, the path of a swapped LUN is down. A check that is due in this time sees it. */
const DOWN_MS = 300;

/** Sizes that LUNs can have, sectors. */
export const SIZES = [16384, 32768, 65536] as const;

/** Names that the daemon itself gives, too, so that maps exchange them. */
const ALIASES = ['mpatha', 'mpathb', 'mpathc'] as const;

const sizeOf = (size: number): number => SIZES[size % SIZES.length] ?? SIZES[0];

function nth<T>(things: Iterable<T>, at: number): T | undefined {
  const list = [...things];
  return list[at % Math.max(1, list.length)];
}

/** The paths of a LUN in one group, or in one group each. */
export function tableOf(disks: readonly SimDisk[], each: boolean): TableRequest {
  const groups = each ? disks.map((disk) => [disk]) : [disks];
  const words = groups
    .filter((group) => group.length > 0)
    .map((group) => `service-time 0 ${group.length} 1 ${group.map(({ devt }) => `${devt} 1`).join(' ')}`);
  const params = words.length === 0 ? '0 0 0 0' : `0 0 ${words.length} 1 ${words.join(' ')}`;
  return { type: 'multipath', params, sizeSectors: disks[0]?.sizeSectors ?? SIZES[0], readOnly: false };
}

export async function act(stage: Stage, action: Action): Promise<void> {
  await perform(stage, action).catch(unlessRefused);
}

/** An action that the kernel refuses has no effect. Any other exception is a fault of the test. */
function unlessRefused(error: unknown): void {
  if (!(error instanceof KernelRefusal)) throw error;
}

async function perform(stage: Stage, action: Action): Promise<void> {
  const { rig } = stage;
  const { admin, faults, udev, kernelListener, world } = rig.simulator;
  const disk = (at: number): SimDisk | undefined => nth(world.disks.values(), at);
  const map = (at: number): SimDm | undefined => nth(world.dmByName.values(), at);
  switch (action.do) {
    case 'add-disk':
      return void admin.addDisk({
        wwid: wwidOf(1 + action.lun),
        hcil: `${action.port}:0:0:${action.slot}`,
        sizeSectors: sizeOf(action.size),
      });
    case 'remove-disk':
      return onDisk(disk(action.disk), ({ name }) => admin.removeDisk(name, action.io));
    case 'replace-disk':
      // The lowest free name and number are given again, so another LUN comes under the old name.
      return onDisk(disk(action.disk), ({ name, hcil }) => {
        admin.removeDisk(name, true);
        admin.addDisk({ wwid: wwidOf(1 + action.lun), hcil, sizeSectors: sizeOf(action.size) });
      });
    case 'answer':
      return onDisk(disk(action.disk), ({ name }) => admin.change(name, { answer: action.answer, io: action.io }));
    case 'state':
      return onDisk(disk(action.disk), ({ name }) =>
        looking(stage, name, () => admin.change(name, { state: action.state, io: true })),
      );
    case 'access':
      return onDisk(disk(action.disk), ({ name }) => admin.change(name, { accessState: action.state }));
    case 'flap':
      return onDisk(disk(action.disk), ({ name }) => admin.flap(name, action.ms));
    case 'remap':
      return onDisk(disk(action.disk), ({ name }) => admin.remap(name, wwidOf(1 + action.lun), sizeOf(action.size)));
    case 'swap-lun':
      return onDisk(disk(action.disk), ({ name }) => {
        if (action.sign === 'down') admin.flap(name, DOWN_MS);
        admin.swapLun(name, {
          wwid: wwidOf(1 + action.lun),
          sizeSectors: sizeOf(action.size),
          attention: SIGNS[action.sign],
        });
      });
    case 'rescan':
      return onDisk(disk(action.disk), ({ name }) => looking(stage, name, () => admin.rescan(name)));
    case 'resize':
      return resize(rig, action.lun, sizeOf(action.size), action.all);
    case 'read-only':
      return onDisk(disk(action.disk), ({ name }) => admin.setReadOnly(name, action.on));
    case 'claim':
      return onDisk(disk(action.disk), ({ name }) => admin.claim(name, action.on));
    case 'trigger':
      return onDisk(disk(action.disk), ({ name }) => admin.trigger(name, action.event, action.count));
    case 'rename-map':
      return onMap(map(action.map), ({ name }) => admin.renameMap(name, `name${action.name}`));
    case 'swap-names':
      return swapNames(rig, map(action.map), map(action.other));
    case 'remove-map':
      return onMap(map(action.map), (dm) => {
        admin.removeMap(dm.name);
        stage.dismissed.maps.add(dm.uuid);
      });
    case 'remake-under-alias':
      return onMap(map(action.map), (dm) => remake(stage, dm, action.lun));
    case 'reload-map':
      return onMap(map(action.map), (dm) => reload(stage, dm, action.keep, action.flip));
    case 'make-map':
      return make(stage, action.lun, `name${action.name}`, action.table);
    case 'suspend-map':
      return onMap(map(action.map), (dm) => {
        admin.suspendMap(dm.name);
        stage.leftSuspended.delete(dm);
      });
    case 'resume-map':
      return onMap(map(action.map), ({ name }) => admin.resumeMap(name));
    case 'open-map':
      return onMap(map(action.map), ({ name }) => admin.openMap(name));
    case 'close-map':
      return onMap(map(action.map), ({ name }) => admin.closeMap(name));
    case 'message-map':
      return onMap(map(action.map), ({ name }) => {
        const perPath = action.message.endsWith('_path') && !action.message.endsWith('if_no_path');
        admin.messageMap(name, perPath ? `${action.message} ${disk(action.disk)?.devt ?? '8:0'}` : action.message);
      });
    case 'bind':
      return bind(stage, wwidOf(1 + action.lun), ALIASES[action.name % ALIASES.length] ?? ALIASES[0]);
    case 'configure':
      return configure(stage, action);
    case 'command':
      return command(stage, action.command, action.at);
    case 'slow-file':
      return stage.slowFiles.slow(action.file, action.ms);
    case 'release-files':
      return stage.slowFiles.release();
    case 'command-flood':
      for (let asked = 0; asked < action.count; asked++) command(stage, action.command, action.at);
      return;
    case 'show-flood':
      for (let shown = 0; shown < action.count; shown++) showAll(stage);
      return;
    case 'stop':
      return stage.stop();
    case 'kill':
      return stage.kill();
    case 'die-in-write':
      return stage.dieIn(action.operation, action.calls, action.ms);
    case 'start':
      return stage.start();
    case 'jump':
      return stage.jump(action.ms);
    case 'udev':
      return action.what === 'stop'
        ? udev?.stop()
        : action.what === 'continue'
          ? udev?.continue()
          : action.what === 'kill'
            ? udev?.kill()
            : udev?.start();
    case 'udev-slow':
      return udev?.setDelay(action.ms);
    case 'udev-lies':
      return lie(stage, action.on);
    case 'make-mixed-map':
      return makeMixed(stage);
    case 'udev-loss':
      return udev?.setLoss(action.probability);
    case 'listener':
      return action.away ? kernelListener.pause() : kernelListener.resume();
    case 'listener-dies':
      return kernelListener.die(action.ms);
    case 'message-buffer':
      return kernelListener.setMessageBytes(action.bytes);
    case 'other-namespace':
      return admin.useNumbersUp(action.count);
    case 'flood':
      return admin.foreignEvents(action.count);
    case 'lose':
      if (stage.machine.silent) faults.loseUevents = action.probability;
      return;
    case 'reorder':
      faults.reorderUevents = action.probability;
      return;
    case 'trouble': {
      const uuid = action.map === null ? undefined : map(action.map)?.uuid;
      faults.add({
        operations: action.operations,
        devices: uuid === undefined ? null : [uuid],
        outcome: action.trouble,
        times: action.times,
        probability: action.probability,
      });
      if (action.trouble.kind === 'late' || action.trouble.kind === 'halfway')
        stage.latest = Math.max(stage.latest, action.trouble.ms);
      return;
    }
    case 'release':
      return void faults.release();
  }
}

/**
 * When the kernel looks at a swapped LUN, no event reports the other identity. The tool that has the kernel look has
 * udev look, too. Otherwise only the periodic resync finds the change.
 */
export function looking({ rig, machine }: Stage, name: string, look: () => void): void {
  const { admin, world } = rig.simulator;
  const before = world.disks.get(name)?.wwid;
  look();
  if (!machine.silent && world.disks.get(name)?.wwid !== before) admin.trigger(name, 'change');
}

function onDisk(disk: SimDisk | undefined, then: (disk: SimDisk) => void): void {
  if (disk !== undefined) then(disk);
}

function onMap(map: SimDm | undefined, then: (map: SimDm) => void): void {
  if (map !== undefined) then(map);
}

export function lie(stage: Stage, on: boolean): void {
  const { admin, world } = stage.rig.simulator;
  stage.lied = true;
  admin.useUdevSerial(on ? LIE : null);
  for (const name of world.disks.keys()) admin.trigger(name, 'change');
}

/** All free disks of the first one's size, so that the kernel takes the table. */
function makeMixed({ rig }: Stage): void {
  const { admin, world } = rig.simulator;
  const free = [...world.disks.values()].filter(({ holders }) => holders.length === 0);
  const [first] = free;
  if (first === undefined || world.dmByUuid.has(uuidOfWwid(LIE))) return;
  const disks = free.filter(({ sizeSectors }) => sizeSectors === first.sizeSectors);
  admin.createMap('mixed', uuidOfWwid(LIE), tableOf(disks, false));
}

function disksOf(rig: Rig, lun: number): SimDisk[] {
  return [...rig.simulator.world.disks.values()].filter(({ wwid }) => wwid === wwidOf(1 + lun));
}

/** The array reports the size on one path after the other. If `all` is false, only the first path has noticed it. */
function resize(rig: Rig, lun: number, sectors: number, all: boolean): void {
  for (const disk of disksOf(rig, lun).slice(0, all ? undefined : 1)) rig.simulator.admin.resize(disk.name, sectors);
}

function swapNames(rig: Rig, one: SimDm | undefined, other: SimDm | undefined): void {
  if (one === undefined || other === undefined || one === other) return;
  const { admin } = rig.simulator;
  const [a, b] = [one.name, other.name];
  admin.renameMap(a, 'swapping');
  admin.renameMap(b, a);
  admin.renameMap('swapping', b);
}

/** Removes the map, and makes another LUN's map under its name. */
function remake(stage: Stage, dm: SimDm, lun: number): void {
  const { admin } = stage.rig.simulator;
  const { name, uuid } = dm;
  const disks = disksOf(stage.rig, lun);
  admin.removeMap(name);
  stage.dismissed.maps.add(uuid);
  if (disks.length > 0) admin.createMap(name, uuidOfWwid(wwidOf(1 + lun)), tableOf(disks, false));
}

/** Loads somebody else's table: only the first `keep` paths (0: all), perhaps with a group for each. */
function reload(stage: Stage, dm: SimDm, keep: number, flip: boolean): void {
  if (!dm.uuid.startsWith(MAP_UUID_PREFIX) || dm.live === null) return;
  const all = [...stage.rig.simulator.world.disks.values()].filter(({ wwid }) => uuidOfWwid(wwid) === dm.uuid);
  const kept = keep === 0 ? all : all.slice(0, keep);
  for (const { devt, diskseq } of all.slice(kept.length)) stage.dismissed.paths.add(`${devt}#${diskseq}`);
  stage.rig.simulator.admin.reloadMap(dm.name, { ...tableOf(kept, flip), sizeSectors: dm.live.target.sizeSectors });
}

function make(stage: Stage, lun: number, name: string, table: boolean): void {
  const { admin } = stage.rig.simulator;
  const uuid = uuidOfWwid(wwidOf(1 + lun));
  const disks = disksOf(stage.rig, lun);
  if (disks.length === 0) return;
  if (table) admin.createMap(name, uuid, tableOf(disks, false));
  else admin.createEmptyMap(name, uuid);
}

/** An administrator edits the bindings file. The change has effect from the next `reconfigure`, start or new map on. */
async function bind(stage: Stage, wwid: string, alias: string): Promise<void> {
  await stage.bindings.update((text) => {
    const others = text
      .split('\n')
      .filter((line) => line !== '' && !line.endsWith(` ${wwid}`) && !line.startsWith(`${alias} `));
    return [...others, `${alias} ${wwid}`, ''].join('\n');
  });
}

function configure(stage: Stage, { find, friendly, ban, lun, alias }: Extract<Action, { do: 'configure' }>): void {
  const wwid = wwidOf(1 + lun);
  const [first] = stage.rig.simulator.world.disks.keys();
  const rules =
    ban === 'lun'
      ? { wwid: [ruleOf(wwid, 10)] }
      : ban === 'name' && first !== undefined
        ? { devnode: [ruleOf(`^${first}$`, 11)] }
        : {};
  if (ban === 'lun') stage.dismissed.banned.add(wwid);
  if (ban === 'name' && first !== undefined) stage.dismissed.banned.add(first);
  const aliased = blockOf({ wwid, alias: ALIASES[(alias ?? 0) % ALIASES.length] ?? ALIASES[0] }, 20);
  const sections = { blacklist: blacklistOf(rules), multipaths: alias === null ? [] : [aliased] };
  stage.configured = true;
  stage.files.set(
    configurationOf({ ...stage.machine.settings, find_multipaths: find, user_friendly_names: friendly }, sections),
  );
}

/** What somebody sees who asks about each device. */
function showAll({ rig: { runtime } }: Stage): void {
  const { paths, maps } = runtime.tables;
  for (const { name } of paths.values()) runtime.explain(name);
  for (const { wwid } of maps.values()) {
    runtime.explain(wwid);
    runtime.settings(wwid);
  }
}

function command(stage: Stage, kind: AdminCommand['kind'], at: number): void {
  const { tables } = stage.rig.runtime;
  const path = nth(tables.paths.values(), at);
  const map = nth(tables.maps.values(), at);
  switch (kind) {
    case 'resync':
    case 'reconfigure':
    case 'audit':
    case 'force-daemon-queueing':
    case 'restore-daemon-queueing':
      return stage.submit({ kind });
    case 'disable-queueing':
    case 'restore-queueing':
      return stage.submit({ kind, map: map?.wwid ?? null });
    case 'add-path':
      if (path !== undefined) stage.submit({ kind, path: path.name });
      return;
    case 'del-path':
      if (path === undefined) return;
      stage.dismissed.paths.add(path.key);
      return stage.submit({ kind, path: path.name });
    case 'add-map':
      if (map !== undefined) stage.submit({ kind, map: map.wwid });
      return;
    case 'del-map':
      if (map === undefined) return;
      stage.dismissed.maps.add(map.uuid);
      return stage.submit({ kind, map: map.wwid });
  }
}
