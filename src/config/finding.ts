/** Findings that show only when all sections are put together. */
import type { Origin } from './settings';

/** A fault of the configuration that no single line shows. The place is one of the lines at fault. */
export interface MergeFinding {
  severity: 'warning';
  text: string;
  file: string | null;
  line: number | null;
}

/** A fault that concerns the value with this origin. */
export function warningAt(origin: Origin, text: string): MergeFinding {
  const place = origin.from === 'file' ? { file: origin.file, line: origin.line } : { file: null, line: null };
  return { severity: 'warning', text, ...place };
}
