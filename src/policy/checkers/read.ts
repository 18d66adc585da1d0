/** The path state after a direct read of one block, as the `directio` checker of multipath-tools decides it. */
import { isHostError } from '../hostErrors';

/** What the kernel answered: a failed system call, or how much was read. */
export type ReadAnswer = { errno: string; step: string } | { errno: null; bytes: number };

export interface ReadVerdict {
  state: 'up' | 'down' | 'transitioning';
  message: string;
}

/** Judges one answer to the checker of that name; a read at the end of a device of size 0 gives no bytes. */
export function judgeRead(answer: ReadAnswer, checker: string): ReadVerdict {
  const said = (state: ReadVerdict['state'], detail = ''): ReadVerdict => ({
    state,
    message: `${checker} checker reports path is ${state}${detail}`,
  });
  if (answer.errno !== null) {
    return said(isHostError(answer.errno) ? 'transitioning' : 'down', ` (${answer.step}: ${answer.errno})`);
  }
  return answer.bytes > 0 ? said('up') : said('down', ' (nothing to read)');
}
