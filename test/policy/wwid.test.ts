import fc from 'fast-check';
import type { BlockFacts } from '../../src/model/facts';
import { isSafeWwid } from '../../src/policy/vpd';
import {
  identityOfVpd83,
  isContradicted,
  serialOf,
  shortenNvmeWwid,
  wwidFromSysfs,
  wwidFromUdev,
  wwidOf,
} from '../../src/policy/wwid';
import { disk } from '../fixtures';

const LONG_SERIAL = `${'41'.repeat(10)}${'00'.repeat(60)}`;

describe('wwidOf', () => {
  const nvme: Partial<BlockFacts> = { bus: 'nvme', name: 'nvme0n1', vpd83: null, udev: null };

  test.each<[string, Partial<BlockFacts>, object]>([
    ['the udev property', {}, { wwid: '33333333000001234', source: 'udev' }],
    ['VPD when there is no record', { udev: null }, { wwid: '333333330000007d0', source: 'sysfs' }],
    ['VPD when the property is missing', { udev: { ID_WWN: 'x' } }, { wwid: '333333330000007d0', source: 'sysfs' }],
    ['VPD when the property is blank', { udev: { ID_SERIAL: '  ' } }, { wwid: '333333330000007d0', source: 'sysfs' }],
    [
      'VPD when the property is too long',
      { udev: { ID_SERIAL: 'x'.repeat(128) } },
      { wwid: '333333330000007d0', source: 'sysfs' },
    ],
    [
      'a property of just the right length',
      { udev: { ID_SERIAL: 'x'.repeat(127) } },
      { wwid: 'x'.repeat(127), source: 'udev' },
    ],
    ['the property without trailing blanks', { udev: { ID_SERIAL: 'abc \t ' } }, { wwid: 'abc', source: 'udev' }],
    [
      'VPD when the property has a slash',
      { udev: { ID_SERIAL: '../../etc' } },
      { wwid: '333333330000007d0', source: 'sysfs' },
    ],
    [
      'VPD when the property has a blank inside',
      { udev: { ID_SERIAL: 'a b' } },
      { wwid: '333333330000007d0', source: 'sysfs' },
    ],
    [
      'VPD when the property has a line end inside',
      { udev: { ID_SERIAL: 'a\nmpatha b' } },
      { wwid: '333333330000007d0', source: 'sysfs' },
    ],
    ['ID_WWN for NVMe', { ...nvme, udev: { ID_SERIAL: 'no', ID_WWN: 'eui.01' } }, { wwid: 'eui.01', source: 'udev' }],
    ['the wwid attribute for NVMe', { ...nvme, sysfsWwid: 'eui.02 \n' }, { wwid: 'eui.02', source: 'sysfs' }],
    [
      'a long NVMe wwid, shortened',
      { ...nvme, sysfsWwid: `nvme.1b96-${LONG_SERIAL}-4142-00000001` },
      { wwid: `nvme.1b96-${'41'.repeat(10)}-4142-00000001`, source: 'sysfs' },
    ],
    [
      'ID_UID for DASD',
      { bus: 'ccw', udev: { ID_UID: 'IBM.75000000092461.2a00.1a' } },
      { wwid: 'IBM.75000000092461.2a00.1a', source: 'udev' },
    ],
  ])('uses %s', (_, more, answer) => {
    expect(wwidOf(disk(more))).toEqual(answer);
  });

  test.each<[string, string, Partial<BlockFacts>, object]>([
    [
      'a property of the site',
      'ID_SITE',
      { udev: { ID_SERIAL: 'no', ID_SITE: 'lun7' } },
      { wwid: 'lun7', source: 'udev' },
    ],
    [
      'nothing else where that is missing',
      'ID_SITE',
      { udev: { ID_SERIAL: 'no' } },
      { wwid: null, reason: "no usable ID_SITE in udev's record" },
    ],
    ['the device alone', '', { udev: { ID_SERIAL: 'no', '': 'no' } }, { wwid: '333333330000007d0', source: 'sysfs' }],
    [
      'no property of all objects',
      '__proto__',
      { udev: {} },
      { wwid: null, reason: "no usable __proto__ in udev's record" },
    ],
    [
      "DASD's uid up to the fourth dot",
      'ID_UID',
      { bus: 'ccw', udev: {}, sysfsWwid: 'IBM.75000000092461.2a00.1a.0001' },
      { wwid: 'IBM.75000000092461.2a00.1a', source: 'sysfs' },
    ],
  ])('with a uid_attribute of the administrator: %s', (_, attribute, more, answer) => {
    expect(wwidOf(disk(more), attribute)).toEqual(answer);
  });

  test.each<[string, Partial<BlockFacts>, string]>([
    ['nothing at all', { udev: null, vpd83: null }, 'no udev record, and none from the device'],
    [
      'a VPD page of another kind',
      { udev: {}, vpd83: '0080000432303030' },
      "no usable ID_SERIAL in udev's record, and none from the device",
    ],
    [
      'hex that is cut short',
      { udev: null, vpd83: '0083000c0103000833333330000007d' },
      'no udev record, and none from the device',
    ],
    ['text that is no hex', { udev: null, vpd83: 'zz83' }, 'no udev record, and none from the device'],
    [
      'NVMe without a wwid',
      { bus: 'nvme', udev: { ID_SERIAL: 'x' } },
      "no usable ID_WWN in udev's record, and none from the device",
    ],
    ['a loop device', { bus: 'other', udev: null }, 'no udev record, and none from the device'],
  ])('says why there is none: %s', (_, more, reason) => {
    expect(wwidOf(disk(more))).toEqual({ wwid: null, reason });
  });

  test('no record of udev can give a WWID that files and device-mapper cannot hold', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 200 }),
        fc.constantFrom<BlockFacts['bus']>('scsi', 'nvme', 'ccw', 'other'),
        (value, bus) => {
          const wwids = [
            wwidFromUdev(disk({ bus, udev: { ID_SERIAL: value, ID_WWN: value, ID_UID: value } }), 'ID_SERIAL'),
            wwidFromSysfs(disk({ bus, vpd83: value, sysfsWwid: value })),
          ];
          for (const wwid of wwids) if (wwid !== null) expect(isSafeWwid(wwid)).toBe(true);
        },
      ),
    );
  });
});

