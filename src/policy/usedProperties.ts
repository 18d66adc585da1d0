/**
 * Decides which of udev's properties are kept: values that mpathd uses, and of all others only the names. The rules of
 * a site may put anything into a value, and the journal records every input.
 */

/** Properties about identity, kind and unit attentions; names of devices and numbers of events. */
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

/** Only the values that mpathd uses. `used`: the properties that hold a WWID by the configuration. */
export function usedValues(
  record: Readonly<Record<string, string>>,
  used: ReadonlySet<string>,
): Record<string, string> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => isKept(name) || used.has(name)));
}

/** Only the variables that mpathd uses. */
export function usedVariables(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => isKept(name)));
}
