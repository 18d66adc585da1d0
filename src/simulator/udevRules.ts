/** The results of udev's rules about a device: the properties that matter to multipath. */
import type { Uevent } from '../model/uevent';
import type { SimDisk, SimDm, UdevRecord, World } from './world';

/** ENV values of 60-persistent-storage.rules and sg3_utils' 55-scsi-sg3_id.rules for a LUN with an NAA name. */
function diskProperties(disk: SimDisk, wrongSerial: string | null): Record<string, string> {
  const naa = disk.wwid.slice(1);
  // NAA 6 is "registered extended", 3 "locally assigned" (SPC-4, 7.8.6.6).
  const kind = naa.startsWith('3') ? 'LOCAL' : naa.startsWith('6') ? 'REGEXT' : 'REG';
  return {
    SCSI_TPGS: disk.deviceHandler === 'alua' ? '1' : '0',
    SCSI_TYPE: 'disk',
    SCSI_VENDOR: disk.vendor,
    SCSI_MODEL: disk.model,
    SCSI_REVISION: disk.revision,
    [`SCSI_IDENT_LUN_NAA_${kind}`]: naa,
    ID_SCSI: '1',
    ID_VENDOR: disk.vendor,
    ID_MODEL: disk.model,
    ID_REVISION: disk.revision,
    ID_TYPE: 'disk',
    ID_WWN: `0x${naa.slice(0, 16)}`,
    ID_WWN_WITH_EXTENSION: `0x${naa}`,
    ID_BUS: 'scsi',
    ID_SERIAL: wrongSerial ?? disk.wwid,
    ID_SERIAL_SHORT: naa,
  };
}

function dmProperties(dm: SimDm): Record<string, string> {
  const ready = dm.live !== null && !dm.suspended;
  return {
    DM_UDEV_RULES: '1',
    DM_UDEV_RULES_VSN: '2',
    DM_NAME: dm.name,
    ...(dm.uuid === '' ? {} : { DM_UUID: dm.uuid }),
    DM_SUSPENDED: dm.suspended ? '1' : '0',
    MPATH_DEVICE_READY: ready ? '1' : '0',
    SYSTEMD_READY: ready ? '1' : '0',
  };
}

/**
 * The record for an event, or null if the device does not exist any more. The rules open the device by its name when
 * they run. So they can find another disk than that of the event, and then the record has that disk's sequence number.
 * A disk that does not answer keeps its known properties.
 */
export function udevRecordFor(world: World, event: Uevent, known: UdevRecord | undefined): UdevRecord | null {
  if (event.subsystem !== 'block' || event.devt === null) return null;
  const dm = world.dmByDevt.get(event.devt);
  if (dm !== undefined) return { diskseq: null, properties: dmProperties(dm) };
  const disk = world.disks.get(event.name);
  if (disk === undefined) return null;
  const silent = disk.state !== 'running' || disk.answer === 'hangs' || disk.answer === 'down';
  if (!silent) return { diskseq: event.diskseq, properties: diskProperties(disk, world.udevSerial) };
  return { diskseq: event.diskseq, properties: known?.diskseq === event.diskseq ? known.properties : {} };
}
