/** Checks the form of a SCSI question like the addon. An error in the form is a fault of this program. */
import { MOST_SCSI_DATA, type ScsiOrder } from '../model/scsi';
import { bytesOfHex } from '../policy/hex';

const CDB_LENGTHS: ReadonlySet<number> = new Set([6, 10, 12, 16]);

function requireSize(bytes: number, what: string): void {
  if (!Number.isInteger(bytes) || bytes < 1 || bytes > MOST_SCSI_DATA)
    throw new RangeError(`${what} of ${bytes} bytes: must be from 1 to ${MOST_SCSI_DATA}`);
}

function bytesIn(hex: string, what: string): Uint8Array {
  const bytes = bytesOfHex(hex);
  if (bytes === null) throw new TypeError(`${what} must be hex text, two digits a byte`);
  return bytes;
}

/** The command's bytes; throws a TypeError or RangeError for a question that the addon refuses. */
export function cdbOf(order: ScsiOrder): Uint8Array {
  const cdb = bytesIn(order.command, 'command');
  if (!CDB_LENGTHS.has(cdb.length)) throw new RangeError('command must have 6, 10, 12 or 16 bytes');
  if (order.direction === 'in') requireSize(order.length, 'room');
  if (order.direction === 'out') requireSize(bytesIn(order.data, 'data').length, 'data');
  return cdb;
}
