import type { Daemon } from './daemon';
import type { Machine } from './machine';
import { type KernelMap, type Truth, truthOf } from './truth';

/* Changes that others make to maps behind the daemon's back, with dmsetup, and losses of uevents. */

/** A table line with these paths in these groups. Everything else is as in the map. */
export const tableLine = (map: KernelMap, groups: readonly (readonly string[])[]): string => {
  const counted = (words: readonly string[]): string => [words.length, ...words].join(' ');
  const selectors = groups.map(
    (paths) => `service-time 0 ${paths.length} 1 ${paths.map((devt) => `${devt} 1`).join(' ')}`,
  );
  const head = `0 ${map.sectors} multipath ${counted(map.features)} ${counted(map.handler)}`;
  return `${head} ${groups.length} ${Math.min(1, groups.length)} ${selectors.join(' ')}`;
};

/** The map's present table line, with one group. */
export const ownTable = (map: KernelMap): string => tableLine(map, [map.groups.flatMap((group) => group.paths)]);

/** `dmsetup create` with a multipath map's UUID. */
export const createMap = async (machine: Machine, name: string, uuid: string, table: string): Promise<void> =>
  void (await machine.ok(`dmsetup create '${name}' --uuid '${uuid}' --table '${table}'`));

/** Loads and resumes another table. */
export const reloadMap = async (machine: Machine, name: string, table: string): Promise<void> =>
  void (await machine.ok(
    `dmsetup suspend --noflush --nolockfs ${name} && dmsetup load ${name} --table '${table}' && dmsetup resume ${name}`,
  ));

export const removeMap = async (machine: Machine, name: string): Promise<void> =>
  void (await machine.ok(`dmsetup remove --retry ${name}`));

export const renameMap = async (machine: Machine, from: string, to: string): Promise<void> =>
  void (await machine.ok(`dmsetup rename ${from} ${to}`));

/** Two maps exchange their names. */
export const swapNames = async (machine: Machine, a: string, b: string): Promise<void> =>
  void (await machine.ok(
    `dmsetup rename ${a} on-the-way && dmsetup rename ${b} ${a} && dmsetup rename on-the-way ${b}`,
  ));

/** The kernel's map of this name. */
export const mapNamed = async (machine: Machine, name: string): Promise<KernelMap> => {
  const map = (await truthOf(machine)).maps.find((one) => one.name === name);
  if (map === undefined) throw new Error(`the kernel has no multipath map ${name}`);
  return map;
};

/**
 * Maps that have a path to another LUN than their UUID says, by sysfs. For disks under fastUdev: a map's UUID is
 * `mpath-3` and the digits of its disks' NAA name.
 */
export const misledMaps = ({ maps, disks }: Truth): string[] =>
  maps.flatMap((map) =>
    map.groups
      .flatMap((group) => group.paths)
      .flatMap((devt) => {
        const wwid = disks.find((disk) => disk.devt === devt)?.wwid ?? 'no disk';
        return map.uuid === `mpath-${wwid.replace('naa.', '3')}`
          ? []
          : [`${map.name} (${map.uuid}) has ${devt}, which is ${wwid}`];
      }),
  );

/** From now on no uevent reaches the daemon, and nothing tells the daemon so. */
export const loseUevents = async (machine: Machine, daemon: Daemon): Promise<void> =>
  void (await machine.ok(`/project/test/vm/guest/uevent_filter ${daemon.process.pid} none`));

/** Ends loseUevents. */
export const deliverUevents = async (machine: Machine, daemon: Daemon): Promise<void> =>
  void (await machine.ok(`/project/test/vm/guest/uevent_filter ${daemon.process.pid} pass`));
