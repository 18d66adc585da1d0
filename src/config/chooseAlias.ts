/** Which alias a map gets. Thousands of maps may want one at the same time, so all questions go to indices. */
import type { Wwid } from '../model/identity';
import {
  type Binding,
  compareBindings,
  type DmName,
  formatAlias,
  isUsableAlias,
  MAX_ID,
  parseAlias,
  sorted,
} from './bindings';

/** The present bindings. An alias that is added belongs to its LUN from then on. */
export interface AliasBook {
  wwidOf(alias: string): Wwid | null;
  /** The LUN's first alias in the order of the file; null: it has none. */
  aliasOf(wwid: Wwid): string | null;
  add(binding: Binding): void;
  /** The lowest number with this prefix whose alias is not bound and not taken; null: no number is left. */
  freeId(prefix: string, isTaken: (alias: string) => boolean): number | null;
  /** In the order of the file. */
  bindings(): Binding[];
}

interface Numbers {
  bound: Set<number>;
  /** All numbers below it are bound. */
  lowest: number;
}

export function createAliasBook(given: readonly Binding[]): AliasBook {
  const byAlias = new Map<string, Binding>();
  const byWwid = new Map<Wwid, Binding>();
  const numbers = new Map<string, Numbers>();

  const enter = (binding: Binding): void => {
    const { alias, wwid } = binding;
    if (!byAlias.has(alias)) byAlias.set(alias, binding);
    const first = byWwid.get(wwid);
    if (first === undefined || compareBindings(binding, first) < 0) byWwid.set(wwid, binding);
  };
  const numbersOf = (prefix: string): Numbers => {
    const known = numbers.get(prefix);
    if (known !== undefined) return known;
    const ids = [...byAlias.keys()].map((alias) => parseAlias(alias, prefix)).filter((id) => id !== null);
    const made = { bound: new Set(ids), lowest: 1 };
    numbers.set(prefix, made);
    return made;
  };
  given.forEach(enter);

  return {
    wwidOf: (alias) => byAlias.get(alias)?.wwid ?? null,
    aliasOf: (wwid) => byWwid.get(wwid)?.alias ?? null,
    add: (binding) => {
      enter(binding);
      for (const [prefix, { bound }] of numbers) {
        const id = parseAlias(binding.alias, prefix);
        if (id !== null) bound.add(id);
      }
    },
    freeId: (prefix, isTaken) => {
      const known = numbersOf(prefix);
      while (known.bound.has(known.lowest)) known.lowest += 1;
      for (let id = known.lowest; id <= MAX_ID; id++) {
        const alias = formatAlias(id, prefix);
        if (!known.bound.has(id) && alias !== null && !isTaken(alias)) return id;
      }
      return null;
    },
    bindings: () => sorted([...byAlias.values()]),
  };
}

/** Who has a name: names in device-mapper, and names that are reserved. */
export type NameIndex = ReadonlyMap<string, ReadonlyArray<Wwid | null>>;

export function indexNames(names: readonly DmName[]): NameIndex {
  const index = new Map<string, Array<Wwid | null>>();
  for (const { name, wwid } of names) {
    const holders = index.get(name);
    if (holders === undefined) index.set(name, [wwid]);
    else holders.push(wwid);
  }
  return index;
}

/** The input of {@link chooseFrom}. */
export interface Wanted {
  wwid: Wwid;
  /** Name of the map with this WWID; null: there is no such map. */
  currentName: string | null;
  prefix: string;
  /** Names in use, and the aliases of `multipath` sections, which are reserved for their LUNs. */
  names: readonly NameIndex[];
  /** True if no alias may be bound. */
  readOnly?: boolean;
}

/** The alias of a map. */
export interface ChosenAlias {
  /** null: the map gets no friendly name, and has its WWID as its name. */
  alias: string | null;
  /** True if the alias was added to the book, so that the file must be written. */
  changed: boolean;
  notes: string[];
}

/** The number under which the present name can be kept; null if this name cannot be bound. */
function idOfCurrentName(
  book: AliasBook,
  { currentName, prefix, wwid }: Wanted,
  isTaken: (name: string) => boolean,
  notes: string[],
): number | null {
  if (currentName === null) return null;
  const owner = book.wwidOf(currentName);
  if (owner === null) {
    const id = parseAlias(currentName, prefix);
    // A blank ends the number. The alias of this number must be the present name itself, or it could be the name of
    // another device.
    return id !== null && formatAlias(id, prefix) === currentName && !isTaken(currentName) ? id : null;
  }
  notes.push(`name ${currentName} of ${wwid} is bound to ${owner}, not kept`);
  return null;
}

/** The friendly name of a map: its present name if the map may keep it, else its binding, else a new alias. */
export function chooseFrom(book: AliasBook, wanted: Wanted): ChosenAlias {
  const { wwid, currentName, prefix, names, readOnly = false } = wanted;
  const notes: string[] = [];
  const unchanged = (alias: string | null): ChosenAlias => ({ alias, changed: false, notes });
  /** True if something other than the map of the LUN has the name. */
  const isTaken = (name: string): boolean =>
    names.some((index) => index.get(name)?.some((holder) => holder !== wwid) === true);

  if (currentName !== null && book.wwidOf(currentName) === wwid) return unchanged(currentName);
  const currentId = idOfCurrentName(book, wanted, isTaken, notes);

  const bound = book.aliasOf(wwid);
  if (bound !== null) {
    if (!isTaken(bound)) return unchanged(bound);
    notes.push(`alias ${bound} of ${wwid} is in use by another device`);
    return unchanged(null);
  }
  if (readOnly) {
    notes.push(`no alias for ${wwid}: the bindings are read only`);
    return unchanged(null);
  }
  const id = currentId ?? book.freeId(prefix, isTaken);
  const alias = id === null ? null : formatAlias(id, prefix);
  if (alias === null || !isUsableAlias(alias)) {
    notes.push(`no alias left for ${wwid} with prefix "${prefix}"`);
    return unchanged(null);
  }
  book.add({ alias, wwid });
  return { alias, changed: true, notes };
}

/** An order for an alias, as the engine gives it. */
export interface AliasRequest {
  wwid: Wwid;
  currentName: string | null;
  prefix: string;
  dmNames: readonly DmName[];
  /** Aliases of `multipath` sections. */
  configured: readonly Binding[];
}

/** Chooses for many orders, one after the other. Lists that orders share are indexed once. */
export function createChooser(book: AliasBook, readOnly: boolean): (request: AliasRequest) => ChosenAlias {
  const indices = new Map<object, NameIndex>();
  const indexOf = (list: object, names: () => readonly DmName[]): NameIndex => {
    const index = indices.get(list) ?? indexNames(names());
    indices.set(list, index);
    return index;
  };
  return ({ dmNames, configured, ...order }) => {
    const names = [
      indexOf(dmNames, () => dmNames),
      indexOf(configured, () => configured.map(({ alias, wwid }) => ({ name: alias, wwid }))),
    ];
    return chooseFrom(book, { ...order, names, readOnly });
  };
}
