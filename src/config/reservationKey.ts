/** Persistent reservation keys in the form that the configuration uses. */

/** A key. `aptpl`: its registration survives a loss of power. */
export interface ReservationKey {
  /** 16 lower-case hex digits. */
  key: string;
  aptpl: boolean;
}

/**
 * Reads the value of `reservation_key`: up to 16 hex digits, with an optional `0x` before and `:aptpl` after them;
 * null: the text is no key.
 */
export function parseReservationKey(text: string): ReservationKey | null {
  const [key = '', ...flags] = text.split(':');
  // One zero, with or without an x, may stand before the digits. A zero alone is no key.
  const digits = /^0?x?([0-9a-f]{1,16})$/i.exec(key)?.[1];
  if (digits === undefined || key === '0') return null;
  return { key: digits.toLowerCase().padStart(16, '0'), aptpl: flags.join(':') === 'aptpl' };
}
