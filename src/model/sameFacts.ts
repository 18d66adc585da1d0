/** Compares two readings. Nearly all are equal, and then nothing has to be computed anew. */
import type { BlockFacts, DmListEntry, MapFacts, TargetFacts, TransportFacts } from './facts';

/** True if all fields are equal. */
export function sameBlockFacts(a: BlockFacts, b: BlockFacts): boolean {
  return (
    a.name === b.name &&
    a.devt === b.devt &&
    a.diskseq === b.diskseq &&
    a.devpath === b.devpath &&
    a.sizeSectors === b.sizeSectors &&
    a.readOnly === b.readOnly &&
    a.hidden === b.hidden &&
    a.bus === b.bus &&
    a.vendor === b.vendor &&
    a.model === b.model &&
    a.revision === b.revision &&
    a.hcil === b.hcil &&
    a.state === b.state &&
    a.tpgs === b.tpgs &&
    a.accessState === b.accessState &&
    a.preferredPath === b.preferredPath &&
    a.deviceHandler === b.deviceHandler &&
    a.vpd83 === b.vpd83 &&
    a.vpd80 === b.vpd80 &&
    a.sysfsWwid === b.sysfsWwid &&
    a.timeoutSeconds === b.timeoutSeconds &&
    a.maxSectorsKb === b.maxSectorsKb &&
    a.udevNames === b.udevNames &&
    sameTransport(a.transport, b.transport) &&
    sameWords(a.holders, b.holders) &&
    sameRecord(a.udev, b.udev)
  );
}

function sameTransport(a: TransportFacts, b: TransportFacts): boolean {
  if (a === b) return true;
  return (
    a.protocol === b.protocol &&
    a.hostWwnn === b.hostWwnn &&
    a.hostWwpn === b.hostWwpn &&
    a.targetWwnn === b.targetWwnn &&
    a.targetWwpn === b.targetWwpn &&
    a.hostAdapter === b.hostAdapter
  );
}

function sameWords(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word, at) => word === b[at]);
}

/** Compares two records; the order of their properties does not matter. */
function sameRecord(a: BlockFacts['udev'], b: BlockFacts['udev']): boolean {
  if (a === null || b === null) return a === b;
  let more = 0;
  for (const name in a) {
    // No property has the value undefined.
    if (a[name] !== b[name]) return false;
    more += 1;
  }
  for (const _ in b) more -= 1;
  return more === 0;
}

/**
 * True if all fields except the event number are equal, also table and status. An event need not change any of them.
 */
export function sameMapState(a: MapFacts, b: MapFacts): boolean {
  return (
    sameDevice(a, b) &&
    a.diskseq === b.diskseq &&
    a.openCount === b.openCount &&
    a.suspended === b.suspended &&
    a.readOnly === b.readOnly &&
    a.hasLiveTable === b.hasLiveTable &&
    a.hasInactiveTable === b.hasInactiveTable &&
    a.targets.length === b.targets.length &&
    a.targets.every((target, at) => sameTarget(target, b.targets[at]))
  );
}

function sameTarget(a: TargetFacts, b: TargetFacts | undefined): boolean {
  return (
    b !== undefined &&
    a.startSector === b.startSector &&
    a.lengthSectors === b.lengthSectors &&
    a.type === b.type &&
    a.table === b.table &&
    a.status === b.status
  );
}

/** Two lines of DM_LIST_DEVICES. */
export function sameEntry(a: DmListEntry, b: DmListEntry): boolean {
  return sameDevice(a, b) && a.eventNr === b.eventNr;
}

function sameDevice(a: DmListEntry, b: DmListEntry): boolean {
  return a.uuid === b.uuid && a.name === b.name && a.devt === b.devt;
}
