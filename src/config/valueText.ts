/** Values as `show config` prints them, so that the parser reads the same again. */
import { MARGINAL_PATH_KEYWORDS, type Keyword, type Setting, type SettingValues } from './settings';

/** Words that multipathd prints without quotes; all other words have them. */
const BARE_OFF: ReadonlySet<Keyword> = new Set(['fast_io_fail_tmo', 'eh_deadline', 'max_retries']);

/** Where off is said `no`. */
const OFF_IS_NO: ReadonlySet<Keyword> = new Set<Keyword>([...MARGINAL_PATH_KEYWORDS, 'ghost_delay']);

/** A word in quotes; one that it holds itself is doubled. */
export function quotedText(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

/** The value as it is written behind its keyword; null: it must not be shown. */
export function valueText<K extends Keyword>(
  keyword: K,
  { value }: Pick<Setting<SettingValues[K]>, 'value'>,
): string | null {
  if (keyword === 'reservation_key' && value === 'set') return null;
  if (keyword === 'mode' && typeof value === 'number') return `0${value.toString(8)}`;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? '"yes"' : '"no"';
  if (value === 'off' && BARE_OFF.has(keyword)) return 'off';
  if (value === 'off' && OFF_IS_NO.has(keyword)) return '"no"';
  return quotedText(value);
}
