/** Values as `show config` prints them. The parser reads the same values again. */
import { ALL_KEYWORDS, KEYWORDS } from './keywords';
import { offOrNumber } from './parse/values';
import type { Keyword, SettingValues } from './settings';

/** Keywords whose `off` multipathd prints without quotes. All other words have quotes. */
const BARE_OFF: ReadonlySet<Keyword> = new Set(['fast_io_fail_tmo', 'eh_deadline', 'max_retries']);

/** Keywords whose `off` is printed as `no`, as their reader expects it. */
const OFF_IS_NO: ReadonlySet<Keyword> = new Set(
  ALL_KEYWORDS.filter((keyword) => KEYWORDS[keyword].read === offOrNumber),
);

/** A word in quotes. A quote mark inside the word is doubled. */
export function quotedText(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

/** The value as it is written after its keyword; null: it must not be shown. */
export function valueText(keyword: Keyword, { value }: { value: SettingValues[Keyword] }): string | null {
  if (keyword === 'reservation_key' && value === 'set') return null;
  if (keyword === 'mode' && typeof value === 'number') return `0${value.toString(8)}`;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? '"yes"' : '"no"';
  if (value === 'off' && BARE_OFF.has(keyword)) return 'off';
  if (value === 'off' && OFF_IS_NO.has(keyword)) return '"no"';
  return quotedText(value);
}
