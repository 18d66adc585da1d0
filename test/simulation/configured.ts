/** A daemon whose configuration changes while it runs. */
import type { Configuration } from '../../src/config/configuration';
import type { SettingValues } from '../../src/config/settings';
import { memoryFile } from '../../src/daemon/bindingsStore';
import type { AdminResult } from '../../src/engine/protocol';
import type { KernelPorts } from '../../src/kernel/ports';
import type { Failure } from '../../src/model/failure';
import { uuidOfWwid } from '../../src/model/identity';
import { blockOf, changingFiles, configurationOf, type ChangingFiles } from '../configuration';
import { addSan, bindingsOf, createRig, wwidOf, type Rig } from './rig';

const [A, B] = [wwidOf(1), wwidOf(2)];

export interface Setup {
  rig: Rig;
  files: ChangingFiles;
  /** Writes to device-mapper, in their order. */
  writes: string[];
  reconfigure(next?: Configuration | Failure, all?: boolean): Promise<AdminResult>;
}

function counted(ports: KernelPorts, writes: string[]): KernelPorts {
  const dm = ports.deviceMapper;
  return {
    ...ports,
    deviceMapper: {
      ...dm,
      create: (request) => (writes.push(`create ${request.name}`), dm.create(request)),
      reload: (request) => (writes.push(`reload ${request.uuid}`), dm.reload(request)),
      rename: (uuid, to) => (writes.push(`rename ${uuid} ${to}`), dm.rename(uuid, to)),
      remove: (uuid) => (writes.push(`remove ${uuid}`), dm.remove(uuid)),
      message: (uuid, message) => (writes.push(`message ${uuid} ${message}`), dm.message(uuid, message)),
    },
  };
}

/** Starts a daemon with the LUNs A and B, each with two paths: sda and sdc, sdb and sdd. */
export async function setup(first = configurationOf(), luns = 2, paths = 2): Promise<Setup> {
  const files = changingFiles(first);
  const writes: string[] = [];
  const rig = createRig({
    configuration: files.source,
    wwids: files.wwids,
    bindings: bindingsOf(memoryFile()),
    ports: (ports) => counted(ports, writes),
  });
  addSan(rig, luns, paths);
  await rig.run(1_000);
  await rig.runtime.start();
  await rig.run(3_000);
  return {
    rig,
    files,
    writes,
    reconfigure: async (next, all = false) => {
      if (next !== undefined) files.set(next);
      writes.length = 0;
      const answer = rig.runtime.submit({ kind: 'reconfigure', all });
      await rig.run(5_000);
      return answer;
    },
  };
}

/** The names of the maps of LUNs A and B. */
export const names = (rig: Rig): Array<string | undefined> => {
  const { maps } = rig.truth();
  return [A, B].map((wwid) => maps[uuidOfWwid(wwid)]?.name);
};
/** The UUIDs of all maps. */
export const maps = (rig: Rig): string[] => Object.keys(rig.truth().maps).sort();
export const reasonOf = (rig: Rig, name: string): string | null =>
  rig.runtime.tables.pathByName(name)?.reason?.text ?? null;
/** One `multipath` section for each argument. */
export const multipaths = (...sections: Array<Partial<SettingValues>>): Partial<Configuration> => ({
  multipaths: sections.map((section, at) => blockOf(section, 10 * (at + 1))),
});
