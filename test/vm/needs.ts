/**
 * What a scenario may need of its machine beyond a kernel with device-mapper, SCSI, LIO, iSCSI and udev,
 * and why User Mode Linux does not have it.
 */
export const LACKING_IN_UML = {
  /**
   * SCSI device handlers: `1 alua` in a table, access_state in sysfs. Debian's UML kernel has none (CONFIG_SCSI_DH).
   */
  alua: 'its kernel has no scsi_dh_alua',
  /** Disks of QEMU's: NVMe, virtio-scsi; and taking them out of the running machine. */
  devices: 'it has no bus for them',
  /** systemd as PID 1. */
  systemd: 'the service is tried where it gets real time',
  /** Two CPUs: things that happen at the same time. */
  smp: 'it has one CPU',
  /** A thread that runs in real time under systemd. */
  realtime: 'the threads of a service stay SCHED_OTHER there',
  /** Ending a TCP connection from outside: `ss -K`. */
  'ss -K': 'it ends nothing there',
} as const;

/** See LACKING_IN_UML. */
export type Need = keyof typeof LACKING_IN_UML;

/** The machines that there are, cheapest first. */
export type MachineKind = 'uml' | 'qemu';

/**
 * The cheapest machine that has what is needed. `MPATHD_VM_MACHINE=qemu` in the environment has everything
 * run there; `uml` is refused to a scenario that cannot run there.
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
