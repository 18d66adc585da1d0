/** What the kernel and udev say: records of udev's database, names of device-mapper, messages of netlink. */
import { decodeFcEvent } from '../../../src/daemon/transportWatcher/fcEvents';
import { decodeRouteMessage } from '../../../src/daemon/transportWatcher/routeMessages';
import { mangle, unmangle } from '../../../src/kernel/dmMangling';
import { parseUdevRecord } from '../../../src/kernel/udevRecord';
import { holderIn } from '../../../src/kernel/lockHolder';
import { repeats, require, requireEqual, type FuzzTarget } from '../target';

const RECORD =
  'S:disk/by-id/wwn-0x5000\nS:disk/by-diskseq/7\nI:12239292\nE:ID_SERIAL=36001405\nE:ID_BUS=scsi\nG:systemd\nQ:systemd\nV:1\n';

export const udevRecord: FuzzTarget = {
  name: 'udevRecord',
  seeds: () => [Buffer.from(RECORD), Buffer.from('E:A=1\n'), Buffer.from('I:1\n')],
  tokens: ['\nE:', '\nI:', '\nS:disk/by-diskseq/', '=', '\n', '__proto__', 'ID_SERIAL', '\xff', '\0', '\x1b'],
  check: (input) => {
    for (const diskseq of [null, 7]) {
      const record = parseUdevRecord(input, diskseq);
      for (const [key, value] of Object.entries(record ?? {})) {
        require(/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(key), 'a key is a word');
        require(!/[\u0000-\u001f\u007f]/.test(value), 'a value has no control characters');
      }
    }
  },
  worst: (bytes) =>
    repeats(
      bytes,
      ['\n', 'E:A=1\n', 'E:', '=', 'S:disk/by-diskseq/8\n', 'I:0', 'x', '\xff', 'E:A=\xff\n'],
      'I:1\nE:A=',
    ),
};

export const names: FuzzTarget = {
  name: 'names',
  seeds: () => ['mpatha', 'a\\x20b', 'a\\x5cx20', 'x\\x1b[2J', 'mpath-36001'].map((text) => Buffer.from(text)),
  tokens: ['\\x', '\\x20', '\\x5c', '\\x5cx', '\\xff', '\\xc3\\xa9', '/', ' ', 'é'],
  check: (input) => {
    const text = input.toString('utf8');
    const plain = unmangle(text);
    requireEqual(unmangle(mangle(plain)), plain, 'a mangled name is the same name');
    require(/^[\x21-\x7e]*$/.test(mangle(text)), 'a mangled name is plain');
    holderIn(text, 77n);
  },
  // The kernel's names are shorter than 128 bytes.
  worst: (bytes) => repeats(Math.min(bytes, 100_000), ['\\x', '\\x20', '\\x5c', '\\', ' ', 'é', '1: POSIX  ', ' ']),
};

export const netlink: FuzzTarget = {
  name: 'netlink',
  seeds: () => [
    Buffer.alloc(64),
    Buffer.from('0200000004000000010000000000000008000300657468000c0001000011223344550000', 'hex'),
    Buffer.from('0218000000000000fe00000000000000080001000a000001080004000200000000', 'hex'),
    Buffer.from('010000000000000018000000000000000000000000000000000000000000000000', 'hex'),
  ],
  tokens: ['\x08\x00\x03\x00', '\x00\x00', '\x04\x00', '\xff\xff', '\x0c\x00\x01\x00'],
  check: (input) => {
    for (const type of [16, 17, 20, 21, 24, 25, 28, 29, 0, 65_535]) decodeRouteMessage(type, input);
    for (const type of [0x100, 0x101, 0x8002, 18, 0])
      for (const order of ['LE', 'BE'] as const) decodeFcEvent(type, input, order);
  },
  worst: (bytes) => [
    Buffer.alloc(bytes),
    Buffer.alloc(bytes, Buffer.from([4, 0, 1, 0])),
    Buffer.concat([Buffer.alloc(16), Buffer.alloc(bytes, Buffer.from([8, 0, 3, 0, 97, 0, 0, 0]))]),
    Buffer.alloc(bytes, 0xff),
  ],
};
