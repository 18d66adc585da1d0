/**
 * The question which LUN a disk is, beside the command of a checker: an array can put another LUN behind a path without
 * any sign, and all other commands then work as before. The page of the answer is compared with the kernel's copy as
 * bytes, which is cheap, and is judged only if it differs.
 */
import type { CheckedState, Checker, IdentityCopy, IdentityEvidence } from '../../model/facts';
import type { Failure, Reading } from '../../model/failure';
import type { ScsiAnswer, ScsiOrder } from '../../model/scsi';
import type { Exchange } from '../scsi/exchange';
import { FIRST_BYTES, inquiryOrder, judgeInquiry } from '../scsi/inquiry';

/** INQUIRY for the page of the copy, with room for the whole copy. */
export function identityOrder({ page, hex }: IdentityCopy): ScsiOrder {
  return inquiryOrder(page, Math.max(FIRST_BYTES, hex.length / 2));
}

/** True if the answer begins with the copy. The copy has its own length in it, and some hosts count no residue. */
function isCopy(answered: Reading<ScsiAnswer>, { hex }: IdentityCopy): boolean {
  const answer = answered.ok ? answered.value : null;
  return answer !== null && answer.status === 0 && answer.hostStatus === 0 && answer.data.startsWith(hex);
}

/** Asks the disk for the page of the copy. */
export function* askIdentity(name: string, copy: IdentityCopy): Exchange<IdentityEvidence> {
  let order = identityOrder(copy);
  for (;;) {
    const answered = yield order;
    if (isCopy(answered, copy)) return { kind: 'same' };
    const room = order.direction === 'in' ? order.length : 0;
    const verdict = judgeInquiry(answered, { name, page: copy.page }, room);
    if (verdict.kind === 'longer') order = inquiryOrder(copy.page, verdict.bytes);
    else if (verdict.reading.ok) return { kind: 'other-page', page: verdict.reading.value };
    else return { kind: 'no-answer', failure: verdict.reading.failure };
  }
}

/** True if the disk is to be asked: a path that gets no I/O in this state is asked when it comes back. */
export function isIdentityAsked({ state }: CheckedState): boolean {
  return state === 'up' || state === 'ghost';
}

/** True if the disk answered that no logical unit is behind its number (SPC-4 6.6.2, peripheral qualifier). */
const saysNoLun = ({ code }: Failure): boolean => code === 'NO_LUN';

/**
 * The outcome of a checker together with the evidence. Some targets answer every command for a number without a LUN,
 * and drop what is written there. So a path that works and has no LUN is down.
 */
export function withIdentity(
  checked: CheckedState,
  identity: IdentityEvidence | null,
  checker: Checker,
): CheckedState & { identity: IdentityEvidence | null } {
  const none = checked.state === 'up' && identity?.kind === 'no-answer' && saysNoLun(identity.failure);
  if (!none) return { ...checked, identity };
  const { detail } = identity.failure;
  return {
    state: 'down',
    message: `${checker} checker reports path is down (${detail ?? 'no logical unit'})`,
    identity,
  };
}
