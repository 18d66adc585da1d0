/** What a rule about the health of paths is: what it does on each occasion; where it has no part it has no function. */
import type { Reading } from '../../model/failure';
import type { MultipathMap } from '../../model/map';
import type { Path } from '../../model/path';
import type { Seq } from '../../model/units';
import type { DiskQuestion } from '../../policy/diskQuestions';
import type { SettingsContext } from '../settings/state';

/** What a disk has answered. */
export interface Answer {
  question: DiskQuestion;
  /** Input number at which it was asked. */
  asked: Seq;
  reading: Reading<string>;
  /** The same was to be asked once more meanwhile. */
  again: boolean;
}

/** Why a path gets no I/O yet, and what would change that. */
export interface Hindrance {
  why: string;
  remedy: string;
}

export interface HealthRule {
  /** A check has found the path usable. */
  onUsable?(ctx: SettingsContext, path: Path): void;
  /** dm shows it failed; `map`: in which it is. */
  onFailed?(ctx: SettingsContext, path: Path, map: MultipathMap | undefined): void;
  /** dm shows it active that was failed. */
  onRevived?(ctx: SettingsContext, path: Path): void;
  /** What keeps it from I/O that it does not get already, so that it joins no map and is not reinstated. */
  hindrance?(ctx: SettingsContext, path: Path): Hindrance | null;
  /** Why I/O that it gets is to end: what the log says behind its name. */
  stop?(ctx: SettingsContext, path: Path): string | null;
  /** Whether the question is one of the rule's own; their answers. */
  asks?(question: DiskQuestion): boolean;
  onAnswer?(ctx: SettingsContext, path: Path, answer: Answer): void;
  /** What `explain` says of it: labels and texts. */
  facts?(ctx: SettingsContext, path: Path): Array<[label: string, text: string]>;
}
