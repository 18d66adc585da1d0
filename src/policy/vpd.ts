/** Identifiers in SCSI VPD pages (SPC-4 section 7.8), spelled as multipath-tools and scsi_id spell them. */

/** A WWID, or why a device identification page has none. */
export type VpdIdentity =
  | { ok: true; wwid: string }
  /**
   * `invalid`: designators are malformed; `none`: no designator identifies the LUN; `overflow`: a designator passes the
   * end of the page.
   */
  | { ok: false; error: 'invalid' | 'none' | 'overflow' };

/** WWID_SIZE of multipath-tools, with the NUL. */
export const WWID_BUFFER = 128;

interface Designator {
  type: number;
  data: Uint8Array;
}

interface RankedDesignator extends Designator {
  rank: number;
}

/** Ranks and lengths of NAA designators by their first nibble. Any other nibble is malformed. */
const NAA: ReadonlyMap<number, { rank: number; length: number }> = new Map([
  [6, { rank: 8, length: 16 }],
  [5, { rank: 7, length: 8 }],
  [2, { rank: 6, length: 8 }],
  // Locally assigned: it is unique only if the administrator has made it so.
  [3, { rank: 1, length: 8 }],
]);

const SCSI_NAME_TYPES: ReadonlyMap<string, string> = new Map([
  ['eui.', '2'],
  ['naa.', '3'],
  ['iqn.', '8'],
]);

function ascii(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

const HEX_OF_BYTE: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Pages are parsed at each reading of a disk. So this is a loop, which takes a tenth of the time of map and join. */
function hex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX_OF_BYTE[byte];
  return text;
}

/**
 * The bytes of the page, limited to its announced length and to the length of the answer; empty if the device gave
 * another page.
 */
function pageOf(bytes: Uint8Array, code: number): Uint8Array {
  // A device that ignores EVPD answers with its standard INQUIRY data.
  if (bytes[1] !== code) return new Uint8Array();
  const announced = ((bytes[2] ?? 0) << 8) + (bytes[3] ?? 0) + 4;
  return bytes.subarray(0, Math.min(announced, bytes.length));
}

/** The rank of a designator as an identifier; 0 for kinds that are never used, null if it is malformed. */
function rankOf({ type, data }: Designator): number | null {
  switch (type) {
    case 0x0: // vendor specific
    case 0xa: // UUID
      return 0;
    case 0x1:
      return data.length >= 8 ? 2 : null;
    case 0x2:
      return [8, 12, 16].includes(data.length) ? 4 : null;
    case 0x3: {
      const naa = NAA.get((data[0] ?? 0) >> 4);
      return naa?.length === data.length ? naa.rank : null;
    }
    case 0x6: // logical unit group
      return data.length === 4 ? 0 : null;
    case 0x7: // MD5
      return data.length === 16 ? 0 : null;
    case 0x8:
      return SCSI_NAME_TYPES.has(ascii(data.subarray(0, 4))) ? 3 : null;
    default:
      return null;
  }
}

/** The designators in their order, and whether a further designator passes the end of the page. */
function designatorsOf(page: Uint8Array): { found: Array<Designator & { association: number }>; overflow: boolean } {
  const found: Array<Designator & { association: number }> = [];
  for (let at = 4; at + 4 <= page.length; ) {
    const kind = page[at + 1] ?? 0;
    const end = at + 4 + (page[at + 3] ?? 0);
    if (end > page.length) return { found, overflow: true };
    found.push({ association: (kind >> 4) & 3, type: kind & 0xf, data: page.subarray(at + 4, end) });
    at = end;
  }
  return { found, overflow: false };
}

/** The first designator with the highest rank among the designators of the logical unit. */
function bestDesignator(page: Uint8Array): RankedDesignator | 'invalid' | 'none' | 'overflow' {
  let best: RankedDesignator | null = null;
  let malformed = false;
  const { found, overflow } = designatorsOf(page);
  for (const { association, type, data } of found) {
    const rank = association === 0 ? rankOf({ type, data }) : association === 3 ? null : 0;
    if (rank === null) malformed = true;
    else if (rank > (best?.rank ?? 0)) best = { type, data, rank };
  }
  if (best !== null) return best;
  return overflow ? 'overflow' : malformed ? 'invalid' : 'none';
}

/** A name that a device identification page gives to the logical unit. */
export interface LunName {
  /** The designator type, SPC-4 7.8.6.2. */
  type: number;
  /** Type and value as text: two names are the same if their texts are. */
  text: string;
  /** No other LUN in the world may have it. Vendors choose the names of the other types, and some give one to many. */
  unique: boolean;
  /** As a WWID; null: no WWID is spelled by names of this type. */
  wwid: string | null;
}

