/** The choice of an alias as one function of its arguments. */
import type { Binding, DmName } from '../../src/config/bindings';
import { chooseFrom, createAliasBook, indexNames, type ChosenAlias } from '../../src/config/chooseAlias';

export interface Choosing {
  bindings: readonly Binding[];
  wwid: string;
  currentName: string | null;
  prefix: string;
  dmNames: readonly DmName[];
  readOnly?: boolean;
}

export function chooseAlias({
  bindings,
  dmNames,
  ...wanted
}: Choosing): ChosenAlias & { bindings: readonly Binding[] } {
  const book = createAliasBook(bindings);
  const choice = chooseFrom(book, { ...wanted, names: [indexNames(dmNames)] });
  return { ...choice, bindings: choice.changed ? book.bindings() : bindings };
}

export function freeAliasId(
  bindings: readonly Binding[],
  prefix: string,
  wwid: string,
  dmNames: readonly DmName[],
): number | null {
  const names = indexNames(dmNames);
  return createAliasBook(bindings).freeId(
    prefix,
    (alias) => names.get(alias)?.some((holder) => holder !== wwid) === true,
  );
}

export function wwidOfAlias(bindings: readonly Binding[], alias: string): string | null {
  return createAliasBook(bindings).wwidOf(alias);
}
