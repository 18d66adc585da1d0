/** Decodes the FC events that the kernel multicasts on NETLINK_SCSITRANSPORT. The functions are pure. */
import { endianness } from 'node:os';
import { FC_EVENTS, type FcEvent, type TransportHint } from '../../model/transportHint';

export type FcHint = Extract<TransportHint, { kind: 'fc' }>;

/** include/uapi/scsi/scsi_netlink.h */
const SCSI_TRANSPORT_MSG = 0x11;
const SCSI_NL_VERSION = 1;
const SCSI_NL_TRANSPORT_FC = 1;
const SCSI_NL_MAGIC = 0xa1b2;
/** include/uapi/scsi/scsi_netlink_fc.h */
const FC_NL_ASYNC_EVENT = 0x0100;

/** Offsets in struct fc_nl_event: the eight bytes of struct scsi_nl_hdr, then the event; data from 36 on. */
const AT = {
  version: 0,
  transport: 1,
  magic: 2,
  msgtype: 4,
  msglen: 6,
  hostNo: 24,
  dataLength: 26,
  code: 32,
  data: 36,
} as const;
const WORD = 4;

/**
 * The event in one netlink message, or null if it is not a well-formed FC event. `hostNo` is SCSI's host number cut to
 * 16 bits, because the field of the kernel's structure has no more.
 */
export function decodeFcEvent(type: number, payload: Buffer, byteOrder: 'LE' | 'BE' = endianness()): FcHint | null {
  if (type !== SCSI_TRANSPORT_MSG || payload.length < AT.data) return null;
  const u16 = (at: number): number => (byteOrder === 'LE' ? payload.readUInt16LE(at) : payload.readUInt16BE(at));
  const u32 = (at: number): number => (byteOrder === 'LE' ? payload.readUInt32LE(at) : payload.readUInt32BE(at));
  if (payload[AT.version] !== SCSI_NL_VERSION || u16(AT.magic) !== SCSI_NL_MAGIC) return null;
  if (payload[AT.transport] !== SCSI_NL_TRANSPORT_FC || u16(AT.msgtype) !== FC_NL_ASYNC_EVENT) return null;
  const length = u16(AT.msglen);
  const dataLength = u16(AT.dataLength);
  if (length > payload.length || AT.data + dataLength > length) return null;
  return {
    kind: 'fc',
    hostNo: u16(AT.hostNo),
    event: eventOf(u32(AT.code)),
    data: dataLength === WORD ? u32(AT.data) : null,
  };
}

function eventOf(code: number): FcEvent {
  return code in FC_EVENTS ? FC_EVENTS[code as keyof typeof FC_EVENTS] : 'unknown';
}
