/** The sections of multipath.conf, and what each may contain. */
import type { BlacklistDevice, BlacklistRules, Block } from '../configuration';
import type { Section } from '../settings';
import type { Mark } from './findings';
import { keywordsIn } from './keywords';

/** Lists of patterns in a blacklist. */
export const LISTS = ['devnode', 'wwid', 'property', 'protocol'] as const;

/** The target of the lines in an open section. */
export type Content =
  | { kind: 'top' }
  /** Contains only sections. */
  | { kind: 'group'; of: 'devices' | 'multipaths' }
  | { kind: 'block'; section: Section; block: Block }
  | { kind: 'rules'; rules: BlacklistRules }
  | { kind: 'rule-device'; device: BlacklistDevice };

/** A section that is not closed yet. */
export interface OpenSection {
  content: Content;
  /** The section's keyword; null: the file itself. */
  name: string | null;
  /** The place at which the section begins. */
  mark: Mark;
  /** The words so far, of those that may stand only once. */
  seen: Set<string>;
}

const TOP = ['defaults', 'blacklist', 'blacklist_exceptions', 'devices', 'overrides', 'multipaths'];

/** The sections that may begin in this content. */
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

/** The keywords with a value that may stand in this content. */
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

/** True if a word may stand in this content any number of times. */
export function mayRepeat({ kind }: Content, word: string, isSection: boolean): boolean {
  return kind === 'rules' || (isSection && kind !== 'top') || (kind === 'block' && word === 'protocol');
}
