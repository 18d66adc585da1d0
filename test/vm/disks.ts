import type { Machine } from './machine';

/* What happens to disks and to udevd in a scenario. */

/** Takes a SCSI disk away, as when its LUN is unmapped. */
export const deletePath = async (machine: Machine, name: string): Promise<void> =>
  void (await machine.ok(`echo 1 > /sys/block/${name}/device/delete`));

/** Makes the SCSI hosts of a driver look for disks; a deleted one comes back, maybe under another name. */
export const rescanHosts = async (machine: Machine, driver = 'scsi_debug'): Promise<void> => {
  const hosts = `for h in /sys/class/scsi_host/host*; do [ "$(cat $h/proc_name)" = ${driver} ] && echo '- - -' > $h/scan; done; true`;
  await machine.ok(hosts, { timeoutMs: 120_000 });
};

/** The SCSI device's state: an offline disk refuses all I/O. */
export const setState = async (machine: Machine, name: string, state: 'offline' | 'running'): Promise<void> =>
  // echo's newline is needed: without it the kernel answers EINVAL (scsi_sysfs.c store_state_field, strncmp with the
  // newline).
  void (await machine.ok(`echo ${state} > /sys/block/${name}/device/state`));

const udevd = async (machine: Machine, command: string): Promise<void> =>
  void (await machine.ok(`/project/test/vm/guest/udevd ${command}`));

/** Stops udevd and its workers where they are; events pile up. */
export const stopUdevd = (machine: Machine): Promise<void> => udevd(machine, 'stop');

/** Lets a stopped udevd go on with what has piled up. */
export const continueUdevd = (machine: Machine): Promise<void> => udevd(machine, 'continue');

/** Kills udevd and its workers; what they had not finished is lost. */
export const killUdevd = (machine: Machine): Promise<void> => udevd(machine, 'kill');

/** Starts udevd again after killUdevd. */
export const startUdevd = (machine: Machine): Promise<void> => udevd(machine, 'start');

/**
 * Waits until udevd has no event left to work on; less long than a test may take, so that its failure tells what hangs.
 */
export const settle = async (machine: Machine): Promise<void> =>
  void (await machine.ok('udevadm settle -t 200', { timeoutMs: 190_000 }));
