/** The true state of the simulated kernel, for a comparison with the daemon's tables. */
import type { MapFacts } from '../model/facts';
import type { DevT } from '../model/identity';
import { MAP_UUID_PREFIX } from '../model/identity';
import { mapFacts } from './deviceMapper';
import { pathsOf, type PathAnswer, type World } from './world';

export interface TruePath {
  name: string;
  devt: DevT;
  diskseq: number;
  wwid: string;
  sizeSectors: number;
  state: string;
  answer: PathAnswer;
  accessState: string | null;
  /** The UUIDs of the maps whose live table holds the disk (the names of maps without a UUID). */
  maps: string[];
}

export interface TrueMap {
  facts: MapFacts;
  /** The paths of the live table, in its order. */
  paths: Array<{ devt: DevT; diskseq: number; present: boolean; wwid: string; active: boolean }>;
}

export interface Truth {
  /** Multipath maps by UUID. */
  maps: Map<string, TrueMap>;
  /** Present disks by name. */
  paths: Map<string, TruePath>;
}

/** A copy of the truth as of now. */
export function readTruth(world: World): Truth {
  const maps = new Map<string, TrueMap>();
  const paths = new Map<string, TruePath>();
  for (const disk of world.disks.values()) {
    const { name, devt, diskseq, wwid, sizeSectors, state, answer, accessState } = disk;
    paths.set(name, { name, devt, diskseq, wwid, sizeSectors, state, answer, accessState, maps: [] });
  }
  for (const dm of world.dmByDevt.values()) {
    const inMap: TrueMap['paths'] = [];
    for (const { disk, active } of pathsOf(dm.live)) {
      inMap.push({ devt: disk.devt, diskseq: disk.diskseq, present: disk.present, wwid: disk.wwid, active });
      if (disk.present) paths.get(disk.name)?.maps.push(dm.uuid || dm.name);
    }
    if (dm.uuid.startsWith(MAP_UUID_PREFIX)) maps.set(dm.uuid, { facts: mapFacts(dm), paths: inMap });
  }
  return { maps, paths };
}
