/** Collects findings, but not more than anybody can read. */
import { aboutFile, type Finding, type FindingCode, type Mark, type Severity } from './findings';

/** A finding without its place. */
export interface Told {
  severity: Severity;
  code: FindingCode;
  message: string;
  hint?: string | null;
}

export interface Report {
  tell(mark: Mark, told: Told): void;
  /** True if further findings are only counted. */
  isFull(): boolean;
  /** Adds a finding that must not be lost, even if the report is full. */
  tellOfFile(file: string, told: Told): void;
  /** In the order in which they were added. */
  findings(): Finding[];
}

const MOST = 1000;

export function createReport(): Report {
  const findings: Finding[] = [];
  let left = 0;
  let lastFile = '';
  return {
    tell(mark, { severity, code, message, hint = null }) {
      lastFile = mark.file;
      if (findings.length < MOST) findings.push({ severity, code, ...mark, message, hint });
      else left += 1;
    },
    isFull: () => findings.length >= MOST,
    tellOfFile(file, { severity, code, message, hint = null }) {
      findings.push(aboutFile(file, severity, code, message, hint));
    },
    findings() {
      if (left === 0) return findings;
      return [...findings, aboutFile(lastFile, 'warning', 'too-many', `${left} more findings are not shown`, null)];
    },
  };
}
