/** A daemon whose configuration is changed under it. */
import type { Configuration } from '../../src/config/configuration';
import type { SettingValues } from '../../src/config/settings';
import { memoryFile } from '../../src/daemon/bindingsStore';
import type { AdminResult } from '../../src/engine/protocol';
import type { KernelPorts } from '../../src/kernel/ports';
import type { Failure } from '../../src/model/failure';
import { uuidOfWwid } from '../../src/model/identity';
import { blockOf, changingFiles, configurationOf, type ChangingFiles } from '../configuration';
import { addSan, bindingsOf, createBench, wwidOf, type Bench } from './bench';

const [A, B] = [wwidOf(1), wwidOf(2)];

export interface Setup {
  bench: Bench;
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

/** LUNs A and B by two paths each: sda and sdc, sdb and sdd. */
export async function setup(first = configurationOf(), luns = 2, paths = 2): Promise<Setup> {
  const files = changingFiles(first);
  const writes: string[] = [];
  const bench = createBench({
    configuration: files.source,
    wwids: files.wwids,
    bindings: bindingsOf(memoryFile()),
    ports: (ports) => counted(ports, writes),
  });
  addSan(bench, luns, paths);
  await bench.run(1_000);
  await bench.runtime.start();
  await bench.run(3_000);
  return {
    bench,
    files,
    writes,
    reconfigure: async (next, all = false) => {
      if (next !== undefined) files.set(next);
      writes.length = 0;
      const answer = bench.runtime.submit({ kind: 'reconfigure', all });
      await bench.run(5_000);
      return answer;
    },
  };
}

/** Of the maps of LUNs A and B. */
export const names = (bench: Bench): Array<string | undefined> => {
  const { maps } = bench.truth();
  return [A, B].map((wwid) => maps[uuidOfWwid(wwid)]?.name);
};
/** UUIDs. */
export const maps = (bench: Bench): string[] => Object.keys(bench.truth().maps).sort();
export const reasonOf = (bench: Bench, name: string): string | null | undefined =>
  bench.runtime.tables.pathByName(name)?.reason;
/** A `multipath` section each. */
export const multipaths = (...sections: Array<Partial<SettingValues>>): Partial<Configuration> => ({
  multipaths: sections.map((section, at) => blockOf(section, 10 * (at + 1))),
});
