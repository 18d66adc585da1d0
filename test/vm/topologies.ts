import { closeSync, ftruncateSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from './machine';
import type { HostDevices } from './guest';

/*
 * Disks with several paths. A script in guest/topologies sets up those in the guest. bootMachine gets those of QEMU as
 * `devices`.
 */

const SCRIPTS = '/project/test/vm/guest/topologies';
const SETUP_MS = 600_000;

/** For common.sh: the disks come one after the other, and have the same names in every run. */
const orderOf = (inOrder: boolean): string => (inOrder ? 'IN_ORDER=1 ' : '');

/** LUNs in RAM through several hosts (scsi_debug). `parameters`: further module parameters. */
export const scsiDebug = async (
  machine: Machine,
  {
    luns,
    paths,
    parameters = [],
    inOrder = false,
  }: { luns: number; paths: number; parameters?: readonly string[]; inOrder?: boolean },
): Promise<void> => {
  await machine.ok(`${orderOf(inOrder)}${SCRIPTS}/scsi_debug ${luns} ${paths} ${parameters.join(' ')}`, {
    timeoutMs: SETUP_MS,
  });
};

/**
 * Replaces the slow standard udev rules before the disks are made. `sg3`: a disk's WWID is the one that sysfs alone
 * gives, too.
 */
export const fastUdev = async (machine: Machine, names: 'scsi_id' | 'sg3' = 'scsi_id'): Promise<void> =>
  void (await machine.ok(`${SCRIPTS}/fast_udev ${names}`));

/**
 * One LIO LUN through loopback hosts, in two target port groups. With explicit ALUA the kernel makes the group that it
 * uses optimized, whatever a test has set.
 */
export const lioLoop = async (
  machine: Machine,
  { paths, explicitAlua = true, inOrder = false }: { paths: number; explicitAlua?: boolean; inOrder?: boolean },
): Promise<void> => {
  await machine.ok(`${orderOf(inOrder)}${SCRIPTS}/lio_loop ${paths} ${explicitAlua ? 3 : 1}`, { timeoutMs: SETUP_MS });
};

/** ALUA access states of LIO (SPC-4 6.37, table of asymmetric access states). */
export const ALUA_STATES = { optimized: 0, nonOptimized: 1, standby: 2, unavailable: 3 } as const;

/** Changes the state of a port group of lioLoop. The initiators learn of it when they ask. */
export const setAluaState = async (
  machine: Machine,
  group: 'gA' | 'gB',
  state: keyof typeof ALUA_STATES,
): Promise<void> => {
  const attribute = `/sys/kernel/config/target/core/fileio_0/d0/alua/${group}/alua_access_state`;
  await machine.ok(`echo ${ALUA_STATES[state]} > ${attribute}`);
};

/** Cuts (`offline`) or repairs (`online`) one path of lioLoop, counted from 1. I/O gets DID_TRANSPORT_DISRUPTED. */
export const setLoopTransport = async (machine: Machine, path: number, status: 'online' | 'offline'): Promise<void> => {
  const port = `naa.60014050000000${path.toString(16).padStart(2, '0')}`;
  await machine.ok(`echo ${status} > /sys/kernel/config/target/loopback/${port}/tpgt_1/transport_status`);
};

/** The disks of nvmeDevices, with the same names and numbers in every run. */
export const nvmeInOrder = async (machine: Machine): Promise<void> => {
  await machine.ok(`${SCRIPTS}/nvme_in_order`, { timeoutMs: SETUP_MS });
};

/**
 * LIO over iSCSI, one session for each portal 127.0.0.1, 127.0.0.2 ... A portal that is silent for twice `noopSeconds`
 * counts as dead. This may happen on a machine that is short of CPU, too.
 */
export const iscsi = async (
  machine: Machine,
  { luns, portals, noopSeconds = 2 }: { luns: number; portals: number; noopSeconds?: number },
): Promise<void> => {
  await machine.ok(`NOOP=${noopSeconds} REPLACEMENT=5 ${SCRIPTS}/iscsi ${luns} ${portals}`, { timeoutMs: SETUP_MS });
};

/** The name of the target of iscsi. */
export const ISCSI_TARGET = 'iqn.2026-01.test.mpathd:t0';

/** Ends the session of a portal of iscsi (`logout`: its disks go at once), or starts it again. */
export const iscsiSession = async (machine: Machine, portal: number, action: 'logout' | 'login'): Promise<void> =>
  void (await machine.ok(`iscsiadm -m node -T ${ISCSI_TARGET} -p 127.0.0.${portal}:3260 --${action}`));

/** The disk of a LUN in a portal's session: `sdX`. */
export const iscsiDisk = (machine: Machine, portal: number, lun: number): Promise<string> =>
  machine.ok(`for s in /sys/class/iscsi_session/session*; do
    [ "$(cat $s/tpgt)" = ${portal} ] && ls $s/device/target*/*:${lun}/block && exit 0
  done; exit 1`);

/**
 * Behind a portal without a session, replaces a LUN by one of another size with the same unit serial number, and so
 * with the same WWID (`lookalike`), or puts the right LUN back (`own`).
 */
export const swapIscsiLun = async (
  machine: Machine,
  portal: number,
  lun: number,
  which: 'lookalike' | 'own',
): Promise<void> => {
  const core = '/sys/kernel/config/target/core/fileio_1';
  const place = `/sys/kernel/config/target/iscsi/${ISCSI_TARGET}/tpgt_${portal}/lun/lun_${lun}`;
  const [leaving, coming] = which === 'lookalike' ? [`i${lun}`, 'lookalike'] : ['lookalike', `i${lun}`];
  await machine.ok(`set -e
    if ! [ -e ${core}/lookalike ]; then
      mkdir ${core}/lookalike
      echo fd_dev_name=/dev/shm/lookalike,fd_dev_size=$((96 * 1048576)) > ${core}/lookalike/control
      echo 1 > ${core}/lookalike/enable
      sed 's/^T10 VPD Unit Serial Number: //' ${core}/i${lun}/wwn/vpd_unit_serial > ${core}/lookalike/wwn/vpd_unit_serial
    fi
    rm ${place}/${leaving}
    rmdir ${place}
    mkdir ${place}
    ln -s ${core}/${coming} ${place}/${coming}`);
};

/**
 * Puts other backstores in the places of LUNs of iscsi behind a portal: `{ 0: 3 }` gives the number 0 to LUN 3. No
 * session ends. LIO reports this through the other LUNs of the session (REPORTED LUNS DATA HAS CHANGED,
 * target_luns_data_has_changed), and not through these.
 */
export const mapIscsiLuns = async (
  machine: Machine,
  portal: number,
  backstores: Readonly<Record<number, number>>,
): Promise<void> => {
  const placeOf = (lun: string): string =>
    `/sys/kernel/config/target/iscsi/${ISCSI_TARGET}/tpgt_${portal}/lun/lun_${lun}`;
  const luns = Object.entries(backstores);
  await machine.ok(
    [
      'set -e',
      ...luns.map(([lun]) => `rm ${placeOf(lun)}/i* && rmdir ${placeOf(lun)}`),
      ...luns.map(
        ([lun, from]) =>
          `mkdir ${placeOf(lun)} && ln -s /sys/kernel/config/target/core/fileio_1/i${from} ${placeOf(lun)}/i${from}`,
      ),
    ].join('\n'),
  );
};

/**
 * Drops all packets to and from a portal, or lets them through again, as if a cable were pulled. The initiator's own
 * address is 127.0.0.1 in all sessions, so only the portal's port tells the sessions apart.
 */
export const setPortal = async (machine: Machine, portal: number, state: 'cut' | 'through'): Promise<void> => {
  const action = state === 'cut' ? '-I' : '-D';
  const address = `127.0.0.${portal}`;
  await machine.ok(
    `iptables ${action} INPUT -p tcp -d ${address} --dport 3260 -j DROP && iptables ${action} INPUT -p tcp -s ${address} --sport 3260 -j DROP`,
  );
};

/**
 * Breaks a portal's connection: the initiator's next packet is answered with a reset. If the portal was cut before, the
 * connection cannot be made again.
 */
export const breakConnection = async (machine: Machine, portal: number): Promise<void> => {
  const address = `127.0.0.${portal}`;
  const rules = [
    `INPUT -p tcp -s ${address} --sport 3260 --tcp-flags RST RST -j ACCEPT`,
    `OUTPUT -p tcp -d ${address} --dport 3260 -j REJECT --reject-with tcp-reset`,
  ];
  const forEach = (action: string): string => rules.map((rule) => `iptables ${action} ${rule}`).join(' && ');
  await machine.ok(`${forEach('-I')} || exit 1
    for ((i = 0; i < 300; i++)); do
      [ -z "$(ss -Htn state established dst ${address} dport = 3260)" ] && break
      sleep 0.1
    done
    ${forEach('-D')} && [ $i -lt 300 ]`);
};

const sparseFile = (path: string, mib: number): string => {
  const file = openSync(path, 'w');
  ftruncateSync(file, mib * 1024 * 1024);
  closeSync(file);
  return path;
};

/**
 * One NVMe namespace behind several controllers. `modprobe nvme` in the guest makes nvme0n1, nvme1n1 ... `device_del
 * nvme-controller1` in the monitor removes a path.
 */
export const nvmeDevices =
  ({ controllers }: { controllers: number }): HostDevices =>
  (directory) => {
    const image = sparseFile(join(directory, 'nvme.img'), 64);
    const controller = (n: number): string[] => [
      ...['-device', `pcie-root-port,id=nvme-port${n},chassis=${n + 20},slot=${n + 20}`],
      ...['-device', `nvme,id=nvme-controller${n},serial=MPATHDTEST,subsys=nvme-subsystem,bus=nvme-port${n}`],
    ];
    return [
      ...['-device', 'nvme-subsys,id=nvme-subsystem,nqn=mpathd-test'],
      ...Array.from({ length: controllers }, (_, n) => controller(n)).flat(),
      ...['-drive', `file=${image},if=none,id=nvme-disk,format=raw`],
      ...['-device', 'nvme-ns,drive=nvme-disk,nsid=1,shared=on,bus=nvme-controller0'],
    ];
  };

/**
 * LUNs on several virtio-scsi HBAs. `modprobe virtio_scsi` in the guest makes them. In the monitor, `device_del hba1`
 * removes an HBA, and `device_del path1-0` removes the path through HBA 1 to LUN 0.
 */
export const virtioScsiDevices =
  ({ hbas, luns }: { hbas: number; luns: number }): HostDevices =>
  (directory) => {
    const disks = Array.from({ length: luns }, (_, lun) => [
      '-blockdev',
      `driver=raw,node-name=disk${lun},file.driver=file,file.filename=${sparseFile(join(directory, `scsi${lun}.img`), 64)}`,
    ]);
    const paths = (hba: number): string[] =>
      Array.from({ length: luns }, (_, lun) => ['-device', virtioScsiPath(hba, lun)]).flat();
    const adapters = Array.from({ length: hbas }, (_, hba) => [
      // On q35 only a device behind a root port can be unplugged.
      ...['-device', `pcie-root-port,id=hba-port${hba},chassis=${hba + 10},slot=${hba + 10}`],
      ...['-device', `virtio-scsi-pci,id=hba${hba},bus=hba-port${hba}`],
      ...paths(hba),
    ]);
    return [...disks.flat(), ...adapters.flat()];
  };

/** The device of one path of virtioScsiDevices, also for `device_add` in the monitor. */
export const virtioScsiPath = (hba: number, lun: number): string =>
  [
    `scsi-hd,bus=hba${hba}.0,lun=${lun + 1},drive=disk${lun},share-rw=on,id=path${hba}-${lun}`,
    `wwn=0x5000c5000000${lun.toString(16).padStart(4, '0')},serial=TEST${lun},device_id=TEST${lun}`,
  ].join(',');
