/**
 * What an answer of device-mapper about one device means. "There is no such map" and "device-mapper could not be
 * asked" stay apart: a daemon that takes the second for the first forgets a live map.
 */
import { MAP_UUID_PREFIX } from '../model/identity';

/** What the caller wants the device to be. */
export interface MapDemands {
  /** Its UUID says that it is a multipath map. */
  multipathUuid?: boolean;
  /** Its only target is of this type. */
  targetType?: 'multipath' | 'linear';
}

/** What the kernel said of the device. */
export interface MapDescription {
  exists: boolean;
  /** null: it could not be had. */
  uuid: string | null;
  /** null: the table was not asked for. */
  targets: ReadonlyArray<{ type: string }> | null;
}

/** The ioctl's outcome; no description means that the kernel's reply could not be read. */
export type MapAnswer = { ok: false; errno: string } | { ok: true; description: MapDescription | null };

/**
 * `not_found` alone says that the device is gone; `no_match` that it is another kind of device;
 * `empty` that it has no live table; `error` says nothing about the device.
 */
export type MapVerdict = 'ok' | 'not_found' | 'no_match' | 'empty' | 'error';

function judgeTargets(targets: ReadonlyArray<{ type: string }>, demands: MapDemands): MapVerdict {
  const [target] = targets;
  if (target === undefined) return 'empty';
  if (targets.length > 1) return 'no_match';
  return demands.targetType === undefined || demands.targetType === target.type ? 'ok' : 'no_match';
}

/** Whether the device is what the caller demands. */
export function judgeMap(answer: MapAnswer, demands: MapDemands): MapVerdict {
  // drivers/md/dm-ioctl.c answers ENXIO, and only that, when it finds no such device.
  if (!answer.ok) return answer.errno === 'ENXIO' ? 'not_found' : 'error';
  const { description } = answer;
  if (description === null) return 'error';
  if (!description.exists) return 'not_found';
  if (demands.multipathUuid === true) {
    if (description.uuid === null) return 'error';
    if (!description.uuid.startsWith(MAP_UUID_PREFIX)) return 'no_match';
  }
  return description.targets === null ? 'ok' : judgeTargets(description.targets, demands);
}
