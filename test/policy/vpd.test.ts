import fc from 'fast-check';
import { isSafeWwid, serialFromVpd80, wwidFromVpd83, type VpdIdentity } from '../../src/policy/vpd';

const LUN = 0;
const TARGET_PORT = 1;
const RESERVED = 3;

function designator(association: number, type: number, data: Uint8Array | string): Buffer {
  const bytes = Buffer.from(data);
  return Buffer.concat([Buffer.from([1, (association << 4) | type, 0, bytes.length]), bytes]);
}

function page(...designators: Buffer[]): Buffer {
  const body = Buffer.concat(designators);
  return Buffer.concat([Buffer.from([0, 0x83, body.length >> 8, body.length & 0xff]), body]);
}

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const NAA6 = designator(LUN, 3, hex('60014051f65c6cb11b74541b703ce1d4'));
const NAA5 = designator(LUN, 3, hex('5000c500a1b2c3d4'));
const NAA2 = designator(LUN, 3, hex('2000c500a1b2c3d4'));
const NAA3 = designator(LUN, 3, hex('3000c500a1b2c3d4'));
const EUI = designator(LUN, 2, hex('001405a1b2c3d4e5'));
const NAME = designator(LUN, 8, 'iqn.2003-01.org:t1,L,0x1\0\0\0\0');
const T10 = designator(LUN, 1, 'LIO-ORG disk 1');

function found(identity: VpdIdentity): string {
  return identity.ok ? identity.wwid : identity.error;
}

