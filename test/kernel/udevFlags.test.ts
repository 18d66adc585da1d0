import { udevFlags, type UdevOperation } from '../../src/kernel/udevFlags';

const TWO_PATHS = '0 1 alua 1 1 service-time 0 2 1 8:0 1 8:16 1';
const NO_PATHS = '1 queue_if_no_path 0 0 0';

// libdevmapper.h: 0x20 DISABLE_LIBRARY_FALLBACK, 0x100, 0x200, 0x400 DM_SUBSYSTEM_UDEV_FLAG0..2.
describe('udevFlags', () => {
  test.each<[UdevOperation, boolean, number]>([
    [{ kind: 'create', params: TWO_PATHS }, false, 0x020],
    [{ kind: 'create', params: TWO_PATHS }, true, 0x220],
    [{ kind: 'create', params: NO_PATHS }, false, 0x420],
    [{ kind: 'create', params: 'not a table' }, false, 0x020],
    [{ kind: 'reload', params: TWO_PATHS }, false, 0x120],
    [{ kind: 'reload', params: TWO_PATHS }, true, 0x320],
    [{ kind: 'reload', params: NO_PATHS }, true, 0x720],
    [{ kind: 'rename' }, false, 0x020],
    [{ kind: 'rename' }, true, 0x220],
    [{ kind: 'remove' }, false, 0x020],
  ])('%j with skip_kpartx %s', (operation, skipKpartx, flags) => {
    expect(udevFlags(operation, skipKpartx)).toBe(flags);
  });
});
