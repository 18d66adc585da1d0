/**
 * Drops incomplete sections, and merges sections that concern the same subject. multipathd does this at the end of a
 * file.
 */
import type { Block } from '../configuration';
import type { Mark } from './findings';
import type { Report } from './report';

/** A section, and the place at which it begins. */
export interface Placed {
  block: Block;
  mark: Mark;
}

function nameOf({ vendor, product, revision }: Block): string {
  return [vendor, product, revision].map((stated) => stated?.value ?? '(null)').join(':');
}

/** Two sections have the same key if they have the same names as strings, and the same names are missing. */
function keyOf({ vendor, product, revision }: Block): string {
  return JSON.stringify([vendor, product, revision].map((stated) => stated?.value ?? null));
}

/** The later section, with the values that only the earlier one has. */
function merged(earlier: Placed, later: Placed): Placed {
  return { block: { ...earlier.block, ...later.block }, mark: later.mark };
}

/**
 * The entries by key, each in the place of its last section. `told` is called for each section that joins an earlier
 * one.
 */
function lastOfEach(
  entries: readonly Placed[],
  key: (block: Block) => string,
  told: (earlier: Placed, later: Placed) => void,
): Placed[] {
  const byKey = new Map<string, Placed>();
  for (const entry of entries) {
    const name = key(entry.block);
    const earlier = byKey.get(name);
    if (earlier !== undefined) told(earlier, entry);
    byKey.delete(name);
    byKey.set(name, earlier === undefined ? entry : merged(earlier, entry));
  }
  return [...byKey.values()];
}

/** Merges the `device` sections after a file was read. The sections of this file begin at `from`. */
export function mergeDeviceSections(devices: readonly Placed[], from: number, file: string, report: Report): Placed[] {
  const whole = devices.filter(({ block, mark }) => {
    const usable = block.vendor !== undefined && block.product !== undefined;
    const missing = block.vendor === undefined ? 'vendor' : 'product';
    if (!usable)
      report.tell(mark, {
        severity: 'error',
        code: 'no-vendor-or-product',
        message: `device config in ${file} missing vendor or product parameter`,
        hint: `it has no ${missing}, and is ignored`,
      });
    return usable;
  });
  const before = new Set(devices.slice(0, from));
  return lastOfEach(whole, keyOf, (earlier, later) => {
    // conf.d exists so that a file can add to the sections of another file.
    if (before.has(earlier)) return;
    const message = `factorize_hwtable: duplicate device section for ${nameOf(later.block)} in ${file}`;
    report.tell(later.mark, {
      severity: 'warning',
      code: 'duplicate-section',
      message,
      hint: `it adds to that of line ${earlier.mark.line}`,
    });
  });
}

/** Merges the `protocol` sections after a file was read. */
export function mergeProtocolSections(protocols: readonly Placed[], file: string, report: Report): Placed[] {
  const whole = protocols.filter(({ block, mark }) => {
    if (block.type === undefined)
      report.tell(mark, {
        severity: 'error',
        code: 'no-type',
        message: `protocol section in ${file} missing type`,
        hint: 'it is ignored',
      });
    return block.type !== undefined;
  });
  return lastOfEach(
    whole,
    ({ type }) => type?.value ?? '',
    () => undefined,
  );
}

/** Merges the `multipath` sections after all files were read. */
export function mergeMultipathSections(multipaths: readonly Placed[], report: Report): Placed[] {
  const whole = multipaths.filter(({ block, mark }) => {
    if (block.wwid === undefined)
      report.tell(mark, {
        severity: 'error',
        code: 'no-wwid',
        message: 'multipaths config section missing wwid',
        hint: 'it is ignored',
      });
    return block.wwid !== undefined;
  });
  const unique = lastOfEach(
    whole,
    ({ wwid }) => wwid?.value ?? '',
    (earlier, later) => {
      const message = `merge_mptable: duplicate multipath config section for ${later.block.wwid?.value ?? ''}`;
      report.tell(later.mark, {
        severity: 'warning',
        code: 'duplicate-section',
        message,
        hint: `it adds to that of ${earlier.mark.file} line ${earlier.mark.line}`,
      });
    },
  );
  return withoutFalseAliases(unique, report);
}

/**
 * Removes ambiguous aliases. An alias leads to one map: the first WWID in the order of bytes keeps it. No map gets an
 * alias that is the WWID of another map.
 */
function withoutFalseAliases(multipaths: readonly Placed[], report: Report): Placed[] {
  const wwids = new Set(multipaths.map(({ block }) => block.wwid?.value));
  const owners = new Map<string, string>();
  for (const { block } of multipaths) {
    const { alias, wwid } = block;
    if (alias === undefined || wwid === undefined) continue;
    const owner = owners.get(alias.value);
    if (owner === undefined || wwid.value < owner) owners.set(alias.value, wwid.value);
  }
  return multipaths.map((placed) => {
    const { alias, wwid } = placed.block;
    if (alias === undefined || wwid === undefined || alias.value === wwid.value) return placed;
    const { alias: _, ...rest } = placed.block;
    const without = { block: rest, mark: placed.mark };
    if (wwids.has(alias.value)) {
      report.tell(placed.mark, {
        severity: 'error',
        code: 'alias-is-wwid',
        message: `ERROR: alias "${alias.value}" of ${wwid.value} is the WWID of another map, discarding it`,
        hint: null,
      });
      return without;
    }
    const owner = owners.get(alias.value);
    if (owner === wwid.value) return placed;
    report.tell(placed.mark, {
      severity: 'error',
      code: 'alias-twice',
      message: `ERROR: alias "${alias.value}" bound to multiple wwids in multipath.conf, discarding binding to ${wwid.value}`,
      hint: `it stays with ${owner ?? ''}`,
    });
    return without;
  });
}
