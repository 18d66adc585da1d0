import fc from 'fast-check';
import { formatMessage, parseMessages } from 'netlink/dist/structs';
import { readMessage } from '../../../src/daemon/transportWatcher/messages';
import { createNetwork } from '../../../src/daemon/transportWatcher/network';
import { decodeRouteMessage, RTM } from '../../../src/daemon/transportWatcher/routeMessages';
import {
  addressPayload,
  attribute,
  DOWN,
  linkPayload,
  NO_CARRIER,
  UP,
  type AddressFrame,
  type LinkFrame,
} from './routeFrames';

const link = (f: LinkFrame, type: number = RTM.newLink): ReturnType<typeof decodeRouteMessage> =>
  decodeRouteMessage(type, linkPayload(f));
const address = (f: AddressFrame, type: number = RTM.newAddress): ReturnType<typeof decodeRouteMessage> =>
  decodeRouteMessage(type, addressPayload(f));

const IPV6 = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
const FACT = { kind: 'link', index: 2, ifname: 'eth0', carrier: true, operstate: 'up', guestPort: false, gone: false };

describe('a link message', () => {
  it.each<[string, LinkFrame, object]>([
    ['up', {}, {}],
    ['up without carrier', { flags: NO_CARRIER, operstate: 2 }, { carrier: false, operstate: 'down' }],
    [
      'with carrier, but not operational (802.1X)',
      { flags: 0x1 | 0x10000, operstate: 5 },
      { carrier: false, operstate: 'dormant' },
    ],
    ['administratively down', { flags: DOWN, operstate: 2 }, { carrier: false, operstate: 'down' }],
    [
      'lo: no operational state',
      { name: 'lo', index: 1, operstate: 0 },
      { ifname: 'lo', index: 1, operstate: 'unknown' },
    ],
    ['a state of the future', { operstate: 9 }, { operstate: 'unknown' }],
    [
      'a VLAN whose device is down',
      { name: 'bond0.100', flags: NO_CARRIER, operstate: 3 },
      { ifname: 'bond0.100', carrier: false, operstate: 'lowerlayerdown' },
    ],
    ['a member of a bond', { master: 9 }, {}],
    ['a bridge itself', { kind: 'bridge' }, {}],
    ["a container's end in a bridge", { kind: 'veth', master: 9 }, { guestPort: true }],
    ["a guest's tap in a bridge", { kind: 'tun', master: 9 }, { guestPort: true }],
    ['a veth that is in no bridge', { kind: 'veth' }, {}],
    ['a VLAN in a bridge', { kind: 'vlan', master: 9 }, {}],
    ['the longest name', { name: 'abcdefghijklmno' }, { ifname: 'abcdefghijklmno' }],
    ['a name of odd bytes', { name: 'eth\u001b[é' }, { ifname: 'eth?[?' }],
    ['attributes not known here', { more: [attribute(999, Buffer.alloc(300))] }, {}],
  ])('%s', (_what, f, expected) => {
    expect(link(f)).toEqual({ ...FACT, ...expected });
  });

  it('about an interface that is gone', () => {
    expect(link({ flags: UP }, RTM.deleteLink)).toEqual({
      ...FACT,
      carrier: false,
      operstate: 'notpresent',
      gone: true,
    });
  });

  it.each<[string, LinkFrame]>([
    ['of a bridge about its port (AF_BRIDGE)', { family: 7 }],
    ['without a name', { name: null }],
    ['with index 0', { index: 0 }],
    ['with a negative index', { index: -1 }],
  ])('%s is of no interest', (_what, f) => {
    expect(link(f)).toBeNull();
    expect(link(f, RTM.deleteLink)).toBeNull();
  });

  it('that is cut short is refused', () => {
    const whole = linkPayload({});
    expect(decodeRouteMessage(RTM.newLink, whole.subarray(0, 15))).toBeNull();
    expect(decodeRouteMessage(RTM.newLink, whole.subarray(0, 22))).toBeNull();
  });
});

describe('an address message', () => {
  it.each<[string, AddressFrame, string]>([
    ['IPv4', { address: [192, 0, 2, 1], local: [192, 0, 2, 1] }, '192.0.2.1'],
    ['IPv4, point to point: the local end', { address: [192, 0, 2, 9], local: [192, 0, 2, 1] }, '192.0.2.1'],
    ['IPv6', { family: 10, address: IPV6 }, '2001:db8::1'],
    [
      'IPv6 without zeros',
      { family: 10, address: IPV6.map((_, i) => i + 0x10) },
      '1011:1213:1415:1617:1819:1a1b:1c1d:1e1f',
    ],
  ])('%s', (_what, f, expected) => {
    expect(address(f)).toEqual({ kind: 'address', index: 2, address: expected, present: true });
    expect(address(f, RTM.deleteAddress)).toEqual({ kind: 'address', index: 2, address: expected, present: false });
  });

  it.each<[string, AddressFrame]>([
    ['of this host only', { scope: 254, local: [127, 0, 0, 1] }],
    ['of the link only: it comes and goes with the carrier', { family: 10, scope: 253, address: IPV6 }],
    ['not yet proved unique', { family: 10, flags: 0x40, address: IPV6 }],
    ['not yet proved unique, told in the wide flags', { family: 10, flags: 0, wideFlags: 0x140, address: IPV6 }],
    ['of another family', { family: 9, address: [1, 2, 3, 4, 5, 6] }],
    ['without an address', {}],
    ['of no interface', { index: 0, local: [192, 0, 2, 1] }],
  ])('%s is of no interest', (_what, f) => {
    expect(address(f)).toBeNull();
  });

  it('about a tentative address that is gone is news', () => {
    expect(address({ family: 10, flags: 0x40, address: IPV6 }, RTM.deleteAddress)).toMatchObject({ present: false });
  });

  it('that is cut short is refused', () => {
    const whole = addressPayload({ local: [192, 0, 2, 1] });
    for (let length = 0; length < whole.length; length++)
      expect(decodeRouteMessage(RTM.newAddress, whole.subarray(0, length))).toBeNull();
  });
});

describe('any bytes', () => {
  const types = fc.oneof(fc.constantFrom<number>(...Object.values(RTM)), fc.nat(0xffff));

  /** The whole way from bytes on the socket, through the package, to the daemon's own check. */
  function take(bytes: Buffer): void {
    const network = createNetwork();
    for (const { type, data } of parseMessages(bytes)) {
      const fact = decodeRouteMessage(type, data);
      const hint = fact === null ? null : network.observe(fact);
      if (hint !== null) expect(readMessage(hint)).toEqual(hint);
    }
  }

  it('are ignored or make a hint that the daemon accepts, and never throw', () => {
    fc.assert(
      fc.property(types, fc.uint8Array({ maxLength: 256 }), (type, data) => {
        take(Buffer.concat(formatMessage({ type, flags: 0, seq: 0, port: 0, data })));
      }),
    );
  });

  it('that are good messages with changed bytes do the same', () => {
    const good = [
      linkPayload({ kind: 'veth', master: 3 }),
      addressPayload({ local: [192, 0, 2, 1], wideFlags: 0x80 }),
      addressPayload({ family: 10, address: IPV6 }),
    ];
    const changes = fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 4 });
    fc.assert(
      fc.property(fc.constantFrom(...good), types, changes, (payload, type, list) => {
        const data = Buffer.from(payload);
        for (const [at, value] of list) data[at % data.length] = value;
        take(Buffer.concat(formatMessage({ type, flags: 0, seq: 0, port: 0, data })));
      }),
      { numRuns: 2000 },
    );
  });
});
