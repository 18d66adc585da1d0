/** The verdict about a path from sysfs alone, before any command is sent to the path. */

/** `check`: the checker must ask the path. Every other value is the result itself. */
export type SysfsVerdict = 'check' | 'down' | 'transitioning' | 'removed';

function scsi(state: string | null): SysfsVerdict {
  // scsi_sysfs.c shows the state as long as the device exists.
  if (state === null) return 'removed';
  if (state === 'running') return 'check';
  return state.startsWith('blocked') || state.startsWith('quiesce') ? 'transitioning' : 'down';
}

function nvme(state: string | null): SysfsVerdict {
  if (state === null) return 'removed';
  if (state === 'live') return 'check';
  return state.startsWith('new') || state.startsWith('deleting') ? 'transitioning' : 'down';
}

/**
 * The verdict by the `state` attribute (SCSI: of the device, NVMe: of the controller). `state` null: the attribute is
 * gone.
 */
export function judgeSysfsState(bus: 'scsi' | 'nvme' | 'other', state: string | null): SysfsVerdict {
  switch (bus) {
    case 'scsi':
      return scsi(state);
    case 'nvme':
      return nvme(state);
    case 'other':
      return 'check';
  }
}
