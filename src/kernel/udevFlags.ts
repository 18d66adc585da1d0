/** What udev's rules are told through the cookie (libdevmapper.h, DM_UDEV_…; 16 bits). */
import { parseTable } from '../policy/table';

/** The nodes and links are udev's business alone. */
const DISABLE_LIBRARY_FALLBACK = 0x0020;
/** DM_SUBSYSTEM_UDEV_FLAG0 to multipath's rules: a reload, nothing new for the layers above. */
const RELOAD = 0x0100;
/** FLAG1: no partition mappings by kpartx. */
const SKIP_KPARTX = 0x0200;
/** FLAG2: no path to read from, do not probe. */
const NO_PATH = 0x0400;

export type UdevOperation =
  | { kind: 'create' | 'reload'; params: string }
  | { kind: 'rename' | 'remove' };

function hasNoPath(params: string): boolean {
  const table = parseTable(params);
  return table !== null && table.groups.every((group) => group.paths.length === 0);
}

/** The flags for one operation on a map; `skipKpartx` is the setting of that name. */
export function udevFlags(operation: UdevOperation, skipKpartx: boolean): number {
  const always = DISABLE_LIBRARY_FALLBACK | (skipKpartx ? SKIP_KPARTX : 0);
  switch (operation.kind) {
    case 'create':
      return always | (hasNoPath(operation.params) ? NO_PATH : 0);
    case 'reload':
      return always | RELOAD | (hasNoPath(operation.params) ? NO_PATH : 0);
    case 'rename':
    case 'remove':
      return always;
  }
}
