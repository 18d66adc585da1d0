import { udevFlags } from '../../src/kernel/udevFlags';

// libdevmapper.h: 0x20 DISABLE_LIBRARY_FALLBACK, 0x100, 0x200, 0x400 DM_SUBSYSTEM_UDEV_FLAG0..2.
test.each<[Parameters<typeof udevFlags>[0], boolean, boolean, number]>([
  ['create', false, false, 0x020],
  ['create', true, false, 0x220],
  ['create', false, true, 0x420],
  ['reload', false, false, 0x120],
  ['reload', true, false, 0x320],
  ['reload', true, true, 0x720],
  ['rename', false, false, 0x020],
  ['rename', true, false, 0x220],
  ['remove', false, false, 0x020],
])('%s with skip_kpartx %s, without any path %s', (operation, skipKpartx, noPath, flags) => {
  expect(udevFlags(operation, { skipKpartx, noPath })).toBe(flags);
});

test('a plain map', () => {
  expect(udevFlags('reload')).toBe(0x120);
});
