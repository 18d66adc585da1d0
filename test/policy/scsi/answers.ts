import type { Reading } from '../../../src/model/failure';
import type { ScsiAnswer, ScsiOrder } from '../../../src/model/scsi';
import { hexOf } from '../../../src/policy/hex';

/* Answers of disks, for tests of exchanges. */

/** The answer to a command that worked, with these changes. */
export const answered = (change: Partial<ScsiAnswer> = {}): Reading<ScsiAnswer> => ({
  ok: true,
  value: { status: 0, hostStatus: 0, driverStatus: 0, sense: '', data: '', ...change },
});

/** CHECK CONDITION with fixed format sense data (SPC-4 4.5.3). */
export const refused = (key: number, asc: number, ascq: number): Reading<ScsiAnswer> =>
  answered({ status: 2, sense: hexOf([0x70, 0, key, 0, 0, 0, 0, 10, 0, 0, 0, 0, asc, ascq, 0, 0, 0, 0]) });

/** The failure of a command that could not be sent. */
export const unsent = (errno: string): Reading<ScsiAnswer> => ({
  ok: false,
  failure: { code: 'KERNEL_ERROR', operation: 'SG_IO', device: 'sda', errno, detail: 'SG_IO' },
});

/** The answer with VPD page `code` and these bytes. */
export const page = (code: number, bytes: readonly number[]): Reading<ScsiAnswer> =>
  answered({ data: hexOf([0, code, 0, bytes.length, ...bytes]) });

/** A disk that gives these answers one after the other, and the commands that it got. */
export function scripted(...answers: Array<Reading<ScsiAnswer>>): {
  commands: string[];
  answer(order: ScsiOrder): Reading<ScsiAnswer>;
} {
  const commands: string[] = [];
  return {
    commands,
    answer: ({ command }) => {
      commands.push(command);
      const next = answers[commands.length - 1];
      if (next === undefined) throw new Error(`one command too many: ${command}`);
      return next;
    },
  };
}
