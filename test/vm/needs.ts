/**
 * What a scenario may need of its machine besides a kernel with device-mapper, SCSI, LIO, iSCSI and udev, and why User
 * Mode Linux does not have it.
 */
export const LACKING_IN_UML = {
  /**
   * SCSI device handlers: `1 alua` in a table, access_state in sysfs. Debian's UML kernel has none (CONFIG_SCSI_DH).
   */
  alua: 'its kernel has no scsi_dh_alua',
  /** QEMU's disks: NVMe, virtio-scsi, and their removal from the running machine. */
  devices: 'it has no bus for them',
  /** Two CPUs: for events that happen at the same time. */
  smp: 'it has one CPU',
  /** A thread with realtime scheduling under systemd. */
  realtime: 'the threads of a service stay SCHED_OTHER there',
} as const;

/** See LACKING_IN_UML. */
export type Need = keyof typeof LACKING_IN_UML;

/** The existing kinds of machines, the cheapest first. */
export type MachineKind = 'uml' | 'qemu';

/**
 * The cheapest machine that has everything that is needed. With `MPATHD_VM_MACHINE=qemu` in the environment everything
 * runs on QEMU. `uml` is refused for a scenario that cannot run there.
 */
export const machineFor = (needs: readonly Need[], wanted = process.env.MPATHD_VM_MACHINE): MachineKind => {
  if (wanted === undefined || wanted === '') return needs.length === 0 ? 'uml' : 'qemu';
  if (wanted !== 'uml' && wanted !== 'qemu') throw new Error(`MPATHD_VM_MACHINE is ${wanted}: uml or qemu is meant`);
  if (wanted === 'uml' && needs.length > 0) {
    throw new Error(
      `not under User Mode Linux: ${needs.map((need) => `${need} (${LACKING_IN_UML[need]})`).join(', ')}`,
    );
  }
  return wanted;
};