/** Types of designators that name a logical unit, and whether the name is unique. A LUN group (6) names no LUN. */
const NAMING_TYPES: ReadonlyMap<number, boolean> = new Map([
  [0x0, false],
  [0x1, false],
  [0x2, true],
  [0x3, true],
  [0x7, false],
  [0x8, true],
  [0xa, true],
]);

function lunNameOf({ type, data }: Designator, unique: boolean): LunName {
  const rank = rankOf({ type, data }) ?? 0;
  const wwid = rank > 0 ? spell({ type, data }, WWID_BUFFER - 1) : null;
  // A SCSI name string may repeat a binary designator as text.
  const [kind, value] = type === 0x8 ? ascii(data).replace(/\0.*$/s, '').toLowerCase().split('.', 2) : [];
  const binary = kind === 'naa' ? 0x3 : kind === 'eui' ? 0x2 : null;
  return binary === null || value === undefined
    ? { type, text: `${type}:${hex(data)}`, unique, wwid }
    : { type: binary, text: `${binary}:${value}`, unique, wwid };
}

/**
 * All names of the logical unit in a device identification page. `whole` false: the page is cut or malformed, so that
 * names may be missing.
 */
export function lunNamesOfVpd83(bytes: Uint8Array): { names: LunName[]; whole: boolean } {
  const page = pageOf(bytes, 0x83);
  const { found, overflow } = designatorsOf(page);
  const announced = ((bytes[2] ?? 0) << 8) + (bytes[3] ?? 0) + 4;
  const names = found.flatMap(({ association, type, data }) => {
    const unique = association === 0 && data.length > 0 ? NAMING_TYPES.get(type) : undefined;
    return unique === undefined ? [] : [lunNameOf({ type, data }, unique)];
  });
  return { names, whole: !overflow && page.length === announced };
}

/**
 * The target port group in a device identification page (designator type 5 of the port); null if the page names none.
 */
export function targetPortGroup(bytes: Uint8Array): number | null {
  const group = designatorsOf(pageOf(bytes, 0x83)).found.find(
    ({ association, type, data }) => association === 1 && type === 0x5 && data.length === 4,
  );
  return group === undefined ? null : ((group.data[2] ?? 0) << 8) + (group.data[3] ?? 0);
}

/** T10 vendor text: every run of blanks becomes one `_`, with no `_` at the end. */
function t10Text(data: Uint8Array): string {
  return ascii(data).replace(/\0.*$/s, '').replace(/ +/g, '_');
}

function spell({ type, data }: Designator, room: number): string {
  switch (type) {
    case 0x2:
    case 0x3:
      // Whole bytes only: the length stays odd.
      return `${type}${hex(data.subarray(0, Math.floor((room - 1) / 2)))}`;
    case 0x8: {
      const kind = SCSI_NAME_TYPES.get(ascii(data.subarray(0, 4))) ?? '8';
      const name = ascii(data.subarray(4)).replace(/\0.*$/s, '');
      return `${kind}${kind === '8' ? name : name.toLowerCase()}`.slice(0, room);
    }
    default:
      return `1${t10Text(data)}`.slice(0, room).replace(/_$/, '');
  }
}

/**
 * True if the WWID has no character that would end a word or a line, or begin a comment, in the bindings and wwids
 * files, or end a name in `/dev`.
 */
export function isSafeWwid(wwid: string): boolean {
  return /^[!-~]+$/.test(wwid) && !/[/#]/.test(wwid) && wwid.length < WWID_BUFFER;
}

/**
 * The WWID in a device identification page (0x83). `bufferSize` includes a NUL, as in C: a longer WWID is cut. Never
 * throws.
 */
export function wwidFromVpd83(bytes: Uint8Array, bufferSize = WWID_BUFFER): VpdIdentity {
  const best = bestDesignator(pageOf(bytes, 0x83));
  if (typeof best === 'string') return { ok: false, error: best };
  const wwid = spell(best, Math.max(1, Math.min(bufferSize, WWID_BUFFER) - 1));
  return wwid.length > 1 && isSafeWwid(wwid) ? { ok: true, wwid } : { ok: false, error: 'invalid' };
}

/** The unit serial number in page 0x80, blanks cut off at both ends; empty if there is none. */
export function serialFromVpd80(bytes: Uint8Array, bufferSize = WWID_BUFFER): string {
  // Unprintable characters become blanks, as in the kernel's INQUIRY strings (scsi_sanitize_inquiry_string).
  const printable = ascii(pageOf(bytes, 0x80).subarray(4)).replace(/[^ -~]/g, ' ');
  return printable.trim().slice(0, Math.max(0, bufferSize - 1));
}
