import type { BlockFacts } from '../../src/model/facts';
import { compareLuns, describeLun, identityCopyOf, judgePage, spellsWwid } from '../../src/policy/compareLuns';
import { makePath } from '../fixtures';

const hex = (value: number, digits = 2): string => value.toString(16).padStart(digits, '0');
const text = (value: string): string => Buffer.from(value).toString('hex');
const name = (type: number, value: string, association = 0): string =>
  `0${type === 1 || type === 8 ? 2 : 1}${hex((association << 4) | type)}00${hex(value.length / 2)}${value}`;
const page = (...names: string[]): string => `0083${hex(names.join('').length / 2, 4)}${names.join('')}`;
const NAA1 = '6000000000000001000000000000000a';
const NAA2 = '6000000000000001000000000000000b';
const EUI = '0011223344556677';
const T10 = name(1, text('VENDOR  DISK'));
const PORT = (number: number): string => name(4, hex(number, 8), 1);

const disk = (vpd83: string | null, more: Partial<BlockFacts> = {}): BlockFacts => {
  const { facts } = makePath({ name: 'sda', devt: '8:0' });
  if (facts === null) throw new Error('the fixture has no facts');
  return { ...facts, bus: 'scsi', vendor: 'V', model: 'M', vpd80: null, vpd83, ...more };
};
const serial = (value: string): string => `0080${hex(value.length, 4)}${text(value)}`;

test.each<[string, string | null, string | null, string]>([
  ['one name', page(name(3, NAA1)), page(name(3, NAA1)), 'same'],
  ['another port', page(name(3, NAA1), PORT(1)), page(name(3, NAA1), PORT(2)), 'same'],
  ['other names in another order', page(name(2, EUI), name(3, NAA1)), page(name(3, NAA1)), 'same'],
  ['another NAA name', page(name(3, NAA1)), page(name(3, NAA2)), 'other'],
  ['a name that all LUNs have does not count', page(T10, name(3, NAA1)), page(T10, name(3, NAA2)), 'other'],
  ['unless it is the only one', page(T10), page(T10), 'same'],
  ['another T10 name', page(T10), page(name(1, text('VENDOR  DISK2'))), 'other'],
  ['names of different types alone', page(name(2, EUI)), page(name(3, NAA1)), 'other'],
  ['a name as text', page(name(8, text(`naa.${NAA1}`))), page(name(3, NAA1)), 'same'],
  ['a vendor specific name', page(name(0, 'aa')), page(name(0, 'bb')), 'other'],
  ['a UUID', page(name(10, `1000${NAA1}`)), page(name(10, `1000${NAA2}`)), 'other'],
  ['the group of LUNs is no name', page(name(6, '00000001')), page(name(6, '00000001')), 'unknown'],
  ['ports alone', page(PORT(1)), page(PORT(2)), 'unknown'],
  ['no page', null, page(name(3, NAA1)), 'unknown'],
  [
    'a page that is cut before the common name',
    page(name(2, EUI), name(3, NAA1)).slice(0, 30),
    page(name(3, NAA1)),
    'unknown',
  ],
  ['a cut page with another name of that type', page(name(3, NAA2), T10).slice(0, 60), page(name(3, NAA1)), 'other'],
  ['no hex text', '0x', page(name(3, NAA1)), 'unknown'],
])('%s', (_, one, other, verdict) => {
  expect(compareLuns(disk(one), disk(other))).toBe(verdict);
  expect(compareLuns(disk(other), disk(one))).toBe(verdict);
});

test.each<[string, Partial<BlockFacts>, Partial<BlockFacts>, string]>([
  ['the same serial number', { vpd80: serial('a') }, { vpd80: serial(' a ') }, 'same'],
  ['another serial number', { vpd80: serial('a') }, { vpd80: serial('b') }, 'other'],
  ['a serial number and none', { vpd80: serial('a') }, {}, 'unknown'],
  ['another product', { model: 'N' }, {}, 'other'],
  ['another bus', { bus: 'nvme' }, {}, 'other'],
  ['two namespaces', { bus: 'nvme', sysfsWwid: 'eui.1' }, { bus: 'nvme', sysfsWwid: 'eui.2' }, 'other'],
  ['one namespace', { bus: 'nvme', sysfsWwid: 'eui.1' }, { bus: 'nvme', sysfsWwid: 'eui.1' }, 'same'],
  ['a namespace without a wwid', { bus: 'nvme', sysfsWwid: null }, { bus: 'nvme', sysfsWwid: 'eui.1' }, 'unknown'],
])('without page 0x83: %s', (_, one, other, verdict) => {
  expect(compareLuns(disk(null, one), disk(null, other))).toBe(verdict);
});

test('every name of the disk spells its WWID, and the best one is shown', () => {
  const facts = disk(page(T10, name(3, NAA1)));
  expect([`3${NAA1}`, '1VENDOR_DISK', `3${NAA2}`].map((wwid) => spellsWwid(facts, wwid))).toEqual([true, true, false]);
  expect(describeLun(facts)).toBe(`3${NAA1}`);
  expect(describeLun(disk(null, { vpd80: serial('a') }))).toBe('V M serial a');
});

test('the page by which a disk says which LUN it is', () => {
  expect(identityCopyOf(disk(page(T10)))).toEqual({ page: 0x83, hex: page(T10) });
  expect(identityCopyOf(disk(null, { vpd80: serial('a') }))).toEqual({ page: 0x80, hex: serial('a') });
  expect(identityCopyOf(disk(null))).toBeNull();
  expect(identityCopyOf(disk(null, { bus: 'nvme', sysfsWwid: 'eui.1' }))).toBeNull();
});

test.each<[string, string, string, boolean]>([
  ['another port', page(name(3, NAA1), PORT(1)), page(name(3, NAA1), PORT(2)), true],
  ['a vendor specific name that changes', page(name(0, 'aa'), name(3, NAA1)), page(name(0, 'bb'), name(3, NAA1)), true],
  ['another LUN', page(name(3, NAA1)), page(name(3, NAA2)), false],
  ['an answer without a name', page(name(3, NAA1)), page(PORT(1)), false],
  ['a copy without a name', page(PORT(1)), page(PORT(2)), true],
])('an answer beside the copy: %s', (_, copy, answer, same) => {
  expect(judgePage({ page: 0x83, hex: copy }, answer)).toMatchObject({ same });
});

test('a serial number beside the copy, whatever blanks it has', () => {
  expect(judgePage({ page: 0x80, hex: serial('a ') }, serial(' a'))).toMatchObject({ same: true });
  expect(judgePage({ page: 0x80, hex: serial('a') }, serial('b'))).toEqual({
    same: false,
    says: 'serial number b',
    copied: 'serial number a',
  });
});
