/**
 * Decodes the messages of rtnetlink (rtnetlink(7)) about links and addresses. It decodes only the few attributes that
 * matter. So a message stays readable if a newer kernel adds or widens another attribute.
 */
import { parseAttributes, readS32, readU32 } from 'netlink/dist/structs';
import { OPERSTATES, type Operstate } from '../../model/transportHint';

/** The state of an interface in one message. */
export interface LinkFact {
  kind: 'link';
  index: number;
  ifname: string;
  /** True if the interface can carry traffic: it is administratively up, has a carrier, and is operational. */
  carrier: boolean;
  operstate: Operstate;
  /** True for the end of a container or a guest in a bridge: no traffic of this host itself goes over it. */
  guestPort: boolean;
  /** The interface is gone from this network namespace. */
  gone: boolean;
}

export interface AddressFact {
  kind: 'address';
  index: number;
  address: string;
  present: boolean;
}

export type RouteFact = LinkFact | AddressFact;

/** linux/rtnetlink.h, linux/if_link.h, linux/if_addr.h, linux/if.h */
export const RTM = {
  newLink: 16,
  deleteLink: 17,
  getLink: 18,
  newAddress: 20,
  deleteAddress: 21,
  getAddress: 22,
} as const;
const IFLA = { ifname: 3, master: 10, operstate: 16, linkinfo: 18 } as const;
const IFLA_INFO_KIND = 1;
const IFA = { address: 1, local: 2, flags: 8 } as const;
const IFF_RUNNING = 0x40;
const IFF_LOWER_UP = 0x10000;
const IFA_F_TENTATIVE = 0x40;
const RT_SCOPE_LINK = 253;
const AF_UNSPEC = 0;
/** struct ifinfomsg, struct ifaddrmsg */
export const IFINFOMSG_BYTES = 16;
export const IFADDRMSG_BYTES = 8;

const IFNAMSIZ = 16;
const IPV4_BYTES = 4;
const IPV6_BYTES = 16;
/** The kinds of interfaces that lead into a container or a guest if they are ports of a bridge. */
const GUEST_KINDS: ReadonlySet<string> = new Set(['veth', 'tun']);

/** The fact in a message, or null if the message is malformed or of no interest. */
export function decodeRouteMessage(type: number, payload: Buffer): RouteFact | null {
  switch (type) {
    case RTM.newLink:
    case RTM.deleteLink:
      return decodeLink(payload, type === RTM.deleteLink);
    case RTM.newAddress:
    case RTM.deleteAddress:
      return decodeAddress(payload, type === RTM.newAddress);
    default:
      return null;
  }
}

function decodeLink(payload: Buffer, gone: boolean): LinkFact | null {
  // A bridge reports its ports with family AF_BRIDGE. In these messages RTM_DELLINK only means "no port any more".
  if (payload.length < IFINFOMSG_BYTES || payload[0] !== AF_UNSPEC) return null;
  const attributes = attributesOf(payload.subarray(IFINFOMSG_BYTES));
  const name = attributes?.get(IFLA.ifname);
  const index = readS32.call(payload, 4);
  if (attributes === null || name === undefined || index <= 0) return null;
  const flags = readU32.call(payload, 8);
  return {
    kind: 'link',
    index,
    ifname: printable(name),
    // IFLA_CARRIER stays 1 on some interfaces that are down (lo). The flags show both.
    carrier: !gone && (flags & IFF_RUNNING) !== 0 && (flags & IFF_LOWER_UP) !== 0,
    operstate: gone ? 'notpresent' : operstateOf(attributes.get(IFLA.operstate)),
    guestPort: attributes.has(IFLA.master) && GUEST_KINDS.has(linkKind(attributes.get(IFLA.linkinfo))),
    gone,
  };
}

function decodeAddress(payload: Buffer, present: boolean): AddressFact | null {
  if (payload.length < IFADDRMSG_BYTES) return null;
  const attributes = attributesOf(payload.subarray(IFADDRMSG_BYTES));
  if (attributes === null) return null;
  // Scope 254 is this host only. Addresses of scope link come and go with the carrier, on every interface.
  if ((payload[3] ?? 0) >= RT_SCOPE_LINK) return null;
  // If a peer is set, IFA_ADDRESS is the address of the peer.
  const raw = attributes.get(IFA.local) ?? attributes.get(IFA.address);
  const address = raw === undefined ? null : addressText(raw);
  const index = readU32.call(payload, 4);
  if (address === null || index === 0) return null;
  const wide = attributes.get(IFA.flags);
  const flags = wide?.length === 4 ? readU32.call(wide, 0) : (payload[2] ?? 0);
  // The address is not usable yet. If the kernel finds no duplicate of it, another RTM_NEWADDR follows (RFC 4862).
  if (present && (flags & IFA_F_TENTATIVE) !== 0) return null;
  return { kind: 'address', index, address, present };
}

/** The attributes by type; null if they do not fit into the message. */
function attributesOf(data: Buffer): Map<number, Buffer> | null {
  const found = new Map<number, Buffer>();
  try {
    parseAttributes(data, ({ type, data: value }) => void found.set(type, value));
  } catch {
    // The package throws plain errors for lengths that do not fit, without details.
    return null;
  }
  return found;
}

function operstateOf(value: Buffer | undefined): Operstate {
  return OPERSTATES[value?.[0] ?? 0] ?? 'unknown';
}

function linkKind(linkinfo: Buffer | undefined): string {
  const kind = linkinfo === undefined ? undefined : attributesOf(linkinfo)?.get(IFLA_INFO_KIND);
  return kind === undefined ? '' : printable(kind);
}

/**
 * The text up to the NUL, made printable: an interface's name may have any byte except `/`, `:` and white space
 * (dev_valid_name).
 */
function printable(value: Buffer): string {
  const end = value.indexOf(0);
  const text = value.subarray(0, Math.min(end < 0 ? value.length : end, IFNAMSIZ - 1)).toString('latin1');
  return text.replace(/[^\x21-\x7e]/g, '?') || '?';
}

function addressText(raw: Buffer): string | null {
  if (raw.length === IPV4_BYTES) return [...raw].join('.');
  if (raw.length !== IPV6_BYTES) return null;
  const groups = Array.from({ length: IPV6_BYTES / 2 }, (_, i) => raw.readUInt16BE(2 * i).toString(16));
  // URL gives the host in the short form of RFC 5952.
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
}