describe('shortenNvmeWwid', () => {
  test.each([
    [
      'zero bytes behind serial and model',
      `nvme.1b96-${LONG_SERIAL}-${LONG_SERIAL}-00000001`,
      `nvme.1b96-${'41'.repeat(10)}-${'41'.repeat(10)}-00000001`,
    ],
    ['a zero digit that is half of a byte', `nvme.1b96-5000${'00'.repeat(60)}-40-1`, 'nvme.1b96-50-40-1'],
    ['a serial of zeros only', `nvme.1b96-${'00'.repeat(60)}-40-1`, 'nvme.1b96-00-40-1'],
    ['another form', `eui.${'00'.repeat(70)}`, null],
    ['too many parts', `nvme.1b96-41-${LONG_SERIAL}-42-1`, null],
    ['too few parts', `nvme.1b96-${LONG_SERIAL}-1`, null],
    ['letters that are no hex', `nvme.1b96-xy${LONG_SERIAL}-42-1`, null],
    ['zeros of an odd number', `nvme.1b96-${'0'.repeat(121)}-40-1`, 'nvme.1b96-0-40-1'],
    ['nothing to take away', `nvme.1b96-${'41'.repeat(70)}-42-1`, null],
  ])('%s', (_, value, wwid) => {
    expect(shortenNvmeWwid(value)).toBe(wwid);
  });
});

test('a long text of zeros and hyphens is answered at once', () => {
  const begun = process.cpuUsage();
  for (const text of [
    `nvme.1b96-${'0-'.repeat(2_000)}`,
    `nvme.1b96-${'0'.repeat(4_000)}-`,
    `nvme.1b96-${'00'.repeat(1_000)}-${'00'.repeat(1_000)}x`,
  ])
    expect(shortenNvmeWwid(text)).toBeNull();
  // It took seconds; not a measurement of speed but of a kind of work that must not be.
  expect(process.cpuUsage(begun).user).toBeLessThan(500_000);
});

test('serialOf reads page 0x80', () => {
  expect(serialOf(disk())).toBe('2000');
  expect(serialOf(disk({ vpd80: null }))).toBeNull();
  expect(serialOf(disk({ vpd80: '00800002' }))).toBeNull();
});

describe("udev's WWID against the device's own page", () => {
  const T10 = '0201001c4c696e7578202020736373695f646562756720202020202020202032303030';
  const TWO_NAA = '0083001c' + '01030008' + '33333330000007d0' + '01030008' + '5000c50000000001';

  test.each<[string, string, Partial<BlockFacts>, boolean]>([
    ['the same name', '333333330000007d0', {}, false],
    ['another NAA name', '333333330000007d1', {}, true],
    ['the second of two NAA names', '35000c50000000001', { vpd83: TWO_NAA }, false],
    ['neither of two NAA names', '35000c50000000002', { vpd83: TWO_NAA }, true],
    ['a T10 name says nothing of NAA names', '1Linux_scsi_debug_2001', {}, false],
    ['a page without NAA names says nothing', '333333330000007d1', { vpd83: `0083${T10.slice(4)}` }, false],
    ['no page, nothing to compare', '333333330000007d1', { vpd83: null }, false],
    ['a page that cannot be read', '333333330000007d1', { vpd83: 'zz' }, false],
    ['not on other buses', '333333330000007d1', { bus: 'nvme' }, false],
  ])('%s', (_, wwid, more, contradicted) => {
    expect(isContradicted(wwid, disk(more))).toBe(contradicted);
  });
});

describe('identityOfVpd83', () => {
  const NAA = '0103000833333330000007d0';
  const page = (...designators: string[]): string =>
    `0083${(designators.join('').length / 2).toString(16).padStart(4, '0')}${designators.join('')}`;

  test.each<[string, string, string, boolean]>([
    ['the same page', page(NAA), page(NAA), true],
    ['another name', page(NAA), page('0103000833333330000007d1'), false],
    ['another target port only', page(NAA, '6194000400000001'), page(NAA, '6194000400000002'), true],
    ['no name any more', page(NAA), page('6194000400000001'), false],
    ['pages without a name that are equal', page('6194000400000001'), page('6194000400000001'), true],
    ['pages without a name that differ', page('6194000400000001'), page('6194000400000002'), false],
  ])('%s', (_, one, other, same) => {
    expect(identityOfVpd83(one) === identityOfVpd83(other)).toBe(same);
  });

  test('is the WWID if there is one', () => {
    expect(identityOfVpd83(page(NAA))).toBe('333333330000007d0');
    expect(identityOfVpd83('zz')).toBe('page zz');
  });
});
