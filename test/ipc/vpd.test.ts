import { lunHex, targetPortGroupOf } from '../../src/ipc/vpd';
import { portGroupPage } from './fixtures';

test.each([
  ['0:0:0:0', '0x0000000000000000'],
  ['0:0:0:1', '0x0001000000000000'],
  ['10:0:1:65535', '0xffff000000000000'],
  ['10:0:2:16384', '0x4000000000000000'],
  // Two levels: the kernel's number has the first level in its low 16 bits.
  ['1:0:0:70000', '0x1170000100000000'],
  [null, '0xffffffffffffffff'],
  ['1:2:3', '0xffffffffffffffff'],
])('the LUN of %s is %s', (hcil, text) => {
  expect(lunHex(hcil)).toBe(text);
});

test('the target port group is found behind other designators', () => {
  const naa = '0103000833333330000007d0';
  const relativePort = '0114000400000001';
  const group = '0115000400000203';
  const body = naa + relativePort + group;
  expect(targetPortGroupOf(`008300${(body.length / 2).toString(16)}${body}`)).toBe(0x203);
  expect(targetPortGroupOf(portGroupPage(0x100))).toBe(0x100);
});

test.each([
  ['no page', null],
  ['another page', '0080000454455354'],
  ['a page cut in its header', '0083'],
  ['a designator that is cut', '00830008011500'],
  ['a designator longer than the page', '0083000801150004'],
  ['a port group of another length', '00830006011500020001'],
  ['the same designator of the logical unit', '0083000801050004000000ff'],
  ['no hexadecimal', 'zz'],
])('%s has none', (_, page) => {
  expect(targetPortGroupOf(page)).toBeNull();
});
