/**
 * A SCSI command to a disk and what came back, unjudged. Plain data, JSON-safe: bytes are hex text, two lower-case
 * digits each.
 */
import type { DiskAddress } from './identity';

/** The largest transfer of a command, in bytes. */
export const MOST_SCSI_DATA = 64 * 1024;

/** The data that goes with a command: from 1 byte to {@link MOST_SCSI_DATA}. */
export type ScsiTransfer =
  | { direction: 'none' }
  /** From the disk; `length` is the room for it in bytes. */
  | { direction: 'in'; length: number }
  /** To the disk. */
  | { direction: 'out'; data: string };

/** What is to be done. */
export type ScsiOrder = ScsiTransfer & {
  /** The command descriptor block: 6, 10, 12 or 16 bytes. */
  command: string;
};

export type ScsiCommand = ScsiOrder & {
  /** How long the kernel waits for the answer; it never waits for less than 7 s. */
  timeoutMs: number;
};

/** Sent only if the disk of this name is still the one that is meant. */
export type ScsiQuestion = DiskAddress & ScsiCommand;

export interface ScsiAnswer {
  /** SAM-5 5.3: 0 is GOOD, 2 CHECK CONDITION. */
  status: number;
  /** The kernel's, include/scsi/scsi_status.h: 0 is DID_OK. */
  hostStatus: number;
  /** The kernel's; since Linux 5.14 it says only whether there is sense data. */
  driverStatus: number;
  /** Empty: there is none. */
  sense: string;
  /** As much as came; empty if the command reads none. */
  data: string;
}
