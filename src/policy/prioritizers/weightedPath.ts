/** The prioritizer `weightedpath`: by patterns in its arguments. */
import type { BlockFacts } from '../../model/facts';
import { serialOf } from '../wwid';
import { type PrioritizerRule, wordsOf } from './rule';

function subjectOf(kind: string, facts: BlockFacts): string | null {
  const { hostWwnn, hostWwpn, targetWwnn, targetWwpn } = facts.transport;
  switch (kind) {
    case 'hbtl':
      return facts.hcil;
    case 'devname':
      return facts.name;
    case 'serial':
      return serialOf(facts);
    case 'wwn':
      return [hostWwnn, hostWwpn, targetWwnn, targetWwpn].map((name) => name ?? '').join(':');
    default:
      return null;
  }
}

/** `hbtl 1:.:.:. 2 4:.:.:. 4`: what is looked at, then pairs of a regular expression and a priority. */
export const WEIGHTED_PATH: PrioritizerRule = {
  priorityOf: ({ args, facts, matches }) => {
    const [kind = '', ...pairs] = wordsOf(args);
    const subject = subjectOf(kind, facts);
    if (subject === null) return 0;
    for (let at = 0; at + 1 < pairs.length; at += 2) {
      const [pattern = '', priority = ''] = pairs.slice(at, at + 2);
      if (/^\d{1,9}$/.test(priority) && matches(pattern, subject)) return Number(priority);
    }
    return 0;
  },
};
