/** Persistent reservation keys as the configuration spells them. */

/** A key, and whether its registration survives a loss of power (APTPL). */
export interface ReservationKey {
  /** 16 lower-case hex digits. */
  key: string;
  aptpl: boolean;
}

/**
 * The value of `reservation_key`: up to 16 hex digits, `0x` before and `:aptpl` after them if wanted; null: not a key.
 */
export function parseReservationKey(text: string): ReservationKey | null {
  const [key = '', ...flags] = text.split(':');
  // One zero may stand before the digits, with or without its x; alone it is no key.
  const digits = /^0?x?([0-9a-f]{1,16})$/i.exec(key)?.[1];
  if (digits === undefined || key === '0') return null;
  return { key: digits.toLowerCase().padStart(16, '0'), aptpl: flags.join(':') === 'aptpl' };
}
