/** The device-mapper port over the addon. */
import type { MapFacts } from '../model/facts';
import { MpathdError, type Failure, type Reading } from '../model/failure';
import type { NativeDmEvents, NativeMap, NativeResult, NativeTable, NativeWritten } from '../../native/mpathd';
import { eventsError } from './checkDeviceMapper';
import { dmFailure, CONTROL_NODE, notAsked } from './dmFailure';
import { dmListingOf, isDevT, mapFactsOf } from './mapFacts';
import type { Addon } from './native';
import { failed, malformed, read } from './nativeFailure';
import type { DeviceMapperPort, ReloadRequest } from './ports';
import { createUdevCookies } from './udevCookies';
import { udevFlags } from './udevFlags';
import type { WriteRecord } from './writesUnderWay';

/** The part of the addon that the port needs. */
export type DeviceMapperAddon = Pick<
  Addon,
  | 'dmList'
  | 'dmRead'
  | 'dmCreate'
  | 'dmReload'
  | 'dmRename'
  | 'dmRemove'
  | 'dmMessage'
  | 'dmFinishCookie'
  | 'dmWatchEvents'
>;

export interface DeviceMapperOptions {
  /** Called once when udevd does not answer, and again only if udevd has answered in between. */
  onWarning: (failure: Failure) => void;
  /** Where the writes under way are recorded, for the case that this process is killed. */
  record: Pick<WriteRecord, 'begun' | 'ended'>;
}

/** The value of a native result, or its failure; a rejected promise is a failure, too. */
async function ask<T, V>(
  device: string,
  call: () => Promise<NativeResult<T>>,
  convert: (result: T) => Reading<V>,
): Promise<Reading<V>> {
  try {
    const result = await call();
    return result.errno === null ? convert(result) : failed(dmFailure(device, result));
  } catch (error) {
    return failed(notAsked(device, error));
  }
}

function nativeTable(request: ReloadRequest, flags: number): NativeTable {
  const { uuid, sizeSectors, readOnly, params } = request;
  return { uuid, sizeSectors, readOnly, targetType: 'multipath', params, udevFlags: flags };
}

/** The map that the caller asked for. Another map under the same UUID or number is a fault. */
function expected(map: NativeMap, by: { uuid: string } | { devt: string }): Reading<MapFacts> {
  const wrong = 'uuid' in by ? map.uuid !== by.uuid : map.devt !== by.devt;
  const device = 'uuid' in by ? by.uuid : by.devt;
  return wrong ? failed(dmFailure(device, { errno: 'ESTALE', step: 'identity' })) : mapFactsOf(map);
}

/** The real device-mapper. Call stop() at the end: it ends the event thread and pending cookies. */
export function createDeviceMapper(addon: DeviceMapperAddon, options: DeviceMapperOptions): DeviceMapperPort {
  const cookies = createUdevCookies(addon.dmFinishCookie, options.onWarning);
  let events: NativeDmEvents | null = null;

  /** Like {@link ask}, but keeps the cookie on success and on failure, and the write is recorded until its answer. */
  async function write<T extends { cookie: number }, V>(
    uuid: string,
    call: () => Promise<NativeWritten<T>>,
    convert: (result: T) => Reading<V>,
  ): Promise<Reading<V>> {
    return ask<T, V>(
      uuid,
      async () => {
        options.record.begun(uuid);
        try {
          const result = await call();
          cookies.keep(result.cookie ?? 0, uuid);
          return result;
        } finally {
          options.record.ended(uuid);
        }
      },
      convert,
    );
  }

  function readBy(by: { uuid: string } | { devt: string }): Promise<Reading<MapFacts>> {
    const device = 'uuid' in by ? by.uuid : by.devt;
    return ask(
      device,
      () => addon.dmRead(by),
      (result) => expected(result.map, by),
    );
  }

  return {
    list: (since) => ask(CONTROL_NODE, () => addon.dmList(since), dmListingOf),
    read: (uuid) => readBy({ uuid }),
    readByDevt: async (devt) =>
      isDevT(devt) ? readBy({ devt }) : failed(malformed('DM_DEV_STATUS', devt, 'not a device number')),
    create: (request) => {
      const flags = udevFlags('create', request.udev);
      const table = { ...nativeTable(request, flags), name: request.name };
      return write(
        request.uuid,
        () => addon.dmCreate(table),
        (result) => expected(result.map, request),
      );
    },
    reload: (request) => {
      const flags = udevFlags('reload', request.udev);
      const table = nativeTable(request, flags);
      return write(
        request.uuid,
        () => addon.dmReload({ ...table, resume: request.resume ?? false }),
        (result) => expected(result.map, request),
      );
    },
    rename: (uuid, newName, skipKpartx = false) => {
      const flags = udevFlags('rename', { skipKpartx, noPath: false });
      return write(
        uuid,
        () => addon.dmRename(uuid, newName, flags),
        () => read(null),
      );
    },
    remove: (uuid) => {
      const flags = udevFlags('remove');
      return write(
        uuid,
        () => addon.dmRemove(uuid, flags),
        () => read(null),
      );
    },
    message: (uuid, message) =>
      ask(
        uuid,
        () => addon.dmMessage(uuid, message),
        () => read(null),
      ),
    startEvents(onEvent) {
      if (events !== null) {
        throw new MpathdError({
          code: 'REFUSED',
          operation: 'events',
          device: CONTROL_NODE,
          errno: null,
          detail: 'started already',
        });
      }
      try {
        events = addon.dmWatchEvents(onEvent);
      } catch (error) {
        throw eventsError(error);
      }
    },
    stop() {
      events?.stop();
      events = null;
      cookies.stop();
    },
  };
}
