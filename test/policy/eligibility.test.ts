import fc from 'fast-check';
import type { BlockFacts } from '../../src/model/facts';
import { eligibility } from '../../src/policy/eligibility';
import { disk } from '../fixtures';

const NO_USB = { allowUsbDevices: false };
const usb = { ...disk().transport, protocol: 'scsi:usb' };

test.each<[string, Partial<BlockFacts>]>([
  ['a SCSI disk', {}],
  ['the 703rd SCSI disk', { name: 'sdaaa' }],
  ['a DASD', { name: 'dasda', bus: 'ccw', udev: null }],
  ['an NVMe namespace', { name: 'nvme10n2', bus: 'nvme', udev: { ID_WWN: 'eui.01' } }],
  ['a disk that udev has not seen', { udev: null }],
  ['a disk that udev could not read', { udev: { DEVTYPE: 'disk' } }],
  ['a read-only disk', { readOnly: true }],
])('%s may be a path', (_, more) => {
  expect(eligibility(disk(more), NO_USB)).toEqual({ eligible: true });
});

test.each<[string, Partial<BlockFacts>, RegExp]>([
  ['a map', { name: 'dm-0', bus: 'dm', udev: null }, /device-mapper/],
  ["a device of device-mapper under a disk's name", { bus: 'dm' }, /device-mapper/],
  ['a partition by its name', { name: 'sda1' }, /whole disk/],
  ['a DASD partition', { name: 'dasdb3', bus: 'ccw' }, /whole disk/],
  ['an NVMe partition', { name: 'nvme0n1p2', bus: 'nvme', udev: null }, /whole disk/],
  ['a partition by its type', { udev: { DEVTYPE: 'partition' } }, /whole disk/],
  ['a leg of native NVMe multipath', { name: 'nvme0c1n1', bus: 'nvme', hidden: true, udev: null }, /hidden/],
  ['a USB stick', { transport: usb }, /USB/],
  ['an empty drive', { sizeSectors: 0 }, /size/],
])('%s may not', (_, more, reason) => {
  expect(eligibility(disk(more), NO_USB)).toEqual({
    eligible: false,
    reason: expect.objectContaining({ text: expect.stringMatching(reason) }),
  });
});

test('USB disks are allowed on request', () => {
  expect(eligibility(disk({ transport: usb }), { allowUsbDevices: true })).toEqual({ eligible: true });
});

test('any name and any record get a verdict', () => {
  fc.assert(
    fc.property(fc.string(), fc.option(fc.dictionary(fc.string(), fc.string())), (name, udev) => {
      const verdict = eligibility(disk({ name, udev }), NO_USB);
      if (!verdict.eligible) expect(verdict.reason.text).not.toBe('');
    }),
  );
});
