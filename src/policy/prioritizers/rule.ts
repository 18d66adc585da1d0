/** What a prioritizer is. */
import type { BlockFacts } from '../../model/facts';
import type { Reading } from '../../model/failure';
import type { Exchange } from '../scsi/exchange';

/** Whether an extended regular expression (POSIX) matches; false for one that is none. */
export type Matches = (pattern: string, text: string) => boolean;

/** What is known of the path. */
export interface Subject {
  facts: BlockFacts;
  /** `prio_args`. */
  args: string;
  matches: Matches;
  /** What the disk answered last to {@link PrioritizerRule.ask}; null: it has not answered. */
  answer: string | null;
}

export interface PrioritizerRule {
  /**
   * SCSI commands that the priority goes by; the text that they come to is kept with the path. Asked after each check
   * that finds the path usable. Left out: facts are enough.
   */
  ask?(name: string): Exchange<Reading<string>>;
  /** The path's priority, or NO_PRIORITY (model/path.ts). */
  priorityOf(subject: Subject): number;
}

/** Words between blanks. */
export const wordsOf = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');
