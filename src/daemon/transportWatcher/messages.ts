/** The messages of the transport watcher's child process to the daemon. The daemon checks each of them. */
import { FC_EVENTS, OPERSTATES, type TransportHint } from '../../model/transportHint';

/** The first message: the events to which the child listens. It has given up its rights before. */
export interface ReadyMessage {
  kind: 'ready';
  /** `listening`, or why there are no FC events: `EPROTONOSUPPORT` is normal without SCSI in the kernel. */
  fc: string;
}

export type WatcherMessage = ReadyMessage | TransportHint;

const NAME = /^[\x21-\x7e]{1,15}$/;
const ADDRESS = /^[0-9a-f.:]{2,45}$/;
const REASON = /^[A-Za-z0-9]{1,32}$/;
const FC_NAMES: readonly string[] = [...Object.values(FC_EVENTS), 'unknown'];

/** The message, or null if it is unknown or malformed: then no part of it is used. */
export function readMessage(raw: unknown): WatcherMessage | null {
  if (typeof raw !== 'object' || raw === null) return null;
  const { kind, ifname, carrier, operstate, address, present, hostNo, event, data, fc } = raw as Record<
    string,
    unknown
  >;
  switch (kind) {
    case 'ready':
      return matches(fc, REASON) ? { kind, fc } : null;
    case 'link':
      return matches(ifname, NAME) && typeof carrier === 'boolean' && isOneOf(operstate, OPERSTATES)
        ? { kind, ifname, carrier, operstate }
        : null;
    case 'address':
      return matches(ifname, NAME) && matches(address, ADDRESS) && typeof present === 'boolean'
        ? { kind, ifname, address, present }
        : null;
    case 'fc':
      return isUnsigned(hostNo, 16) && isFcEvent(event) && (data === null || isUnsigned(data, 32))
        ? { kind, hostNo, event, data }
        : null;
    case 'missed':
      return { kind };
    default:
      return null;
  }
}

function matches(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value);
}

function isOneOf<T extends string>(value: unknown, list: readonly T[]): value is T {
  return typeof value === 'string' && (list as readonly string[]).includes(value);
}

function isFcEvent(value: unknown): value is Extract<TransportHint, { kind: 'fc' }>['event'] {
  return typeof value === 'string' && FC_NAMES.includes(value);
}

function isUnsigned(value: unknown, bits: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** bits;
}
