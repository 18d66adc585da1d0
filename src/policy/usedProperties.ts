/**
 * What is kept of udev's properties: the values that decide something, and of all others their names
 * only. Site-specific rules may put anything into them, and the journal records what comes in.
 */

/** Identity, kind and unit attentions; everything that names a device or numbers an event. */
const KEPT = new Set([
  'ACTION',
  'DEVNAME',
  'DEVPATH',
  'DEVTYPE',
  'DISKSEQ',
  'DISK_RO',
  'ID_PATH',
  'ID_SERIAL',
  'ID_UID',
  'ID_WWN',
  'MAJOR',
  'MINOR',
  'RESIZE',
  'SDEV_UA',
  'SEQNUM',
  'SUBSYSTEM',
  'SYNTH_UUID',
]);

const isKept = (name: string): boolean => KEPT.has(name) || name.startsWith('DM_');

/** Only the values that something goes by. `used`: properties that are configured to hold a WWID. */
export function usedValues(
  record: Readonly<Record<string, string>>,
  used: ReadonlySet<string>,
): Record<string, string> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => isKept(name) || used.has(name)));
}

/** Only the variables that something goes by. */
export function usedVariables(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => isKept(name)));
}
