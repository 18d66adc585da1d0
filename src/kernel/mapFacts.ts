/** Checks the addon's reading of a dm device and turns it into facts of the model. */
import type { DmListEntry, DmListing, MapFacts, TargetFacts } from '../model/facts';
import type { Reading } from '../model/failure';
import type { NativeDmEntry, NativeListing, NativeMap } from '../../native/mpathd';
import { failed, malformed, read } from './nativeFailure';

/** dm-ioctl.h: DM_NAME_LEN and DM_UUID_LEN, terminating NUL included. */
const NAME_LIMIT = 128;
const UUID_LIMIT = 129;

const DEVT = /^(0|[1-9]\d{0,3}):(0|[1-9]\d{0,6})$/;

/** Whether a text is a device number as the kernel prints it: 12 bits major, 20 bits minor. */
export function isDevT(text: string): boolean {
  const match = DEVT.exec(text);
  return match !== null && Number(match[1]) < 4096 && Number(match[2]) < 1048576;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function flawOf(map: NativeMap): string | null {
  if (map.name === '' || Buffer.byteLength(map.name) >= NAME_LIMIT) return 'name';
  if (Buffer.byteLength(map.uuid) >= UUID_LIMIT) return 'uuid';
  if (!isDevT(map.devt)) return 'devt';
  if (map.diskseq !== null && !isCount(map.diskseq)) return 'diskseq';
  if (!isCount(map.eventNr)) return 'event number';
  if (!isCount(map.openCount)) return 'open count';
  if (!map.targets.every((t) => isCount(t.start) && isCount(t.length) && t.type !== '')) return 'target';
  return null;
}

/** One dm device as read by the addon; MALFORMED if a field has an impossible value. */
export function mapFactsOf(map: NativeMap): Reading<MapFacts> {
  const flaw = flawOf(map);
  if (flaw !== null) return failed(malformed('DM_TABLE_STATUS', map.uuid || map.devt, flaw));
  return read({
    uuid: map.uuid,
    name: map.name,
    devt: map.devt,
    diskseq: map.diskseq,
    eventNr: map.eventNr,
    openCount: map.openCount,
    suspended: map.suspended,
    readOnly: map.readOnly,
    hasLiveTable: map.hasLiveTable,
    hasInactiveTable: map.hasInactiveTable,
    targets: map.targets.map(targetOf),
  });
}

/**
 * A table of dm-crypt contains the key (drivers/md/dm-crypt.c, crypt_status). So tables and status lines of targets
 * other than multipath are dropped here.
 */
function targetOf({ start, length, type, table, status }: NativeMap['targets'][number]): TargetFacts {
  const ours = type === 'multipath';
  return { startSector: start, lengthSectors: length, type, table: ours ? table : '', status: ours ? status : '' };
}

/** The answer to DM_LIST_DEVICES; one entry with an impossible value makes the whole list MALFORMED. */
export function dmListOf(devices: NativeDmEntry[]): Reading<DmListEntry[]> {
  for (const d of devices) {
    if (d.name === '' || !isDevT(d.devt) || !isCount(d.eventNr)) {
      return failed(malformed('DM_LIST_DEVICES', d.name || d.devt, 'entry'));
    }
  }
  return read(devices.map((d) => ({ name: d.name, uuid: d.uuid, devt: d.devt, eventNr: d.eventNr })));
}

/**
 * A listing, whole or as changes. It is MALFORMED like a list. Then no caller knows its number, so the next listing is
 * whole.
 */
export function dmListingOf({ number, since, devices, gone }: NativeListing): Reading<DmListing> {
  const entries = dmListOf(devices);
  if (!entries.ok) return entries;
  const flawed = gone.find((devt) => !isDevT(devt));
  if (flawed !== undefined) return failed(malformed('DM_LIST_DEVICES', flawed, 'gone'));
  return read({ number, since, devices: entries.value, gone });
}
