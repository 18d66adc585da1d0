/** SCSI commands to disks. */
import type { Reading } from '../model/failure';
import type { DiskAddress } from '../model/identity';
import type { ScsiAnswer, ScsiOrder, ScsiQuestion } from '../model/scsi';
import type { ReadAnswer } from '../policy/checkers/read';
import type { NativeResult, NativeScsiAnswer, NativeScsiCommand } from '../../native/mpathd';
import { begun } from './begun';
import { commandTimeout, deviceOf } from './diskNode';
import type { Addon } from './native';
import { failed, kernelFailure, read } from './nativeFailure';

/** The part of the addon that this file needs. */
export type ScsiAddon = Pick<Addon, 'scsiCommand'>;

/** The answer of the addon as a reading. */
function readingOf(name: string, answer: NativeResult<NativeScsiAnswer>): Reading<ScsiAnswer> {
  if (answer.errno !== null) return failed(kernelFailure('SG_IO', name, answer));
  const { status, hostStatus, driverStatus, sense, data } = answer;
  return read({ status, hostStatus, driverStatus, sense, data });
}

/** What a command of a check comes to, and the answer to the command sent right behind it; null: it was not sent. */
export interface Followed<T> {
  first: T;
  second: Reading<ScsiAnswer> | null;
}

/** The form in which the addon takes a second command; undefined: there is none. */
function secondOf(order: ScsiOrder | null, timeoutMs: number): NativeScsiCommand | undefined {
  return order === null ? undefined : { ...order, timeoutMs: commandTimeout(timeoutMs) };
}

/** Sends a command and, if it worked, another one on the same open node. */
export async function sendScsiPair(
  addon: ScsiAddon,
  question: ScsiQuestion,
  then: ScsiOrder | null,
): Promise<Followed<Reading<ScsiAnswer>>> {
  const { name, devt, diskseq, ...command } = question;
  let second: Reading<ScsiAnswer> | null = null;
  const first = await begun('SG_IO', question, async () => {
    const timeoutMs = commandTimeout(command.timeoutMs);
    const device = deviceOf({ name, devt, diskseq });
    const answer = await addon.scsiCommand(device, { ...command, timeoutMs }, secondOf(then, timeoutMs));
    if (answer.errno === null && answer.second !== undefined) second = readingOf(name, answer.second);
    return readingOf(name, answer);
  });
  return { first, second };
}

/** Reads a block and, if that worked, sends a command on the same open node. */
export async function readThenSend(
  addon: Pick<Addon, 'directRead'>,
  disk: DiskAddress,
  then: ScsiOrder | null,
  timeoutMs: number,
): Promise<Followed<ReadAnswer>> {
  const answer = await addon.directRead(deviceOf(disk), secondOf(then, timeoutMs));
  const second = answer.errno === null ? answer.second : undefined;
  return { first: answer, second: second === undefined ? null : readingOf(disk.name, second) };
}

/** The `scsi` of a block port. The addon checks the question's form. */
export async function sendScsi(addon: ScsiAddon, question: ScsiQuestion): Promise<Reading<ScsiAnswer>> {
  return (await sendScsiPair(addon, question, null)).first;
}
