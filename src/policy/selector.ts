/** Path selectors in the form of a configuration and of a table: `service-time 0`. */

/** The selector if no valid one is configured. */
export const DEFAULT_SELECTOR = 'service-time 0';

/**
 * The selector with single blanks; null if the count does not match its arguments: the kernel would then read paths as
 * arguments.
 */
export function readSelector(text: string): string | null {
  const [name, count = '', ...args] = text.trim().split(/\s+/);
  if (name === undefined || name === '' || !/^\d{1,4}$/.test(count) || Number(count) !== args.length) return null;
  return [name, String(args.length), ...args].join(' ');
}

export function selectorName(selector: string): string {
  return selector.split(' ', 1)[0] ?? '';
}
