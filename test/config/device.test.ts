import { deviceIdentityOf } from '../../src/config/device';
import type { BlockFacts } from '../../src/model/facts';

function facts(
  bus: BlockFacts['bus'],
  vendor: string | null,
  model: string | null,
  revision: string | null,
): Parameters<typeof deviceIdentityOf>[0] {
  const nothing = { hostWwnn: null, hostWwpn: null, targetWwnn: null, targetWwpn: null, hostAdapter: null };
  return { bus, vendor, model, revision, transport: { protocol: 'p', ...nothing } };
}

test.each([
  ['SCSI, padded as in sysfs', facts('scsi', 'IBM     ', '2145            ', '0000'), ['IBM', '2145', '0000']],
  ['SCSI that says nothing', facts('scsi', null, '  ', null), ['UNKNOWN', 'UNKNOWN', 'UNKNOWN']],
  [
    'NVMe: the controller’s model, no revision',
    facts('nvme', 'whatever', 'Dell Ent NVMe  ', '1.2'),
    ['NVME', 'Dell Ent NVMe', null],
  ],
  ['DASD', facts('ccw', '0x1234', '3390/0c', null), ['IBM', 'S/390 DASD ECKD', null]],
  ['DASD of fixed blocks', facts('ccw', null, '9336/10', null), ['IBM', 'S/390 DASD FBA', null]],
  ['DASD of fixed blocks', facts('ccw', null, '3370/00', null), ['IBM', 'S/390 DASD FBA', null]],
  ['DASD of which nothing is known', facts('ccw', null, null, null), ['IBM', 'S/390 DASD ECKD', null]],
] as const)('%s', (_name, from, [vendor, product, revision]) => {
  expect(deviceIdentityOf(from)).toEqual({ vendor, product, revision, protocol: 'p', bus: from.bus });
});
