/**
 * The life of a busy host, one event after the other: LUNs are attached and detached, paths fail and come back, LUNs
 * are resized and renamed, administrators give commands, and now and then a call fails or hangs. What is attached stays
 * within bounds, so a daemon that keeps growing keeps something that it should forget.
 */
import type { AdminCommand } from '../../src/engine/protocol';
import type { Simulator } from '../../src/simulator';
import { KernelRefusal } from '../../src/simulator/dmIoctl';
import type { Random } from '../../src/simulator/random';
import type { SimDisk } from '../../src/simulator/world';
import { wwidOf } from './rig';

export interface ChurnOptions {
  simulator: Simulator;
  random: Random;
  /** The most LUNs that are attached at a time, and how many there are altogether. */
  attached: number;
  known: number;
  paths: number;
  submit(command: AdminCommand): void;
  /** Somebody looks at a device, by any of its names. */
  look(device: string): void;
}

/** Lets one thing happen. At first as many LUNs are attached as ever will be. */
export type Churn = () => void;

const SIZES = [16_384, 32_768, 65_536] as const;
/** Errors of single calls, and hung calls that go on later. */
const OUTCOMES = [
  { kind: 'errno', errno: 'ENOMEM' },
  { kind: 'errno', errno: 'EIO', applied: true },
  { kind: 'late', ms: 3_000 },
  { kind: 'hang' },
] as const;

export function createChurn({ simulator, random, attached, known, paths, submit, look }: ChurnOptions): Churn {
  const { admin, faults, world } = simulator;
  const luns: number[] = [];
  let hosts = 0;
  const nth = <T>(things: ReadonlyMap<string, T>): T | undefined => {
    const at = things.size === 0 ? 0 : random.below(things.size);
    let passed = 0;
    for (const thing of things.values()) if (passed++ === at) return thing;
    return undefined;
  };
  const onDisk = (then: (disk: SimDisk) => void): void => {
    const disk = nth(world.disks);
    if (disk !== undefined) then(disk);
  };
  const onMap = (then: (name: string) => void): void => {
    const dm = nth(world.dmByName);
    if (dm !== undefined) then(dm.name);
  };
  const disksOf = (wwid: string): SimDisk[] => [...world.disks.values()].filter((disk) => disk.wwid === wwid);

  const attach = (lun: number): void => {
    if (luns.length >= attached || luns.includes(lun)) return;
    luns.push(lun);
    // Each LUN has an address of its own, so that a disk that was left behind never takes it.
    hosts += 1;
    for (let path = 0; path < paths; path++)
      admin.addDisk({ wwid: wwidOf(lun), hcil: `${path}:0:0:${hosts}`, sizeSectors: SIZES[0] });
  };
  const attachAny = (): void => attach(1 + random.below(known));
  const detach = (): void => {
    const [lun] = luns.splice(random.below(Math.max(1, luns.length)), 1);
    if (lun === undefined) return;
    for (const { name } of disksOf(wwidOf(lun))) admin.removeDisk(name, random.chance(0.5));
  };
  const replace = (): void =>
    onDisk(({ name, hcil, wwid, sizeSectors }) => {
      admin.removeDisk(name, true);
      admin.addDisk({ wwid, hcil, sizeSectors });
    });
  const resize = (): void =>
    onDisk(({ wwid }) => {
      const sectors = SIZES[random.below(SIZES.length)] ?? SIZES[0];
      for (const { name } of disksOf(wwid)) admin.resize(name, sectors);
    });
  const trouble = (): void => {
    const outcome = OUTCOMES[random.below(OUTCOMES.length)] ?? OUTCOMES[0];
    const rule = { devices: null, outcome, times: 1 + random.below(4), probability: 0.5 };
    faults.add({ operations: 'all', ...rule });
  };
  const command = (): void =>
    onDisk(({ name, wwid }) => {
      const commands: readonly AdminCommand[] = [
        { kind: 'add-path', path: name },
        { kind: 'del-path', path: name },
        { kind: 'add-map', map: wwid },
        { kind: 'del-map', map: wwid },
        { kind: 'disable-queueing', map: wwid },
        { kind: 'restore-queueing', map: wwid },
        { kind: 'resync' },
        { kind: 'reconfigure', all: random.chance(0.1) },
        { kind: 'reconfigure' },
        { kind: 'audit' },
      ];
      submit(commands[random.below(commands.length)] ?? { kind: 'resync' });
    });

  const mostly: Churn[] = [attachAny, attachAny, detach, replace, replace, resize, command, command];
  const others: Churn[] = [
    () => onDisk(({ name }) => admin.flap(name, 200 + random.below(20_000))),
    () => onDisk(({ name }) => admin.flap(name, 200 + random.below(20_000))),
    () => onDisk(({ name }) => admin.trigger(name, 'change', 1 + random.below(20))),
    () => onDisk(({ name }) => admin.attention(name, 'REPORTED_LUNS_DATA_HAS_CHANGED')),
    () =>
      onDisk(({ name }) => admin.change(name, { accessState: random.chance(0.5) ? 'standby' : 'active/optimized' })),
    () => onMap((name) => admin.renameMap(name, `name${random.below(known)}`)),
    () => onMap((name) => admin.removeMap(name)),
    () => onMap((name) => look(name)),
    () => onDisk(({ name }) => look(name)),
    trouble,
    () => void faults.release(),
    () => admin.foreignEvents(50),
  ];
  const all = [...mostly, ...others];
  for (let lun = 1; lun <= attached; lun++) attach(lun);
  return () => {
    try {
      all[random.below(all.length)]?.();
    } catch (error) {
      if (!(error instanceof KernelRefusal)) throw error;
    }
  };
}

/** Ends all trouble, and removes every disk and every map. */
export function takeAllAway({ admin, faults, world }: Simulator): void {
  faults.clear();
  faults.release();
  for (const { name } of [...world.disks.values()]) admin.removeDisk(name, true);
  for (const { name, openCount } of [...world.dmByName.values()]) {
    for (let open = 0; open < openCount; open++) admin.closeMap(name);
    admin.removeMap(name);
  }
}
