import type { Machine } from './machine';

/* Rules for faults/ioctl_fault.c. A daemon that is started with `faults` preloads it. */

/** Which ioctl of the daemon fails, and how. The first fault that fits a call counts. */
export interface Fault {
  /** The kernel's name: DM_TABLE_STATUS, DM_LIST_DEVICES, DM_DEV_STATUS, SG_IO ... */
  readonly ioctl: string;
  /** One map, in any form of address: one field that fits is enough. */
  readonly uuid?: string;
  readonly name?: string;
  /** `major:minor` of the map, or of the disk for SG_IO. */
  readonly dev?: string;
  /** Tells DM_TABLE_STATUS and DM_DEV_SUSPEND apart by their flag. */
  readonly only?: 'table' | 'status' | 'suspend' | 'resume';
  /** The first byte of the SCSI command. */
  readonly opcode?: number;
  /** The name of the errno. Without it the call goes through (after the delay). */
  readonly errno?: string;
  /** The call is made, and then reported as failed. */
  readonly after?: boolean;
  readonly delayMs?: number;
  /** How often the fault strikes; absent: always. */
  readonly count?: number;
  readonly probability?: number;
  /** Leaves the map of this name out of what DM_LIST_DEVICES returns. */
  readonly hide?: string;
}

/** The file in which the daemon looks for the rules. */
export const FAULT_FILE = '/run/mpathd-faults';

/** Environment with which a command runs with the fault library. */
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

/** Puts these faults in force at once, in place of all earlier ones. Without faults everything works again. */
export const setFaults = (machine: Machine, faults: readonly Fault[]): Promise<void> =>
  machine.write(FAULT_FILE, faults.map((fault) => `${asLine(fault)}\n`).join(''));

/** The faults that really struck, one line each, since the machine's start. */
export const faultHits = async (machine: Machine): Promise<string[]> =>
  ((await machine.read(`${FAULT_FILE}.hits`)) ?? '').split('\n').filter((line) => line !== '');
