/** Reads all maps and all disks in a few bulk calls. */
import type { NativeResult, NativeMap } from '../../native/mpathd';
import type { KernelSnapshot, MapFacts } from '../model/facts';
import type { Reading } from '../model/failure';
import { MAP_UUID_PREFIX } from '../model/identity';
import { dmFailure } from './dmFailure';
import { diskNames, notRun } from './listDisks';
import { dmListOf, mapFactsOf } from './mapFacts';
import type { Addon } from './native';
import { failed } from './nativeFailure';
import { readDisks } from './readDisks';
import type { SysfsAddon } from './readDisks';
import type { SharedTexts } from './sharedTexts';

/** The part of the addon that a snapshot needs. */
export type SnapshotAddon = SysfsAddon & Pick<Addon, 'dmSnapshot'>;

function mapReading(uuid: string, result: NativeResult<{ map: NativeMap }>): Reading<MapFacts> {
  if (result.errno !== null) return failed(dmFailure(uuid, result));
  if (result.map.uuid !== uuid) {
    return failed({
      code: 'WRONG_DEVICE',
      operation: 'DM_TABLE_STATUS',
      device: uuid,
      errno: null,
      detail: result.map.uuid,
    });
  }
  return mapFactsOf(result.map);
}

async function readMaps(addon: SnapshotAddon): Promise<Pick<KernelSnapshot, 'dm' | 'maps'>> {
  try {
    const answer = await addon.dmSnapshot(MAP_UUID_PREFIX);
    if (answer.errno !== null) return { dm: failed(dmFailure('device-mapper', answer)), maps: [] };
    return {
      dm: dmListOf(answer.devices),
      maps: answer.maps.map(({ uuid, result }) => ({ uuid, reading: mapReading(uuid, result) })),
    };
  } catch (error) {
    return { dm: failed(notRun('DM_LIST_DEVICES', 'device-mapper', error)), maps: [] };
  }
}

/**
 * Reads the maps, then the disks: a disk in a table is older than the table, so it is missing here only if it went. A
 * device whose reading fails is not missing: the failure is in its place. `used`: see readDisks.
 */
export async function takeSnapshot(
  addon: SnapshotAddon,
  used: ReadonlySet<string>,
  sharedTexts?: SharedTexts,
): Promise<KernelSnapshot> {
  const { dm, maps } = await readMaps(addon);
  const names = await diskNames(addon);
  if (!names.ok) return { dm, maps, blocks: names };
  return { dm, maps, blocks: { ok: true, value: await readDisks(addon, names.value, used, sharedTexts) } };
}
