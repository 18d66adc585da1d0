/** Where a line can stand: the sections of multipath.conf, and what each can hold. */
import type { BlacklistDevice, BlacklistRules, Block } from '../configuration';
import type { Section } from '../settings';
import type { Mark } from './findings';
import { keywordsIn } from './keywords';

/** Lists of patterns in a blacklist. */
export const LISTS = ['devnode', 'wwid', 'property', 'protocol'] as const;

/** What the lines of an open section go into. */
export type Content =
  | { kind: 'top' }
  /** Holds sections only. */
  | { kind: 'group'; of: 'devices' | 'multipaths' }
  | { kind: 'block'; section: Section; block: Block }
  | { kind: 'rules'; rules: BlacklistRules }
  | { kind: 'rule-device'; device: BlacklistDevice };

/** A section that is not closed yet. */
export interface OpenSection {
  content: Content;
  /** Its keyword; null: the file itself. */
  name: string | null;
  /** Where it begins. */
  mark: Mark;
  /** Words that it has had, of those that can stand once. */
  seen: Set<string>;
}

const TOP = ['defaults', 'blacklist', 'blacklist_exceptions', 'devices', 'overrides', 'multipaths'];

/** The sections that can begin there. */
export function sectionsIn(content: Content): readonly string[] {
  switch (content.kind) {
    case 'top':
      return TOP;
    case 'group':
      return [content.of === 'devices' ? 'device' : 'multipath'];
    case 'rules':
      return ['device'];
    case 'block':
      return content.section === 'overrides' ? ['protocol'] : [];
    case 'rule-device':
      return [];
  }
}

/** The keywords with a value that can stand there. */
export function valuesIn(content: Content): readonly string[] {
  switch (content.kind) {
    case 'top':
    case 'group':
      return [];
    case 'rules':
      return LISTS;
    case 'rule-device':
      return ['vendor', 'product'];
    case 'block':
      return keywordsIn(content.section);
  }
}

/** Whether a word may stand there as often as one likes. */
export function mayRepeat({ kind }: Content, word: string, isSection: boolean): boolean {
  return kind === 'rules' || (isSection && kind !== 'top') || (kind === 'block' && word === 'protocol');
}
