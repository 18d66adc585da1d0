/** Values as `show config` prints them, so that the parser reads the same again. */
import { ALL_KEYWORDS, KEYWORDS } from './keywords';
import { offOrNumber } from './parse/values';
import type { Keyword, SettingValues } from './settings';

/** Words that multipathd prints without quotes; all other words have them. */
const BARE_OFF: ReadonlySet<Keyword> = new Set(['fast_io_fail_tmo', 'eh_deadline', 'max_retries']);

/** Where off is said `no`, as it is read. */
const OFF_IS_NO: ReadonlySet<Keyword> = new Set(
  ALL_KEYWORDS.filter((keyword) => KEYWORDS[keyword].read === offOrNumber),
);

/** A word in quotes; one that it holds itself is doubled. */
export function quotedText(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

/** The value as it is written behind its keyword; null: it must not be shown. */
export function valueText(keyword: Keyword, { value }: { value: SettingValues[Keyword] }): string | null {
  if (keyword === 'reservation_key' && value === 'set') return null;
  if (keyword === 'mode' && typeof value === 'number') return `0${value.toString(8)}`;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? '"yes"' : '"no"';
  if (value === 'off' && BARE_OFF.has(keyword)) return 'off';
  if (value === 'off' && OFF_IS_NO.has(keyword)) return '"no"';
  return quotedText(value);
}
