/**
 * Reports of the network and FC transports. A report is only a hint: it says when mpathd should check a path, and never
 * what the state of the path is (docs/design.md, "Events are hints").
 */

/** A network interface's operational state, RFC 2863 as linux/if.h numbers it (`IF_OPER_UNKNOWN` = 0, …). */
export const OPERSTATES = ['unknown', 'notpresent', 'down', 'lowerlayerdown', 'testing', 'dormant', 'up'] as const;
export type Operstate = (typeof OPERSTATES)[number];

/** FC host events by their codes: enum fc_host_event_code, include/scsi/scsi_transport_fc.h. */
export const FC_EVENTS = {
  0x1: 'lip',
  0x2: 'linkup',
  0x3: 'linkdown',
  0x4: 'lipreset',
  0x5: 'rscn',
  0x103: 'adapter-change',
  0x200: 'port-unknown',
  0x201: 'port-offline',
  0x202: 'port-online',
  0x204: 'port-fabric',
  0x500: 'link-unknown',
  0x501: 'fpin',
  0x502: 'fpin-ack',
  0xffff: 'vendor-unique',
} as const;
export type FcEvent = (typeof FC_EVENTS)[keyof typeof FC_EVENTS] | 'unknown';

export type TransportHint =
  /** An interface can carry traffic from now on, or cannot any more. */
  | { kind: 'link'; ifname: string; carrier: boolean; operstate: Operstate }
  /** An interface got or lost an address, `192.0.2.1` or `2001:db8::1`. */
  | { kind: 'address'; ifname: string; address: string; present: boolean }
  /** `data`: the event's 32 bits, for `rscn` the affected port; null if the event has other data or none. */
  | { kind: 'fc'; hostNo: number; event: FcEvent; data: number | null }
  /** Events were missed: anything may have happened. */
  | { kind: 'missed' };
