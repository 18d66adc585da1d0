/** `mpathctl audit`: compares the daemon's tables with a fresh reading of the kernel. */
import { columns, counted } from '../style';
import { askDocument, EXIT, jsonText, Refusal, type Command, type CommandContext } from './command';
import type { AuditDifference } from '../../engine/protocol';
import { describeFailure, type Failure } from '../../model/failure';
import { printable } from '../../model/printable';

interface AuditDocument {
  differences: AuditDifference[];
  unknown: Failure[];
  paths: number;
  maps: number;
}

function text(audit: AuditDocument, { style }: CommandContext): string {
  const rows = audit.differences.map((d) =>
    [d.device, d.field, `tables: ${d.tables}`, `kernel: ${d.kernel}`].map(printable),
  );
  const unknown = audit.unknown.map(
    (failure) => `${style.doubtful('unknown')} ${printable(describeFailure(failure))}\n`,
  );
  const count = counted(audit.differences.length, 'difference');
  const verdict = audit.differences.length === 0 ? style.good(count) : style.bad(count);
  const compared = `${counted(audit.paths, 'path')} and ${counted(audit.maps, 'map')} compared`;
  const rest = audit.unknown.length === 0 ? '' : `, ${counted(audit.unknown.length, 'reading')} failed`;
  return `${columns(rows)}${unknown.join('')}${verdict}; ${compared}${rest}\n`;
}

function codeOf({ differences, unknown }: AuditDocument): number {
  if (differences.length > 0) return EXIT.failed;
  return unknown.length > 0 ? EXIT.usage : EXIT.ok;
}

/**
 * Exit code 0: equal; 1: differences; 2: the audit could not be done, or it found no difference but some readings
 * failed.
 */
export const audit: Command = async (context, { json }) => {
  try {
    const { printed, code } = await askDocument(context, 'mpathd audit json', (document: AuditDocument) => ({
      printed: json ? jsonText(document) : text(document, context),
      code: codeOf(document),
    }));
    context.print(printed);
    return code;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    context.print(json ? jsonText({ error: error.message }) : `not answerable: ${error.message}\n`);
    return EXIT.usage;
  }
};
