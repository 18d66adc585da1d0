import type { Uevent } from '../../src/model/uevent';

/** A uevent as the kernel writes it into its message. The simulated socket hands events on without writing them. */
export function messageText(event: Uevent): string {
  const variables = Object.entries(event.env).map(([key, value]) => `${key}=${value}\0`);
  return `${event.action}@${event.devpath}\0${variables.join('')}`;
}
