/** The texts of the kernel's events, with the variables in the kernel's order (seen on Linux 6.1). */
import type { Uevent } from '../model/uevent';
import type { SimDisk, SimDm } from './world';

/** An event that has no sequence number yet. */
export type EventText = Omit<Uevent, 'source' | 'seqnum'>;

/** Length of `action@devpath` and all variables, each with its NUL. The variables are ASCII. */
export function messageBytes(event: Uevent): number {
  let bytes = event.action.length + event.devpath.length + 2;
  for (const key in event.env) bytes += key.length + (event.env[key] as string).length + 2;
  return bytes;
}

interface BlockDevice {
  name: string;
  devt: string;
  diskseq: number;
  devpath: string;
}

function blockEvent(action: string, device: BlockDevice, more: Record<string, string>): EventText {
  const colon = device.devt.indexOf(':');
  return {
    action,
    devpath: device.devpath,
    subsystem: 'block',
    devtype: 'disk',
    name: device.name,
    devt: device.devt,
    diskseq: device.diskseq,
    synthUuid: more['SYNTH_UUID'] ?? null,
    env: {
      ACTION: action,
      DEVPATH: device.devpath,
      SUBSYSTEM: 'block',
      ...more,
      MAJOR: device.devt.slice(0, colon),
      MINOR: device.devt.slice(colon + 1),
      DEVNAME: device.name,
      DEVTYPE: 'disk',
      DISKSEQ: String(device.diskseq),
    },
  };
}

/** add, remove or change of an sd disk; `more` holds `RESIZE=1` or `SYNTH_UUID`. */
export function diskEvent(action: string, disk: SimDisk, more: Record<string, string> = {}): EventText {
  return blockEvent(action, disk, more);
}

/** add, remove or change of a dm device. The kernel's own events have no name and no UUID. */
export function dmEvent(action: string, dm: SimDm, more: Record<string, string> = {}): EventText {
  return blockEvent(action, { name: `dm-${dm.minor}`, devt: dm.devt, diskseq: dm.diskseq, devpath: dm.devpath }, more);
}

/** drivers/md/dm-uevent.c: a path of a multipath map failed or came back. */
export function pathEvent(
  dm: SimDm,
  action: 'PATH_FAILED' | 'PATH_REINSTATED',
  devt: string,
  valid: number,
): EventText {
  return dmEvent('change', dm, {
    DM_TARGET: 'multipath',
    DM_ACTION: action,
    DM_SEQNUM: String(dm.pathEvents),
    DM_PATH: devt,
    DM_NR_VALID_PATHS: String(valid),
    DM_NAME: dm.name,
    DM_UUID: dm.uuid,
  });
}

/** A unit attention that the SCSI layer reports (drivers/scsi/scsi_lib.c, scsi_evt_emit). */
export function unitAttentionEvent(disk: SimDisk, attention: string): EventText {
  const devpath = disk.devpath.slice(0, disk.devpath.indexOf('/block/'));
  return {
    action: 'change',
    devpath,
    subsystem: 'scsi',
    devtype: 'scsi_device',
    name: disk.hcil,
    devt: null,
    diskseq: null,
    synthUuid: null,
    env: {
      ACTION: 'change',
      DEVPATH: devpath,
      SUBSYSTEM: 'scsi',
      SDEV_UA: attention,
      DEVTYPE: 'scsi_device',
      DRIVER: 'sd',
      MODALIAS: 'scsi:t-0x00',
    },
  };
}

/** An event of a device that mpathd does not need: it takes a number, and room in the socket. */
export function foreignEvent(action: string, devpath: string, subsystem: string): EventText {
  return {
    action,
    devpath,
    subsystem,
    devtype: null,
    name: devpath.slice(devpath.lastIndexOf('/') + 1),
    devt: null,
    diskseq: null,
    synthUuid: null,
    env: { ACTION: action, DEVPATH: devpath, SUBSYSTEM: subsystem },
  };
}

/** The event after a write of `change <uuid> MPATHD=1` to /sys/module/dm_mod/uevent. */
export function fenceEvent(uuid: string): EventText {
  const text = foreignEvent('change', '/module/dm_mod', 'module');
  return { ...text, synthUuid: uuid, env: { ...text.env, SYNTH_UUID: uuid, SYNTH_ARG_MPATHD: '1' } };
}
