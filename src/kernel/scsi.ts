/** SCSI commands to disks. */
import type { Reading } from '../model/failure';
import type { ScsiAnswer, ScsiQuestion } from '../model/scsi';
import { begun } from './begun';
import { commandTimeout, deviceOf } from './diskNode';
import type { Addon } from './native';
import { failed, kernelFailure, read } from './nativeFailure';

/** The part of the addon that this file needs. */
export type ScsiAddon = Pick<Addon, 'scsiCommand'>;

/** The `scsi` of a block port. The addon checks the question's form. */
export function sendScsi(addon: ScsiAddon, question: ScsiQuestion): Promise<Reading<ScsiAnswer>> {
  const { name, devt, diskseq, ...command } = question;
  return begun('SG_IO', question, async () => {
    const timeoutMs = commandTimeout(command.timeoutMs);
    const answer = await addon.scsiCommand(deviceOf({ name, devt, diskseq }), { ...command, timeoutMs });
    if (answer.errno !== null) return failed(kernelFailure('SG_IO', name, answer));
    const { status, hostStatus, driverStatus, sense, data } = answer;
    return read({ status, hostStatus, driverStatus, sense, data });
  });
}
