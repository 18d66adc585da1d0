/** A snapshot is taken in steps. Between two steps the world can change, as with the real kernel. */
import type { KernelSnapshot } from '../model/facts';
import type { Reading } from '../model/failure';
import { MAP_UUID_PREFIX } from '../model/identity';
import { attempt, faultFor, kernelError, perform, type Asked, type Latency } from './answer';
import { blockFacts, blockNames } from './blocks';
import { listDevices, mapFacts } from './deviceMapper';
import { KernelRefusal } from './dmIoctl';
import type { Kernel } from './kernel';

const LIST: Asked = { operation: 'snapshot-list', call: 'DM_LIST_DEVICES', device: 'all' };
const NAMES: Asked = { operation: 'snapshot-names', call: 'readdir', device: '/sys/block' };

/** The additional time of a bulk call, because of its slowest device, ms. */
interface Delay {
  ms: number;
}

/** One device of a bulk call. A fault gives an errno to this device only. A late answer delays the whole call. */
function one<T>(kernel: Kernel, asked: Asked, delay: Delay, action: () => T): Reading<T> {
  const fault = faultFor(kernel, asked);
  if (fault?.kind === 'late') delay.ms = Math.max(delay.ms, fault.ms);
  if (fault?.kind === 'errno') return { ok: false, failure: kernelError(asked, fault.errno) };
  if (fault?.kind === 'hang') return { ok: false, failure: kernelError(asked, 'EIO') };
  return attempt(asked, action);
}

function readMap(kernel: Kernel, delay: Delay, uuid: string, name: string): KernelSnapshot['maps'][number] {
  const asked: Asked = { operation: 'snapshot-map', call: 'DM_TABLE_STATUS', device: uuid, aliases: [name] };
  const reading = one(kernel, asked, delay, () => {
    const dm = kernel.world.dmByUuid.get(uuid);
    if (dm === undefined) throw new KernelRefusal('DM_TABLE_STATUS', uuid, 'ENXIO');
    return mapFacts(dm);
  });
  return { uuid, reading };
}

const pause = (kernel: Kernel, ms: number): Promise<void> =>
  ms <= 0 ? Promise.resolve() : new Promise((resolve) => kernel.scheduler.after(ms, resolve));

const later = (kernel: Kernel, bound: number): Promise<void> =>
  pause(kernel, bound <= 0 ? 0 : kernel.random.below(bound + 1));

/** Takes the list of maps, then each multipath map in it, then the names in /sys/block, then each of these disks. */
export async function takeSnapshot(kernel: Kernel, latency: Latency): Promise<KernelSnapshot> {
  const { world } = kernel;
  const dm = await perform(kernel, latency, LIST, () => listDevices(world));
  await later(kernel, latency.operationMs);
  const maps: KernelSnapshot['maps'] = [];
  const mapDelay: Delay = { ms: 0 };
  for (const { uuid, name } of dm.ok ? dm.value : []) {
    if (uuid.startsWith(MAP_UUID_PREFIX)) maps.push(readMap(kernel, mapDelay, uuid, name));
  }
  await pause(kernel, mapDelay.ms);
  const names = await perform(kernel, latency, NAMES, () => blockNames(world));
  if (!names.ok) return { dm, maps, blocks: names };
  await later(kernel, latency.operationMs);
  const blockDelay: Delay = { ms: 0 };
  const blocks = names.value.map((name) => {
    const asked: Asked = { operation: 'snapshot-block', call: 'read', device: name };
    return { name, reading: one(kernel, asked, blockDelay, () => blockFacts(world, name)) };
  });
  await later(kernel, latency.answerMs);
  await pause(kernel, blockDelay.ms);
  return { dm, maps, blocks: { ok: true, value: blocks } };
}