describe('wwidFromVpd83', () => {
  const byRank: Array<[string, Buffer, string]> = [
    ['NAA 6', NAA6, '360014051f65c6cb11b74541b703ce1d4'],
    ['NAA 5', NAA5, '35000c500a1b2c3d4'],
    ['NAA 2', NAA2, '32000c500a1b2c3d4'],
    ['EUI-64', EUI, '2001405a1b2c3d4e5'],
    ['SCSI name', NAME, '82003-01.org:t1,L,0x1'],
    ['T10 vendor', T10, '1LIO-ORG_disk_1'],
    ['NAA 3', NAA3, '33000c500a1b2c3d4'],
  ];

  test.each(byRank)('%s comes before all designators of lower rank, wherever they are', (name, _, wwid) => {
    const rest = byRank.slice(byRank.findIndex(([other]) => other === name)).map(([, bytes]) => bytes);
    expect(found(wwidFromVpd83(page(...rest)))).toBe(wwid);
    expect(found(wwidFromVpd83(page(...rest.reverse())))).toBe(wwid);
  });

  test('of two designators with the same rank the first one counts', () => {
    expect(found(wwidFromVpd83(page(NAA5, designator(LUN, 3, hex('5111111111111111')))))).toBe('35000c500a1b2c3d4');
  });

  test.each([
    ['one of a target port', page(designator(TARGET_PORT, 3, hex('5000c500a1b2c3d4'))), 'none'],
    ['one of a reserved association', page(designator(RESERVED, 3, hex('5000c500a1b2c3d4'))), 'invalid'],
    ['NAA of an unknown kind', page(designator(LUN, 3, hex('4000c500a1b2c3d4'))), 'invalid'],
    ['NAA 6 of 8 bytes', page(designator(LUN, 3, hex('6001405100000000'))), 'invalid'],
    ['NAA without data', page(designator(LUN, 3, '')), 'invalid'],
    ['EUI-64 of 9 bytes', page(designator(LUN, 2, hex('001405a1b2c3d4e5ff'))), 'invalid'],
    ['a name of an unknown kind', page(designator(LUN, 8, 'foo.bar')), 'invalid'],
    ['a name that is only its kind', page(designator(LUN, 8, 'naa.')), 'invalid'],
    ['T10 of 7 bytes', page(designator(LUN, 1, 'LIO-ORG')), 'invalid'],
    ['a logical unit group of 5 bytes', page(designator(LUN, 6, '12345')), 'invalid'],
    ['MD5 of 15 bytes', page(designator(LUN, 7, '123456789012345')), 'invalid'],
    ['a UUID', page(designator(LUN, 10, hex('1000'.repeat(4)))), 'none'],
    ['no designators', page(), 'none'],
    ['no page', Buffer.alloc(0), 'none'],
    ['standard INQUIRY data', hex('000007025b10100a4c696e7578202020'), 'none'],
    ['a designator beyond the end', page(NAA6).subarray(0, 12), 'overflow'],
    ['a malformed one, then one beyond the end', page(designator(LUN, 3, ''), NAA6).subarray(0, 16), 'overflow'],
  ])('gives no WWID for %s', (_, bytes, error) => {
    expect(wwidFromVpd83(bytes)).toEqual({ ok: false, error });
  });

  test.each([
    ['a malformed one before it', page(designator(LUN, 3, ''), NAA5)],
    ['one beyond the end behind it', Buffer.concat([page(NAA5, NAA6).subarray(0, 20)])],
    ['a page length that is more than what is there', Buffer.concat([hex('00831000'), NAA5])],
    ['bytes behind the page', Buffer.concat([page(NAA5), NAA6])],
  ])('is found in spite of %s', (_, bytes) => {
    expect(found(wwidFromVpd83(bytes))).toBe('35000c500a1b2c3d4');
  });

  test.each([
    ['a slash', 'LIO-ORG a/b'],
    ['a comment sign', 'LIO-ORG a#b'],
    ['a line end', 'LIO-ORG a\nb'],
    ['an escape', 'LIO-ORG \u001b[2J'],
    ['a letter beyond ASCII', 'LIO-ORG \u00e4'],
  ])('refuses text with %s, which no file or name can hold', (_, data) => {
    expect(wwidFromVpd83(page(designator(LUN, 1, data)))).toEqual({ ok: false, error: 'invalid' });
  });

  test('T10 text ends at a NUL and its blanks are joined', () => {
    expect(found(wwidFromVpd83(page(designator(LUN, 1, 'ATA      disk   7  \0\0x'))))).toBe('1ATA_disk_7');
  });

  test('stays within the buffer, with hex cut at whole bytes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 200 }), fc.constantFrom(NAA6, EUI, NAME, T10), (size, bytes) => {
        const identity = wwidFromVpd83(page(bytes), size);
        const full = found(wwidFromVpd83(page(bytes)));
        if (!identity.ok) return;
        expect(identity.wwid.length).toBeLessThan(size);
        expect(full.startsWith(identity.wwid)).toBe(true);
        if (bytes === NAA6 || bytes === EUI) expect(identity.wwid.length % 2).toBe(1);
      }),
    );
  });

  test('never throws and never gives a WWID that files and device-mapper cannot hold', () => {
    const anyDesignator = fc
      .tuple(fc.constantFrom(0, 0, 0, 1, 3), fc.nat(15), fc.uint8Array({ maxLength: 40 }))
      .map(([association, type, data]) => designator(association, type, data));
    const anyPage = fc.oneof(
      fc.array(anyDesignator, { maxLength: 5 }).map((all) => page(...all)),
      fc.uint8Array({ maxLength: 300 }),
    );
    fc.assert(
      fc.property(anyPage, fc.integer({ min: -1, max: 300 }), (bytes, size) => {
        const identity = wwidFromVpd83(bytes, size);
        if (identity.ok) expect(isSafeWwid(identity.wwid)).toBe(true);
        serialFromVpd80(bytes, size);
      }),
      { numRuns: 500 },
    );
  });
});

describe('serialFromVpd80', () => {
  const serial = (text: string, announced = text.length): Buffer =>
    Buffer.concat([Buffer.from([0, 0x80, announced >> 8, announced & 0xff]), Buffer.from(text, 'latin1')]);

  test.each([
    ['plain', serial('ABC'), 'ABC'],
    ['blanks at both ends', serial('  A B  '), 'A B'],
    ['NULs at the end', serial('ABC\0\0'), 'ABC'],
    ['control characters', serial('A\u001b[2JB\u0007'), 'A [2JB'],
    ['only blanks', serial('    '), ''],
    ['less than announced', serial('ABC', 4000), 'ABC'],
    ['more than announced', serial('ABCDEF', 3), 'ABC'],
    ['another page', Buffer.from([0, 0x83, 0, 3, 65, 66, 67]), ''],
    ['nothing', Buffer.alloc(0), ''],
  ])('%s', (_, bytes, text) => {
    expect(serialFromVpd80(bytes)).toBe(text);
  });

  test('is cut to the buffer', () => {
    expect(serialFromVpd80(serial('x'.repeat(200)))).toHaveLength(127);
    expect(serialFromVpd80(serial('ABCDEF'), 4)).toBe('ABC');
    expect(serialFromVpd80(serial('ABCDEF'), 0)).toBe('');
  });
});
