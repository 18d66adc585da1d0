/**
 * Whether two disks lead to the same LUN by what the devices themselves say, whatever WWID somebody else gives them: a
 * record of udev's, a rule, a script. What a device does not say is unknown, and is no contradiction.
 */
import type { BlockFacts, IdentityCopy } from '../model/facts';
import type { Wwid } from '../model/identity';
import { bytesOfHex } from './hex';
import { type LunName, lunNamesOfVpd83, serialFromVpd80 } from './vpd';
import { identityOfVpd83, serialOf, wwidFromSysfs } from './wwid';

/** `other`: the devices contradict each other. `unknown`: at least one of them says too little. */
export type SameLun = 'same' | 'other' | 'unknown';

interface Names {
  names: LunName[];
  whole: boolean;
}

const NONE: Names = { names: [], whole: false };

function namesOf(page83: string | null): Names {
  const bytes = page83 === null ? null : bytesOfHex(page83);
  return bytes === null ? NONE : lunNamesOfVpd83(bytes);
}

/**
 * The names in a disk's page, parsed once: a wrong rule can give thousands of disks one WWID, and the reading of one of
 * them compares them all. It holds nothing alive, and a page that is replaced is parsed anew.
 */
const PARSED = new WeakMap<BlockFacts, { page: string; names: Names }>();

function namesOfDisk(facts: BlockFacts): Names {
  const page = facts.vpd83;
  if (page === null) return NONE;
  const known = PARSED.get(facts);
  if (known?.page === page) return known.names;
  const names = namesOf(page);
  PARSED.set(facts, { page, names });
  return names;
}

/**
 * Compares all designators of the logical unit, and not only the best ones. If both pages have names that are unique in
 * the world, only these count: a vendor may give another name to all LUNs of an array.
 */
function compareNames(one: Names, other: Names): SameLun {
  const both = [one.names, other.names].every((names) => names.some(({ unique }) => unique));
  const [mine, theirs] = [one.names, other.names].map((names) => names.filter(({ unique }) => unique || !both));
  if (mine === undefined || theirs === undefined || mine.length === 0 || theirs.length === 0) return 'unknown';
  const texts = new Set(theirs.map(({ text }) => text));
  if (mine.some(({ text }) => texts.has(text))) return 'same';
  if (one.whole && other.whole) return 'other';
  // The common name may be in the part that is missing, unless names of one type differ.
  const types = new Set(theirs.map(({ type }) => type));
  return mine.some(({ type }) => types.has(type)) ? 'other' : 'unknown';
}

/** What a page of the disk says of its LUN beside the kernel's copy of the page. */
export interface PageVerdict {
  same: boolean;
  /** The identity in the page, and the one in the copy. */
  says: string;
  copied: string;
}

const serialIn = (hex: string): string => `serial number ${serialFromVpd80(bytesOfHex(hex) ?? new Uint8Array())}`;

/**
 * Judges a page (hex) by the copy. Names of ports and groups, and what else may change, do not count. A copy that names
 * no LUN is contradicted by nothing.
 */
export function judgePage({ page, hex }: IdentityCopy, answer: string): PageVerdict {
  if (page === 0x80) {
    const [says, copied] = [serialIn(answer), serialIn(hex)];
    return { same: says === copied, says, copied };
  }
  const [says, copied] = [identityOfVpd83(answer), identityOfVpd83(hex)];
  const [mine, theirs] = [namesOf(answer), namesOf(hex)];
  const verdict = compareNames(mine, theirs);
  return {
    same: verdict === 'unknown' ? theirs.names.length === 0 || says === copied : verdict === 'same',
    says,
    copied,
  };
}

/** The page by which the disk says which LUN it is, as the kernel has it; null: the kernel has none. */
export function identityCopyOf(facts: BlockFacts): IdentityCopy | null {
  if (facts.bus !== 'scsi') return null;
  if (facts.vpd83 !== null) return { page: 0x83, hex: facts.vpd83 };
  return facts.vpd80 === null || serialOf(facts) === null ? null : { page: 0x80, hex: facts.vpd80 };
}

/** A vendor's serial numbers differ between its LUNs. Disks without page 0x83 have nothing else. */
function compareSerials(one: BlockFacts, other: BlockFacts): SameLun {
  for (const key of ['vendor', 'model'] as const)
    if (one[key] !== null && other[key] !== null && one[key] !== other[key]) return 'other';
  const [mine, theirs] = [serialOf(one), serialOf(other)];
  if (mine === null || theirs === null) return 'unknown';
  return mine === theirs ? 'same' : 'other';
}

function compareWwids(one: BlockFacts, other: BlockFacts): SameLun {
  const [mine, theirs] = [wwidFromSysfs(one), wwidFromSysfs(other)];
  return mine === null || theirs === null ? 'unknown' : mine === theirs ? 'same' : 'other';
}

/** Compares what two disks say of their LUNs. */
export function compareLuns(one: BlockFacts, other: BlockFacts): SameLun {
  if (one.bus !== other.bus) return 'other';
  switch (one.bus) {
    case 'scsi': {
      const [mine, theirs] = [namesOfDisk(one), namesOfDisk(other)];
      const named = compareNames(mine, theirs);
      if (named !== 'unknown' || (mine.names.length > 0 && theirs.names.length > 0)) return named;
      return compareSerials(one, other);
    }
    case 'nvme':
    case 'ccw':
      return compareWwids(one, other);
    case 'dm':
    case 'other':
      return 'unknown';
  }
}

/** Whether the device itself gives this WWID, by any of its names. */
export function spellsWwid(facts: BlockFacts, wwid: Wwid): boolean {
  if (wwidFromSysfs(facts) === wwid) return true;
  return facts.bus === 'scsi' && namesOfDisk(facts).names.some((name) => name.wwid === wwid);
}

/** What the device says of its LUN, for people. */
export function describeLun(facts: BlockFacts): string {
  const wwid = wwidFromSysfs(facts);
  if (wwid !== null) return wwid;
  const [name] = namesOfDisk(facts).names;
  if (name !== undefined) return `designator ${name.text}`;
  const serial = serialOf(facts);
  const product = [facts.vendor, facts.model].flatMap((word) => word?.trim() ?? []).join(' ');
  return serial === null ? `${product} without a serial number` : `${product} serial ${serial}`;
}
