import fc from 'fast-check';
import { isMultipathUevent, ueventNumber, ueventText } from '../../src/policy/ueventProperties';

test.each([
  ['0', 0],
  ['17', 17],
  ['007', 7],
  ['2147483647', 2147483647],
  ['2147483648', null],
  ['9'.repeat(400), null],
  ['', null],
  ['-1', null],
  ['+1', null],
  ['0x10', null],
  ['17 ', null],
  ['17a', null],
  ['1e3', null],
  ['max', null],
])('the number in %j is %p', (value, number) => {
  expect(ueventNumber({ MAJOR: value }, 'MAJOR')).toBe(number);
});

test('a missing variable has neither text nor number', () => {
  expect(ueventText({ MAJO: '1' }, 'MAJOR')).toBeNull();
  expect(ueventNumber({ MAJOr: '1' }, 'MAJOR')).toBeNull();
  expect(ueventText({}, 'constructor')).toBeNull();
  expect(ueventText({}, '__proto__')).toBeNull();
  expect(ueventText({ DM_NAME: '' }, 'DM_NAME')).toBe('');
});

test.each([
  ['mpath-3600', true],
  ['mpath-', false],
  ['mpath3600', false],
  ['MPATH-3600', false],
  ['part1-mpath-3600', false],
  ['LVM-abc', false],
])('DM_UUID %s: %p', (uuid, expected) => {
  expect(isMultipathUevent({ DM_UUID: uuid })).toBe(expected);
});

test("an event without DM_UUID is no map's", () => {
  expect(isMultipathUevent({ DM_NAME: 'mpatha' })).toBe(false);
});

test('numbers are read back as written', () => {
  fc.assert(fc.property(fc.nat(), (value) => expect(ueventNumber({ X: String(value) }, 'X')).toBe(value)));
});
