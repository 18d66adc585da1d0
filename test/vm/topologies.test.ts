import { killUdevd, startUdevd } from './disks';
import { machineForFile, waitFor } from './machine';
import { fastUdev, iscsi, nvmeDevices, scsiDebug, setPortal, virtioScsiDevices, virtioScsiPath } from './topologies';
import { type KernelDisk, truthOf } from './truth';

/* The disks that QEMU provides, and what systemd has under QEMU only. harness.test.ts has the other disks. */
const machine = machineForFile({
  needs: ['devices', 'realtime'],
  init: 'systemd',
  devices: [nvmeDevices({ controllers: 2 }), virtioScsiDevices({ hbas: 2, luns: 2 })],
});

const disksNamed = async (pattern: RegExp): Promise<KernelDisk[]> =>
  (await truthOf(machine())).disks.filter((disk) => pattern.test(disk.name));
const disksNumber = (pattern: RegExp, count: number): Promise<KernelDisk[]> =>
  waitFor(
    machine(),
    `${count} disks ${pattern}`,
    async () => {
      const disks = await disksNamed(pattern);
      return disks.length === count ? disks : undefined;
    },
    60_000,
  );
const SCSI = /^sd[a-z]+$/;
const NVME = /^nvme\d+n\d+$/;

test('systemd is PID 1 and has come up', async () => {
  expect(await machine().ok('cat /proc/1/comm')).toBe('systemd');
  await waitFor(
    machine(),
    'the boot to end',
    async () => ((await machine().run('systemctl is-active basic.target')).rc === 0 ? true : undefined),
    60_000,
  );
  expect(await machine().ok('systemctl is-active systemd-udevd')).toBe('active');
  expect((await machine().run('pgrep multipathd')).rc).toBe(1);
});

test('udevd is killed and started under systemd as well', async () => {
  await killUdevd(machine());
  expect((await machine().run('pidof systemd-udevd')).rc).toBe(1);
  await startUdevd(machine());
  expect((await machine().run('pidof systemd-udevd')).rc).toBe(0);
});

describe('NVMe', () => {
  test('one namespace is seen through each controller, with one WWID', async () => {
    await machine().ok('modprobe nvme');
    const disks = await disksNumber(NVME, 2);
    expect(new Set(disks.map((disk) => disk.wwid)).size).toBe(1);
  });

  test('a path goes with its controller', async () => {
    await machine().monitor('device_del nvme-controller1');
    await disksNumber(NVME, 1);
  });
});

describe('virtio-scsi', () => {
  test('each LUN is seen through each HBA, with one WWID', async () => {
    await machine().ok('modprobe virtio_scsi sd_mod');
    const disks = await disksNumber(SCSI, 4);
    expect(new Set(disks.map((disk) => disk.wwid)).size).toBe(2);
  });

  test('a path and a whole HBA can be unplugged, and the path plugged in again', async () => {
    await machine().monitor('device_del path1-0');
    await disksNumber(SCSI, 3);
    await machine().monitor(`device_add ${virtioScsiPath(1, 0)}`);
    await disksNumber(SCSI, 4);
    await machine().monitor('device_del hba1');
    await disksNumber(SCSI, 2);
  });
});

describe('iSCSI', () => {
  const disks = async (): Promise<KernelDisk[]> =>
    (await disksNamed(SCSI)).filter((disk) => disk.wwid?.startsWith('naa.6001405'));

  test('the LUN is seen through each portal, with one WWID', async () => {
    await iscsi(machine(), { luns: 1, portals: 2 });
    const found = await disks();
    expect(found.map((disk) => disk.state)).toEqual(['running', 'running']);
    expect(new Set(found.map((disk) => disk.wwid)).size).toBe(1);
  });

  test('a cut portal fails its path alone, and it comes back', async () => {
    const states = async () =>
      (await disks())
        .map((disk) => disk.state)
        .sort()
        .join();
    await setPortal(machine(), 2, 'cut');
    await waitFor(
      machine(),
      'the path to fail',
      async () => ((await states()) === 'running,transport-offline' ? true : undefined),
      60_000,
    );
    await setPortal(machine(), 2, 'through');
    await waitFor(
      machine(),
      'the path to run',
      async () => ((await states()) === 'running,running' ? true : undefined),
      60_000,
    );
  });
});

test('of the service only the uevent thread runs in real time', async () => {
  await machine().ok('cp /project/packaging/mpathd.service /etc/systemd/system/');
  await machine().write(
    '/etc/systemd/system/mpathd.service.d/test.conf',
    '[Service]\nExecStart=\nExecStart=/usr/bin/node /project/dist/mpathd.js\n',
  );
  await machine().ok('systemctl daemon-reload && systemctl start mpathd');
  const pid = await machine().ok('systemctl show --value -p MainPID mpathd');
  const threads = (await machine().ok(`ps -L -o cls=,rtprio= -p ${pid}`))
    .split('\n')
    .map((line) => line.trim().replace(/ +/, ' '));
  expect(threads.filter((thread) => !thread.startsWith('TS'))).toEqual(['RR 10']);
  expect(threads.length).toBeGreaterThan(5);
  await machine().ok('systemctl stop mpathd');
});

test('under the quick udev rules a disk has the serial that scsi_id would give it', async () => {
  await fastUdev(machine());
  await scsiDebug(machine(), { luns: 1, paths: 1 });
  const [disk] = (await disksNamed(SCSI)).filter((one) => one.wwid?.startsWith('naa.3333'));
  const properties = await machine().ok(`udevadm info --query=property /dev/${disk!.name}`);
  const serial = await machine().ok(`/lib/udev/scsi_id --whitelisted --device=/dev/${disk!.name}`);
  expect(properties.split('\n')).toContain(`ID_SERIAL=${serial}`);
});
