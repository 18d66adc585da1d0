/** What devices and the kernel say: VPD pages and sense data, tables and status lines. */
import { formatTable, parseStatus, parseTable } from '../../../src/policy/table';
import { decodeSense, describeSense } from '../../../src/policy/scsi/sense';
import { isSafeWwid, lunNamesOfVpd83, serialFromVpd80, targetPortGroup, wwidFromVpd83 } from '../../../src/policy/vpd';
import { identityOfVpd83, shortenNvmeWwid } from '../../../src/policy/wwid';
import { repeats, require, requireEqual, type FuzzTarget } from '../target';
import { textsOf } from './vectors';

export const vpd: FuzzTarget = {
  name: 'vpd',
  seeds: () => textsOf('vpd', 'input_hex').map((hex) => Buffer.from(hex, 'hex')),
  tokens: [
    '\x00\x83\x00\x14',
    '\x01\x03\x00\x10',
    '\x01\x03\x00\x08',
    '\x02\x01\x00\x18',
    '\x53\x08\x00\x10',
    'naa.',
    'iqn.',
  ],
  check: (input) => {
    for (const size of [undefined, 1, 2, 20]) {
      const identity = wwidFromVpd83(input, size);
      require(!identity.ok || isSafeWwid(identity.wwid), 'a WWID is safe');
      require(serialFromVpd80(input, size).length < 65_536, 'a serial is no longer than its page');
    }
    require(lunNamesOfVpd83(input).names.length <= input.length, 'no page has more names than bytes');
    const group = targetPortGroup(input);
    require(group === null || (group >= 0 && group < 65_536), 'a group has 16 bits');
    identityOfVpd83(input.toString('hex'));
    const short = shortenNvmeWwid(input.toString('latin1'));
    require(short === null || short.length <= input.length, 'a shortened WWID is not longer');
    const sense = decodeSense(input);
    if (sense !== null) describeSense(sense);
  },
  worst: (bytes) => [
    Buffer.concat([Buffer.from([0, 0x83, 0xff, 0xff]), Buffer.alloc(bytes, Buffer.from([1, 3, 0, 0]))]),
    Buffer.concat([Buffer.from([0, 0x83, 0xff, 0xff]), Buffer.alloc(bytes, Buffer.from([2, 1, 0, 1, 0x20]))]),
    Buffer.concat([Buffer.from([0, 0x80, 0xff, 0xff]), Buffer.alloc(bytes, 0x20)]),
    ...repeats(bytes, ['0', '-', '0-', 'nvme.0', '\0', ' '], 'nvme.0001-'),
  ],
};

const STATUS = '2 0 0 0 2 1 A 0 1 2 8:0 A 0 0 1 E 0 1 2 8:16 F 3 0 1';
const TABLE = '1 queue_if_no_path 1 alua 2 1 service-time 0 1 2 8:0 1 1 service-time 0 1 2 8:16 1 1';

export const table: FuzzTarget = {
  name: 'table',
  seeds: () =>
    [TABLE, STATUS, `${TABLE}\n${STATUS}`, '0 0 0 0', ...textsOf('dmtable', 'params', 'status')].map((text) =>
      Buffer.from(text),
    ),
  tokens: [
    '8:0',
    '253:1048575',
    ' 0',
    ' 1',
    ' 2',
    ' A',
    ' F',
    ' E',
    'queue_if_no_path',
    'service-time',
    '4294967295',
    '-1',
    '1 alua',
  ],
  check: (input) => {
    const [params = '', status = ''] = input.toString('latin1').split('\n');
    const parsed = parseTable(params);
    if (parsed === null) return;
    const printed = formatTable(parsed);
    requireEqual(parseTable(printed), parsed, 'a printed table is read as the same');
    requireEqual(formatTable(parsed), printed, 'it is printed as the same');
    parseStatus(status, parsed);
    parseStatus(params, parsed);
  },
  worst: (bytes) => [
    ...repeats(bytes, ['0 ', ' ', '1 ', '8:0 ', '9'], '0 0 1 1 '),
    Buffer.from(`0 0 ${bytes / 32} 1 ${'service-time 0 1 1 8:0 1 '.repeat(bytes / 32)}`),
    Buffer.from(`0 0 1 1 service-time 0 ${bytes / 8} 0 ${'8:0 '.repeat(bytes / 8)}`),
    Buffer.from(`${bytes / 4} ${'aaa '.repeat(bytes / 4)} 0 0 0`),
  ],
};
