import type { Origin } from './settings';

/** The origin of a value in words: `/etc/multipath.conf line 3 (defaults)`. */
export function describeOrigin(origin: Origin): string {
  switch (origin.from) {
    case 'file':
      return `${origin.file} line ${origin.line} (${origin.section})`;
    case 'hardware table':
      return `hardware table (${origin.vendor}, ${origin.product})`;
    case 'detection':
      return `detected: ${origin.why}`;
    case 'command line':
      return 'command line';
    case 'default':
      return 'default';
  }
}
