/** The flags for udev's rules in a cookie (libdevmapper.h, DM_UDEV_…; 16 bits). */
import type { UdevHints } from '../model/facts';

/** The nodes and links are udev's business alone. */
const DISABLE_LIBRARY_FALLBACK = 0x0020;
/** DM_SUBSYSTEM_UDEV_FLAG0 to multipath's rules: a reload, nothing new for the layers above. */
const RELOAD = 0x0100;
/** FLAG1: no partition mappings by kpartx. */
const SKIP_KPARTX = 0x0200;
/** FLAG2: no path to read from, do not probe. */
const NO_PATH = 0x0400;

const PLAIN: UdevHints = { skipKpartx: false, noPath: false };

/** The flags for one operation on a map. */
export function udevFlags(
  operation: 'create' | 'reload' | 'rename' | 'remove',
  { skipKpartx, noPath }: UdevHints = PLAIN,
): number {
  const always = DISABLE_LIBRARY_FALLBACK | (skipKpartx ? SKIP_KPARTX : 0) | (noPath ? NO_PATH : 0);
  return operation === 'reload' ? always | RELOAD : always;
}
