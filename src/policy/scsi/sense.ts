/** SCSI sense data, SPC-4 section 4.5. */
import type { ScsiAnswer } from '../../model/scsi';
import { bytesOfHex } from '../hex';

/** The error that a device reports. */
export interface Sense {
  key: number;
  /** Additional sense code and its qualifier; 0 if the device gave none. */
  asc: number;
  ascq: number;
  /** True if the error is about an earlier command (SPC-4 4.5.6). */
  deferred: boolean;
}

/** The number of bytes of fixed format sense data up to the qualifier. */
const FIXED_WITH_QUALIFIER = 14;
/** SPC-4 table 53: the additional length counts from byte 8 on. */
const LENGTH_BASE = 8;

function fixedFormat(bytes: Uint8Array, deferred: boolean): Sense | null {
  const key = bytes[2];
  if (key === undefined) return null;
  const announced = LENGTH_BASE + (bytes[7] ?? 0);
  const complete = Math.min(bytes.length, announced) >= FIXED_WITH_QUALIFIER;
  return {
    key: key & 0x0f,
    asc: complete ? (bytes[12] ?? 0) : 0,
    ascq: complete ? (bytes[13] ?? 0) : 0,
    deferred,
  };
}

function descriptorFormat(bytes: Uint8Array, deferred: boolean): Sense | null {
  const [, key, asc, ascq] = bytes;
  if (key === undefined || asc === undefined || ascq === undefined) return null;
  return { key: key & 0x0f, asc, ascq, deferred };
}

/** Decodes both formats; null if there is no sense data, or if its format is unknown. */
export function decodeSense(bytes: Uint8Array): Sense | null {
  const [first] = bytes;
  if (first === undefined) return null;
  switch (first & 0x7f) {
    case 0x70:
      return fixedFormat(bytes, false);
    case 0x71:
      return fixedFormat(bytes, true);
    case 0x72:
      return descriptorFormat(bytes, false);
    case 0x73:
      return descriptorFormat(bytes, true);
    default:
      return null;
  }
}

/** The sense data of an answer; null as in {@link decodeSense}. */
export function senseOf({ sense }: ScsiAnswer): Sense | null {
  return decodeSense(bytesOfHex(sense) ?? new Uint8Array());
}

function hex(value: number): string {
  return value.toString(16).toUpperCase().padStart(2, '0');
}

/** `2/04/0B`, the usual notation of sense codes. */
export function describeSense(sense: Sense): string {
  const code = `${sense.key.toString(16).toUpperCase()}/${hex(sense.asc)}/${hex(sense.ascq)}`;
  return sense.deferred ? `${code} deferred` : code;
}
