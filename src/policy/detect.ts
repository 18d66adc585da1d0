/**
 * `detect_checker`, `detect_prio` and `detect_pgpolicy`: the report of a device about itself beats its configured
 * value.
 */
import type { BlockFacts, Checker } from '../model/facts';
import type { Grouping } from './grouping';
import { bytesOfHex } from './hex';
import { CHECKERS } from './checkers/checkers';
import { type Prioritizer, prioritizerRule } from './prioritizers/prioritizers';
import { targetPortGroup } from './vpd';

/** A choice. `why` is null if the choice is the configured one, else a text for the log. */
export interface Detected<T> {
  value: T;
  why: string | null;
}

/** The facts that decide the choices. */
export type DeviceKind = Pick<BlockFacts, 'bus' | 'tpgs' | 'accessState' | 'deviceHandler' | 'vpd83'>;

const as = <T>(value: T): Detected<T> => ({ value, why: null });

/** The target port group in the device's page 0x83; null: the page names none. */
export function tpgIdOf({ bus, vpd83 }: Pick<BlockFacts, 'bus' | 'vpd83'>): number | null {
  const page = bus === 'scsi' && vpd83 !== null ? bytesOfHex(vpd83) : null;
  return page === null ? null : targetPortGroup(page);
}

/**
 * Whether ALUA works. Either the device announces port groups and names its own group, or the kernel's handler has
 * asked for its state with success. If sysfs has no INQUIRY data, only the second counts.
 */
export function hasPortGroups(device: DeviceKind): boolean {
  if (device.bus !== 'scsi' || device.tpgs === 'none') return false;
  const answered = device.deviceHandler === 'alua' && device.accessState !== null;
  return answered || (device.tpgs !== null && tpgIdOf(device) !== null);
}

const isExplicit = ({ tpgs }: DeviceKind): boolean => tpgs === 'explicit' || tpgs === 'both';

/** True for an RDAC array in its own mode: the kernel has attached the handler `rdac`. */
const isRdac = ({ deviceHandler }: DeviceKind): boolean => deviceHandler === 'rdac';

function detectPrioritizer(device: DeviceKind): Detected<Prioritizer> | null {
  if (!hasPortGroups(device)) return null;
  const inSysfs = device.accessState !== null && (isExplicit(device) || !isRdac(device));
  return inSysfs
    ? { value: { name: 'sysfs', args: '' }, why: 'the device has target port groups, and sysfs has its access state' }
    : { value: { name: 'alua', args: '' }, why: 'the device has target port groups' };
}

/**
 * `detect_prio`, `prio` and `prio_args`. A prioritizer that needs SCSI commands of its own is replaced by one that does
 * not.
 */
export function choosePrioritizer(device: DeviceKind, configured: Prioritizer, detect: boolean): Detected<Prioritizer> {
  const found = detect ? detectPrioritizer(device) : null;
  if (found !== null) return found;
  const { name } = configured;
  if (prioritizerRule(name) === undefined) {
    const instead = device.accessState === null ? 'const' : 'sysfs';
    return { value: { name: instead, args: '' }, why: `prioritizer ${name} is not there yet` };
  }
  if (name === 'alua' && !hasPortGroups(device))
    return { value: { name: 'const', args: '' }, why: 'the device has no target port groups' };
  return as(configured);
}

function notThere(name: string): Detected<Checker> {
  return { value: 'tur', why: `checker ${name} is not there yet` };
}

function detectChecker(device: DeviceKind): Detected<Checker> | null {
  if (isRdac(device)) return notThere('rdac');
  return hasPortGroups(device) ? { value: 'tur', why: 'the device has target port groups' } : null;
}

/** `detect_checker` and `path_checker`. */
export function chooseChecker(device: DeviceKind, configured: string, detect: boolean): Detected<Checker> {
  const chosen = (detect ? detectChecker(device) : null) ?? knownChecker(configured);
  if (CHECKERS[chosen.value].by !== 'scsi' || device.bus === 'scsi') return chosen;
  return { value: 'directio', why: 'not a SCSI device: it has no TEST UNIT READY' };
}

function knownChecker(configured: string): Detected<Checker> {
  // Object.hasOwn does not narrow.
  return Object.hasOwn(CHECKERS, configured) ? as(configured as Checker) : notThere(configured);
}

/**
 * `retain_attached_hw_handler` and `hardware_handler`; words without their count. Kernels since 4.3 retain the handler
 * in any case.
 */
export function chooseHandler(devices: readonly DeviceKind[], configured: readonly string[]): Detected<string[]> {
  const attached = devices.find(({ deviceHandler }) => deviceHandler !== null)?.deviceHandler ?? null;
  if (attached !== null) return { value: [attached], why: 'the kernel has attached it' };
  const alua = devices.length > 0 && devices.every(hasPortGroups);
  if (alua && configured.length === 0) return { value: ['alua'], why: 'all paths have target port groups' };
  if (!alua && configured.join(' ') === 'alua') return { value: [], why: 'not all paths have target port groups' };
  return as([...configured]);
}

/** `detect_pgpolicy`, `detect_pgpolicy_use_tpg` and `path_grouping_policy`, by the prioritizers of the map's paths. */
export function chooseGrouping(
  prioritizers: readonly string[],
  configured: Grouping,
  detect: { groups: boolean; useTpg: boolean },
): Detected<Grouping> {
  const alua = prioritizers.length > 0 && prioritizers.every((name) => name === 'alua' || name === 'sysfs');
  if (alua && detect.groups) {
    return { value: detect.useTpg ? 'group_by_tpg' : 'group_by_prio', why: 'all paths have ALUA priorities' };
  }
  if (!alua && configured === 'group_by_tpg') return { value: 'failover', why: 'not all paths have ALUA priorities' };
  return as(configured);
}
