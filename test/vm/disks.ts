import type { Machine } from './machine';

/* Changes of disks and of udevd in a scenario. */

/** Removes a SCSI disk, as if its LUN were unmapped. */
export const deletePath = async (machine: Machine, name: string): Promise<void> =>
  void (await machine.ok(`echo 1 > /sys/block/${name}/device/delete`));

/** Makes the SCSI hosts of a driver look for disks. A deleted disk comes back, perhaps under another name. */
export const rescanHosts = async (machine: Machine, driver = 'scsi_debug'): Promise<void> => {
  const hosts = `for h in /sys/class/scsi_host/host*; do [ "$(cat $h/proc_name)" = ${driver} ] && echo '- - -' > $h/scan; done; true`;
  await machine.ok(hosts, { timeoutMs: 120_000 });
};

/** Sets the SCSI device's state. An offline disk refuses all I/O. */
export const setState = async (machine: Machine, name: string, state: 'offline' | 'running'): Promise<void> =>
  // echo's newline is needed. Without it the kernel answers EINVAL (scsi_sysfs.c store_state_field, strncmp with the
  // newline).
  void (await machine.ok(`echo ${state} > /sys/block/${name}/device/state`));

const udevd = async (machine: Machine, command: string): Promise<void> =>
  void (await machine.ok(`/project/test/vm/guest/udevd ${command}`));

/** Stops udevd and its workers at once. Events pile up. */
export const stopUdevd = (machine: Machine): Promise<void> => udevd(machine, 'stop');

/** Lets a stopped udevd go on with the events that have piled up. */
export const continueUdevd = (machine: Machine): Promise<void> => udevd(machine, 'continue');

/** Kills udevd and its workers. Their unfinished work is lost. */
export const killUdevd = (machine: Machine): Promise<void> => udevd(machine, 'kill');

/** Starts udevd again after killUdevd. */
export const startUdevd = (machine: Machine): Promise<void> => udevd(machine, 'start');

/**
 * Waits until udevd has no event left. It waits less long than a test may take, so that its failure says what hangs.
 */
export const settle = async (machine: Machine): Promise<void> =>
  void (await machine.ok('udevadm settle -t 200', { timeoutMs: 190_000 }));
