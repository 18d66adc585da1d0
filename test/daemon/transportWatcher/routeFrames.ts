/** Netlink messages of rtnetlink as bytes, for the tests of their readers. */
import { endianness } from 'node:os';

const LE = endianness() === 'LE';

export function u32(value: number): Buffer {
  const b = Buffer.alloc(4);
  if (LE) b.writeUInt32LE(value >>> 0);
  else b.writeUInt32BE(value >>> 0);
  return b;
}

function u16(value: number): Buffer {
  return LE ? u32(value).subarray(0, 2) : u32(value).subarray(2);
}

export function attribute(type: number, value: Buffer): Buffer {
  const padding = Buffer.alloc(-value.length & 3);
  return Buffer.concat([u16(value.length + 4), u16(type), value, padding]);
}

export const text = (value: string): Buffer => Buffer.from(`${value}\0`, 'latin1');

/** linux/if.h */
export const UP = 0x1 | 0x40 | 0x10000;
export const NO_CARRIER = 0x1;
export const DOWN = 0;

export interface LinkFrame {
  family?: number;
  index?: number;
  flags?: number;
  name?: string | null;
  operstate?: number;
  master?: number;
  kind?: string;
  more?: Buffer[];
}

export function linkPayload(f: LinkFrame): Buffer {
  const parts = [
    Buffer.from([f.family ?? 0, 0]),
    u16(1),
    u32(f.index ?? 2),
    u32(f.flags ?? UP),
    u32(0),
    ...(f.more ?? []),
  ];
  if (f.name !== null) parts.push(attribute(3, text(f.name ?? 'eth0')));
  parts.push(attribute(16, Buffer.from([f.operstate ?? 6])));
  if (f.master !== undefined) parts.push(attribute(10, u32(f.master)));
  // Depending on its age, the kernel sets NLA_F_NESTED or not.
  if (f.kind !== undefined) parts.push(attribute(18 | 0x8000, attribute(1, text(f.kind))));
  return Buffer.concat(parts);
}

export interface AddressFrame {
  family?: number;
  flags?: number;
  wideFlags?: number;
  scope?: number;
  index?: number;
  address?: number[];
  local?: number[];
}

export function addressPayload(f: AddressFrame): Buffer {
  const parts = [Buffer.from([f.family ?? 2, 24, f.flags ?? 0x80, f.scope ?? 0]), u32(f.index ?? 2)];
  if (f.address !== undefined) parts.push(attribute(1, Buffer.from(f.address)));
  if (f.local !== undefined) parts.push(attribute(2, Buffer.from(f.local)));
  if (f.wideFlags !== undefined) parts.push(attribute(8, u32(f.wideFlags)));
  return Buffer.concat(parts);
}
