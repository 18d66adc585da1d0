/**
 * An exchange with a disk: SCSI commands, of which each may depend on the answers to those before it, and what they
 * come to in the end. The rule is a generator, so that it is the same for a real disk and for a simulated one.
 */
import type { Reading } from '../../model/failure';
import type { ScsiAnswer, ScsiOrder } from '../../model/scsi';

/** Yields commands, is given the answer to each, and returns what they come to. Who sends them sets their time. */
export type Exchange<T> = Generator<ScsiOrder, T, Reading<ScsiAnswer>>;

/** Carries an exchange out. */
export async function converse<T>(
  exchange: Exchange<T>,
  send: (order: ScsiOrder) => Promise<Reading<ScsiAnswer>>,
): Promise<T> {
  let step = exchange.next();
  while (step.done !== true) step = exchange.next(await send(step.value));
  return step.value;
}

/** Carries an exchange out with a disk that answers at once: a simulated one. */
export function converseAtOnce<T>(exchange: Exchange<T>, answerTo: (order: ScsiOrder) => Reading<ScsiAnswer>): T {
  let step = exchange.next();
  while (step.done !== true) step = exchange.next(answerTo(step.value));
  return step.value;
}
