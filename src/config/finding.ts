/** What only shows once all sections are put together. */
import type { Origin } from './settings';

/** Something wrong with the configuration that no single line shows; the place is one of those at fault. */
export interface MergeFinding {
  severity: 'warning';
  text: string;
  file: string | null;
  line: number | null;
}

/** Something wrong that has to do with a value from there. */
export function warningAt(origin: Origin, text: string): MergeFinding {
  const place = origin.from === 'file' ? { file: origin.file, line: origin.line } : { file: null, line: null };
  return { severity: 'warning', text, ...place };
}
