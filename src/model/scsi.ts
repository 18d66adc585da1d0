/**
 * A SCSI command to a disk and its answer, without a judgement. They are plain data, JSON-safe: bytes are hex text, two
 * lower-case digits for each byte.
 */
import type { DiskAddress } from './identity';

/** The largest transfer of a command, in bytes. */
export const MOST_SCSI_DATA = 64 * 1024;

/** The data that goes with a command: from 1 byte to {@link MOST_SCSI_DATA}. */
export type ScsiTransfer =
  | { direction: 'none' }
  /** Data from the disk; `length` is the room for the data in bytes. */
  | { direction: 'in'; length: number }
  /** Data to the disk. */
  | { direction: 'out'; data: string };

/** What is to be done. */
export type ScsiOrder = ScsiTransfer & {
  /** The command descriptor block: 6, 10, 12 or 16 bytes. */
  command: string;
};

export type ScsiCommand = ScsiOrder & {
  /** How long the kernel waits for the answer. It always waits for at least 7 s. */
  timeoutMs: number;
};

/** A command with its disk. The command is sent only if the disk with this name is still the disk that is meant. */
export type ScsiQuestion = DiskAddress & ScsiCommand;

export interface ScsiAnswer {
  /** SAM-5 5.3: 0 is GOOD, 2 CHECK CONDITION. */
  status: number;
  /** The kernel's host status, include/scsi/scsi_status.h: 0 is DID_OK. */
  hostStatus: number;
  /** The kernel's driver status. Since Linux 5.14 it says only whether there is sense data. */
  driverStatus: number;
  /** The sense data; empty: there is none. */
  sense: string;
  /** The data that came; empty if the command reads no data. */
  data: string;
}
