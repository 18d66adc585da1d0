/** Findings, with their lines, that show only when all sections are put together. */
import type { MergeFinding } from '../finding';
import { aboutFile, type Finding, type SourceFile } from './findings';
import { linesOf, tokensOf } from './lines';
import { maskedLine } from './secrets';

/** The findings of the merge, each with the line that it concerns. */
export function crossCheckFindings(findings: readonly MergeFinding[], files: readonly SourceFile[]): Finding[] {
  return findings.map(({ severity, text, file, line }) => {
    const source = files.find((candidate) => candidate.file === file);
    const found = source === undefined || line === null ? undefined : linesOf(source.text)[line - 1];
    if (file === null || line === null || found === undefined)
      return aboutFile(file ?? '', severity, 'cross-check', text, null);
    const tokens = tokensOf(found.text);
    const [first] = tokens;
    const mark = {
      file,
      line,
      column: (first?.at ?? 0) + 1,
      length: Math.max(1, first?.length ?? 1),
      text: maskedLine(found.text, tokens),
    };
    return { severity, code: 'cross-check', ...mark, message: `${file} line ${line}, ${text}`, hint: null };
  });
}
