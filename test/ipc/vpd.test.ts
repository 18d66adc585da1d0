import { lunHex } from '../../src/ipc/vpd';

test.each([
  ['0:0:0:0', '0x0000000000000000'],
  ['0:0:0:1', '0x0001000000000000'],
  ['10:0:1:65535', '0xffff000000000000'],
  ['10:0:2:16384', '0x4000000000000000'],
  // A LUN of two levels: the kernel's number has the first level in its low 16 bits.
  ['1:0:0:70000', '0x1170000100000000'],
  [null, '0xffffffffffffffff'],
  ['1:2:3', '0xffffffffffffffff'],
])('the LUN of %s is %s', (hcil, text) => {
  expect(lunHex(hcil)).toBe(text);
});
