import type { BlockFacts } from '../../src/model/facts';

/** A SCSI disk as scsi_debug and udev present it. */
export function disk(more: Partial<BlockFacts> = {}): BlockFacts {
  const facts: Omit<BlockFacts, 'udevNames'> = {
    name: 'sda',
    devt: '8:0',
    diskseq: 2,
    devpath: '/devices/pseudo_0/adapter0/host0/target0:0:0/0:0:0:0/block/sda',
    sizeSectors: 16384,
    readOnly: false,
    hidden: false,
    bus: 'scsi',
    vendor: 'Linux',
    model: 'scsi_debug',
    revision: '0191',
    hcil: '0:0:0:0',
    state: 'running',
    tpgs: 'implicit',
    accessState: 'active/optimized',
    preferredPath: false,
    deviceHandler: 'alua',
    vpd83: '0083000c0103000833333330000007d0',
    vpd80: '0080000432303030',
    sysfsWwid: null,
    timeoutSeconds: 30,
    maxSectorsKb: 512,
    transport: {
      protocol: 'scsi:unspec',
      hostWwnn: null,
      hostWwpn: null,
      targetWwnn: null,
      targetWwpn: null,
      hostAdapter: null,
    },
    holders: [],
    udev: { DEVTYPE: 'disk', SCSI_IDENT_SERIAL: '2000', ID_SERIAL: '33333333000001234', ID_WWN: '0x3333333000001234' },
    ...more,
  };
  return { udevNames: Object.keys(facts.udev ?? {}).join(' '), ...facts };
}
