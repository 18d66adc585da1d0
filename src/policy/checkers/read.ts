/** The path state after a direct read of one block, by the rules of the `directio` checker of multipath-tools. */
import { isHostError } from '../hostErrors';

/** The kernel's answer: a failed system call, or the number of bytes read. */
export type ReadAnswer = { errno: string; step: string } | { errno: null; bytes: number };

export interface ReadVerdict {
  state: 'up' | 'down' | 'transitioning';
  message: string;
}

/** Judges one answer for the checker of this name. A read from a device of size 0 gives no bytes. */
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
