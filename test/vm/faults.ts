import type { Machine } from './machine';

/*
 * Rules for faults/ioctl_fault.c, which a daemon has preloaded when it is started with `faults`.
 */

/** Which ioctl of the daemon fails, and how. The first fault that fits a call is the one. */
export interface Fault {
  /** The kernel's name: DM_TABLE_STATUS, DM_LIST_DEVICES, DM_DEV_STATUS, SG_IO ... */
  readonly ioctl: string;
  /** One map, however the call addresses it: any one of these that fits is enough. */
  readonly uuid?: string;
  readonly name?: string;
  /** `major:minor` of the map, or for SG_IO of the disk. */
  readonly dev?: string;
  /** Tells DM_TABLE_STATUS and DM_DEV_SUSPEND apart by their flag. */
  readonly only?: 'table' | 'status' | 'suspend' | 'resume';
  /** The SCSI command's first byte. */
  readonly opcode?: number;
  /** The errno's name; without it the call goes through (after the delay). */
  readonly errno?: string;
  /** The call is made, and then reported as failed. */
  readonly after?: boolean;
  readonly delayMs?: number;
  /** How often; for ever if not given. */
  readonly count?: number;
  readonly probability?: number;
  /** Leaves the map of this name out of what DM_LIST_DEVICES returns. */
  readonly hide?: string;
}

/** Where the daemon looks for the rules. */
export const FAULT_FILE = '/run/mpathd-faults';

/** What makes a command run with the fault library. */
export const FAULT_ENVIRONMENT = { LD_PRELOAD: '/usr/local/lib/ioctl_fault.so', MPATHD_FAULTS: FAULT_FILE } as const;

const asLine = ({
  ioctl,
  only,
  uuid,
  name,
  dev,
  opcode,
  errno,
  after,
  delayMs,
  count,
  probability,
  hide,
}: Fault): string => {
  const words = {
    only,
    uuid,
    name,
    dev,
    opcode,
    errno,
    after: after === true ? 1 : undefined,
    delay_ms: delayMs,
    count,
    probability,
    hide,
  };
  const given = Object.entries(words).filter(([, value]) => value !== undefined);
  return [ioctl, ...given.map(([key, value]) => `${key}=${value}`)].join(' ');
};

/** Puts these faults in force, at once and instead of all earlier ones; none: everything works again. */
export const setFaults = (machine: Machine, faults: readonly Fault[]): Promise<void> =>
  machine.write(FAULT_FILE, faults.map((fault) => `${asLine(fault)}\n`).join(''));

/** The faults that really struck, one line each, since the machine's start. */
export const faultHits = async (machine: Machine): Promise<string[]> =>
  ((await machine.read(`${FAULT_FILE}.hits`)) ?? '').split('\n').filter((line) => line !== '');
