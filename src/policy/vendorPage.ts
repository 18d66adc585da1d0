/** Vendor-specific VPD pages. */

/** A name, or why the page has none. */
export type VendorName = { ok: true; name: string } | { ok: false; why: string };

const HP3PAR_PAGE = 0xc0;
/** Pages of revision 3 and older have no name. */
const LAST_WITHOUT_NAME = 3;
const [REVISION_AT, LENGTH_AT, NAME_AT] = [4, 40, 44];

/**
 * The volume's name in page 0xC0 of an HP 3PAR array: its length in bytes is a big-endian number at 40, its text begins
 * at 44. Never throws.
 */
export function nameInHp3parPage(page: Uint8Array): VendorName {
  const none = (why: string): VendorName => ({ ok: false, why });
  if (page[1] !== HP3PAR_PAGE) return none('it is another page');
  if (page.length < NAME_AT) return none(`it has only ${page.length} bytes`);
  const revision = page[REVISION_AT] ?? 0;
  if (revision <= LAST_WITHOUT_NAME) return none(`it is of revision ${revision}`);
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  const end = NAME_AT + view.getUint32(LENGTH_AT);
  if (end > page.length) return none(`its name passes its end, ${page.length} bytes`);
  // The name goes to terminals, and a byte from an array must not control a terminal.
  const name = String.fromCharCode(...page.subarray(NAME_AT, end))
    .replace(/\0.*$/s, '')
    .replace(/[^ -~]/g, '?');
  return name === '' ? none('its name is empty') : { ok: true, name };
}
