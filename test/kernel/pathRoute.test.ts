import { routeOf, routeRequests, transportFactsOf } from '../../src/kernel/pathRoute';
import type { Route } from '../../src/kernel/pathRoute';
import { fakeSysfs } from './fakeSysfs';

const none = { hostWwnn: null, hostWwpn: null, targetWwnn: null, targetWwpn: null, hostAdapter: null };

describe('routeOf a SCSI disk', () => {
  test.each<[string, string, Route]>([
    [
      'FC',
      '/devices/pci0000:3a/0000:3a:00.0/0000:3b:00.1/host12/rport-12:0-3/target12:0:1/12:0:1:7/block/sdq',
      { kind: 'fcp', host: 'host12', rport: 'rport-12:0-3', target: 'target12:0:1', adapter: '0000:3b:00.1' },
    ],
    [
      'FC of an NPIV port',
      '/devices/pci0000:00/0000:00:02.0/host1/vport-1:0-0/host7/rport-7:0-2/target7:0:0/7:0:0:1/block/sdb',
      { kind: 'fcp', host: 'host7', rport: 'rport-7:0-2', target: 'target7:0:0', adapter: '0000:00:02.0' },
    ],
    [
      'FC on a ccw adapter',
      '/devices/css0/0.0.0014/0.0.1900/host0/rport-0:0-1/target0:0:1/0:0:1:1075855376/block/sda',
      { kind: 'fcp', host: 'host0', rport: 'rport-0:0-1', target: 'target0:0:1', adapter: '0.0.1900' },
    ],
    [
      'an rport elsewhere than above the target',
      '/devices/pci0000:00/0000:00:02.0/host1/rport-1:0-0/other/target1:0:0/1:0:0:1/block/sdb',
      { kind: 'unspec', adapter: '0000:00:02.0' },
    ],
    [
      'iSCSI',
      '/devices/platform/host3/session12/target3:0:0/3:0:0:1/block/sdc',
      { kind: 'iscsi', session: 'session12', connection: 'connection12:0' },
    ],
    [
      'SAS behind an expander',
      '/devices/pci0000:00/0000:00:03.0/0000:02:00.0/host0/port-0:0/expander-0:0/port-0:0:3/end_device-0:0:3/target0:0:3/0:0:3:0/block/sdd',
      { kind: 'sas', endDevice: 'end_device-0:0:3', adapter: '0000:02:00.0' },
    ],
    [
      'SAS without an expander',
      '/devices/pci0000:00/0000:00:03.0/host0/port-0:1/end_device-0:1/target0:0:1/0:0:1:0/block/sdd',
      { kind: 'sas', endDevice: 'end_device-0:1', adapter: '0000:00:03.0' },
    ],
    [
      'USB behind a hub',
      '/devices/pci0000:00/0000:00:14.0/usb2/2-1/2-1.4/2-1.4:1.0/host5/target5:0:0/5:0:0:0/block/sde',
      { kind: 'usb', device: '2-1.4', adapter: '0000:00:14.0' },
    ],
    [
      'SATA',
      '/devices/pci0000:00/0000:00:1f.2/ata2/host1/target1:0:0/1:0:0:0/block/sdb',
      { kind: 'ata', port: 'ata2', adapter: '0000:00:1f.2' },
    ],
    [
      'a PCI domain of a VMD',
      '/devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda',
      { kind: 'ata', port: 'ata1', adapter: '10000:e0:17.0' },
    ],
    [
      'virtio-scsi',
      '/devices/pci0000:00/0000:00:04.0/0000:01:00.0/virtio2/host2/target2:0:0/2:0:0:1/block/sda',
      { kind: 'unspec', adapter: '0000:01:00.0' },
    ],
    ['scsi_debug', '/devices/pseudo_0/adapter0/host0/target0:0:0/0:0:0:0/block/sda', { kind: 'unspec', adapter: null }],
    [
      'tcm_loop',
      '/devices/tcm_loop_0/tcm_loop_adapter_0/host2/target2:0:1/2:0:1:0/block/sdb',
      { kind: 'unspec', adapter: null },
    ],
  ])('%s', (_, devpath, route) => {
    expect(routeOf('scsi', devpath.replace(/.*\//, ''), devpath)).toEqual(route);
  });
});

test.each<['nvme' | 'ccw' | 'dm' | 'other', string, string, Route]>([
  ['nvme', 'nvme1n1', '/devices/pci0000:00/0000:00:05.0/nvme/nvme1/nvme1n1', { kind: 'nvme', adapter: '0000:00:05.0' }],
  ['nvme', 'nvme2n1', '/devices/virtual/nvme-fabrics/ctl/nvme2/nvme2n1', { kind: 'nvme', adapter: null }],
  ['ccw', 'dasda', '/devices/css0/0.0.0001/0.0.0200/block/dasda', { kind: 'ccw', adapter: '0.0.0200' }],
  ['dm', 'dm-0', '/devices/virtual/block/dm-0', { kind: 'none' }],
  ['other', 'vda', '/devices/pci0000:00/0000:00:01.0/virtio0/block/vda', { kind: 'none' }],
  ['other', 'cciss!c0d0', '/devices/pci0000:00/0000:00:01.0/cciss0/c0d0/block/cciss!c0d0', { kind: 'cciss' }],
])('route of %s disk %s', (bus, name, devpath, route) => {
  expect(routeOf(bus, name, devpath)).toEqual(route);
});

describe('transportFactsOf', () => {
  async function factsOf(
    route: Route,
    directories: Record<string, Record<string, string>>,
    disk: Record<string, string> = {},
  ) {
    const sysfs = fakeSysfs();
    for (const [path, attributes] of Object.entries(directories)) sysfs.directories.set(path, attributes);
    const readings = await sysfs.sysfsRead(routeRequests(route));
    return transportFactsOf(route, readings, new Map(Object.entries(disk).map(([k, v]) => [k, Buffer.from(v)])));
  }
  const fc: Route = {
    kind: 'fcp',
    host: 'host1',
    rport: 'rport-1:0-2',
    target: 'target1:0:0',
    adapter: '0000:3b:00.0',
  };
  const iscsi: Route = { kind: 'iscsi', session: 'session1', connection: 'connection1:0' };
  const host = { node_name: '0x2000000000000001\n', port_name: '0x1000000000000001\n' };
  const rport = { node_name: '0x50060160000000a0\n', port_name: '0x50060168000000a1\n' };
  const target = { node_name: '0x50060160000000b0\n', port_name: '0x50060168000000b1\n' };
  const hostPath = '/sys/class/fc_host/host1';
  const rportPath = '/sys/class/fc_remote_ports/rport-1:0-2';
  const targetPath = '/sys/class/fc_transport/target1:0:0';

  test('FC: names of the host and of the remote port', async () => {
    expect(await factsOf(fc, { [hostPath]: host, [rportPath]: rport, [targetPath]: target })).toEqual({
      protocol: 'scsi:fcp',
      hostWwnn: '0x2000000000000001',
      hostWwpn: '0x1000000000000001',
      targetWwnn: '0x50060160000000a0',
      targetWwpn: '0x50060168000000a1',
      hostAdapter: '0000:3b:00.0',
    });
  });

  test('FC: without the remote port the target’s own names', async () => {
    expect(await factsOf(fc, { [targetPath]: target })).toMatchObject({
      hostWwnn: null,
      targetWwnn: '0x50060160000000b0',
      targetWwpn: '0x50060168000000b1',
    });
  });

  test.each<[string, Record<string, string>, string | null]>([
    ['connected', { address: '10.0.0.2\n', persistent_address: '10.0.0.1\n' }, '10.0.0.2'],
    ['disconnected', { address: '!ENOTCONN', persistent_address: '10.0.0.1\n' }, '10.0.0.1'],
    ['without addresses', {}, null],
  ])('iSCSI, %s', async (_, connection, hostAdapter) => {
    const directories = {
      '/sys/class/iscsi_session/session1': { targetname: 'iqn.2003-01.org.example:disk\n' },
      '/sys/class/iscsi_connection/connection1:0': connection,
    };
    expect(await factsOf(iscsi, directories)).toEqual({
      ...none,
      protocol: 'scsi:iscsi',
      targetWwnn: 'iqn.2003-01.org.example:disk',
      hostAdapter,
    });
  });

  test.each<[Route, Record<string, Record<string, string>>, Record<string, string>, object]>([
    [
      { kind: 'sas', endDevice: 'end_device-0:0:3', adapter: '0000:02:00.0' },
      { '/sys/class/sas_device/end_device-0:0:3': { sas_address: '0x5000c50012345679\n' } },
      {},
      { protocol: 'scsi:sas', targetWwnn: '0x5000c50012345679', hostAdapter: '0000:02:00.0' },
    ],
    [{ kind: 'sas', endDevice: 'end_device-0:0', adapter: null }, {}, {}, { protocol: 'scsi:sas', targetWwnn: null }],
    [{ kind: 'usb', device: '2-1', adapter: null }, {}, {}, { protocol: 'scsi:usb', targetWwnn: '2-1' }],
    [{ kind: 'ata', port: 'ata12', adapter: null }, {}, {}, { protocol: 'scsi:ata', targetWwnn: 'ata-12.00' }],
    [{ kind: 'unspec', adapter: null }, {}, {}, { protocol: 'scsi:unspec' }],
    [{ kind: 'ccw', adapter: '0.0.0200' }, {}, {}, { protocol: 'ccw', hostAdapter: '0.0.0200' }],
    [{ kind: 'cciss' }, {}, {}, { protocol: 'cciss' }],
    [{ kind: 'none' }, {}, {}, { protocol: 'undef' }],
    [
      { kind: 'nvme', adapter: '0000:00:05.0' },
      {},
      {
        'device/transport': 'pcie\n',
        'device/subsysnqn': 'nqn.2019-08.org.qemu:x\n',
        'device/address': '0000:00:05.0\n',
      },
      { protocol: 'nvme:pcie', targetWwnn: 'nqn.2019-08.org.qemu:x', hostAdapter: '0000:00:05.0' },
    ],
    [
      { kind: 'nvme', adapter: null },
      {},
      { 'device/transport': 'tcp\n', 'device/address': 'traddr=10.0.0.1,trsvcid=4420\n' },
      { protocol: 'nvme:tcp', hostAdapter: 'traddr=10.0.0.1,trsvcid=4420' },
    ],
    [{ kind: 'nvme', adapter: null }, {}, { 'device/transport': 'telepathy\n' }, { protocol: 'nvme:unspec' }],
    [{ kind: 'nvme', adapter: null }, {}, {}, { protocol: 'nvme:unspec' }],
  ])('%j', async (route, directories, disk, expected) => {
    expect(await factsOf(route, directories, disk)).toEqual({ ...none, ...expected });
  });

  test('an attribute that could not be read does not count as a missing one', async () => {
    await expect(factsOf(fc, { [hostPath]: { node_name: '!ENOMEM' } })).rejects.toThrow('node_name: ENOMEM');
    await expect(factsOf(fc, { [rportPath]: { '.': 'EMFILE' } })).rejects.toThrow('node_name: EMFILE');
  });
});
