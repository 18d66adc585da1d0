/**
 * Holes in SEQNUM, by the rules of native/uevent_gaps.h, which has the reasons. The vectors in
 * test/vectors/seqnumGaps.txt test both.
 */
import type { SeqnumGap } from '../model/uevent';

export interface SeqnumGaps {
  see(seqnum: number, now: number): void;
  /** To be called after another sign of loss: it explains the missing numbers. */
  forget(): void;
  /**
   * The numbers that are missing for good and were not reported. To be called only right after the socket was read to
   * its end.
   */
  take(now: number): SeqnumGap | null;
  /** True if there are holes that were not reported yet: then the caller has to call take() again later. */
  pending(): boolean;
}

interface Hole {
  first: number;
  last: number;
  since: number;
}

export const PATIENCE_MS = 1_000;
const MOST_OPEN = 128;

function joined(before: SeqnumGap | null, hole: Pick<Hole, 'first' | 'last'>): SeqnumGap {
  const count = hole.last - hole.first + 1;
  if (before === null) return { count, from: hole.first, to: hole.last };
  return { count: before.count + count, from: Math.min(before.from, hole.first), to: Math.max(before.to, hole.last) };
}

/** The rest of a hole after one of its numbers has come. */
function without({ first, last, since }: Hole, seqnum: number): Hole[] {
  const halves = [
    { first, last: seqnum - 1, since },
    { first: seqnum + 1, last, since },
  ];
  return halves.filter((half) => half.first <= half.last);
}

export function createSeqnumGaps(): SeqnumGaps {
  let open: Hole[] = [];
  let highest = 0;
  let overdue: SeqnumGap | null = null;
  let notBefore = 0;

  const giveUpFirst = (): void => {
    const [first] = open.splice(0, 1);
    if (first !== undefined) overdue = joined(overdue, first);
  };

  return {
    see: (seqnum, now) => {
      if (seqnum > highest) {
        if (highest !== 0 && seqnum > highest + 1) open.push({ first: highest + 1, last: seqnum - 1, since: now });
        highest = seqnum;
      } else {
        const at = open.findIndex(({ first, last }) => first <= seqnum && seqnum <= last);
        if (at >= 0) open.splice(at, 1, ...without(open[at] as Hole, seqnum));
      }
      while (open.length > MOST_OPEN) giveUpFirst();
    },
    forget: () => {
      open = [];
      highest = 0;
      overdue = null;
    },
    take: (now) => {
      while (open[0] !== undefined && now >= open[0].since + PATIENCE_MS) giveUpFirst();
      if (overdue === null || now < notBefore) return null;
      const told = overdue;
      overdue = null;
      notBefore = now + PATIENCE_MS;
      return told;
    },
    pending: () => open.length > 0 || overdue !== null,
  };
}
