import fc from 'fast-check';
import { parseUdevRecord } from '../../src/kernel/udevRecord';

const record = (...lines: Array<string | Buffer>): Buffer =>
  Buffer.concat(lines.map((line) => Buffer.concat([Buffer.from(line), Buffer.from('\n')])));

describe('parseUdevRecord', () => {
  test('takes properties and leaves links, tags, priority and version', () => {
    expect(
      parseUdevRecord(
        record(
          'S:disk/by-diskseq/2',
          'L:50',
          'I:12239292',
          'E:ID_SERIAL=1Linux_scsi_debug_2000',
          'E:SYSTEMD_READY=0',
          'G:systemd',
          'Q:systemd',
          'V:1',
        ),
      ),
    ).toEqual({ ID_SERIAL: '1Linux_scsi_debug_2000', SYSTEMD_READY: '0' });
  });

  test.each<[string, Buffer, Record<string, string> | null]>([
    ['an empty record', Buffer.alloc(0), null],
    ['no I: line', record('E:ID_SERIAL=x'), null],
    ['an I: line of zero', record('I:0', 'E:ID_SERIAL=x'), null],
    ['an I: line without a number', record('I:', 'E:ID_SERIAL=x'), null],
    ['an I: line of nonsense', record('I:12x', 'E:ID_SERIAL=x'), null],
    ['an I: line longer than any 64-bit number', record(`I:${'1'.repeat(21)}`), null],
    ['an I: line alone', record('I:1'), {}],
    ['an I: line at the end, without a newline', Buffer.from('E:A=1\nI:1'), { A: '1' }],
    ['an equals sign in the value', record('I:1', 'E:A=b=c'), { A: 'b=c' }],
    ['an empty value', record('I:1', 'E:A='), { A: '' }],
    ['blanks in the value', record('I:1', 'E:A= b '), { A: ' b ' }],
    ['escapes as they are', record('I:1', 'E:ID_VENDOR_ENC=Linux\\x20'), { ID_VENDOR_ENC: 'Linux\\x20' }],
    ['a later value of a key', record('I:1', 'E:A=1', 'E:A=2'), { A: '2' }],
    ['no equals sign', record('I:1', 'E:A'), {}],
    ['an empty key', record('I:1', 'E:=1'), {}],
    ['a key with a blank', record('I:1', 'E:A B=1'), {}],
    ['a private key', record('I:1', 'E:.A=1'), {}],
    ['a dotted key', record('I:1', 'E:A.B-C=1'), { 'A.B-C': '1' }],
    ['a value in UTF-8', record('I:1', 'E:ID_FS_LABEL=Größe'), { ID_FS_LABEL: 'Größe' }],
    ['a value that is not UTF-8', record('I:1', Buffer.from([0x45, 0x3a, 0x41, 0x3d, 0xff]), 'E:B=1'), { B: '1' }],
    ['a value with a NUL', record('I:1', 'E:A=x\0y', 'E:B=1'), { B: '1' }],
    ['a value with a tab', record('I:1', 'E:A=x\ty'), {}],
    ['a carriage return at the end', record('I:1', 'E:A=x\r'), {}],
    ['binary before the properties', record(Buffer.from([0, 1, 2, 0xff]), 'I:1', 'E:A=1'), { A: '1' }],
    ['lines that begin like properties', record('I:1', ' E:A=1', 'EA=1', 'e:A=1'), {}],
  ])('%s', (_, bytes, expected) => {
    expect(parseUdevRecord(bytes)).toEqual(expected);
  });

  test('a property with the name __proto__ is an ordinary property', () => {
    const properties = parseUdevRecord(record('I:1', 'E:__proto__=x'));
    expect(Object.getPrototypeOf(properties)).toBe(Object.prototype);
    expect(Object.keys(properties ?? {})).toEqual(['__proto__']);
  });

  test('any bytes give a record or null', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        const properties = parseUdevRecord(Buffer.concat([Buffer.from('I:1\n'), Buffer.from(bytes)]));
        expect(properties).not.toBeNull();
        for (const value of Object.values(properties ?? {})) expect(value).not.toMatch(/\p{Cc}/u);
      }),
    );
  });
});

describe('a record under the number of an earlier disk', () => {
  const record = Buffer.from('S:disk/by-id/x\nS:disk/by-diskseq/7\nI:1234\nE:ID_SERIAL=old\n');

  it('is not the record of the new disk', () => {
    expect(parseUdevRecord(record, 8)).toBeNull();
  });

  it('counts for its own disk, and on a kernel without sequence numbers', () => {
    expect(parseUdevRecord(record, 7)).toEqual({ ID_SERIAL: 'old' });
    expect(parseUdevRecord(record)).toEqual({ ID_SERIAL: 'old' });
  });
});
