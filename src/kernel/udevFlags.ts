/** The flags for udev's rules in a cookie (libdevmapper.h, DM_UDEV_…; 16 bits). */
import type { UdevHints } from '../model/facts';

/** Only udev makes the nodes and links. */
const DISABLE_LIBRARY_FALLBACK = 0x0020;
/** DM_SUBSYSTEM_UDEV_FLAG0 tells multipath's rules: this is a reload, and nothing changes for the layers above. */
const RELOAD = 0x0100;
/** FLAG1: kpartx makes no partition mappings. */
const SKIP_KPARTX = 0x0200;
/** FLAG2: the map has no path to read from; do not probe it. */
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
