/** Masks reservation keys: anybody who has such a key can take a LUN away. */
import { parseReservationKey } from '../reservationKey';
import { valueOf, type Token } from './lines';

/** The line in a form that may be shown and logged. */
export function maskedLine(line: string, tokens: readonly Token[]): string {
  const value = tokens[0]?.text === 'reservation_key' ? valueOf(tokens) : null;
  if (value === null || parseReservationKey(value.text) === null) return line;
  return line.slice(0, value.at) + '*'.repeat(value.length) + line.slice(value.at + value.length);
}
