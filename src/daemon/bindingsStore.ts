/** Keeps the aliases: in the bindings file, or in memory for a simulated kernel. */
import { formatBindings, parseBindings, type Binding, type DmName } from '../config/bindings';
import { createAliasBook, createChooser } from '../config/chooseAlias';
import type { Reading } from '../model/failure';
import type { Wwid } from '../model/identity';
import { inBatches } from './batches';

/** A request for an alias, when a map needs a name. */
export interface AliasOrder {
  wwid: Wwid;
  currentName: string | null;
  dmNames: readonly DmName[];
  prefix: string;
  /** Aliases of `multipath` sections: no other LUN may have one of them, whatever the file says. */
  configured: readonly Binding[];
}

export interface AliasAnswer {
  alias: string | null;
  bindings: Binding[];
  /** For the log: faults of the file, and peculiarities of the choice. */
  notes: string[];
}

export interface BindingsStore {
  /** Reads the bindings, without lines that contradict the configured aliases; `notes`: faults of the file. */
  read(configured: readonly Binding[]): Promise<Reading<{ bindings: Binding[]; notes: string[] }>>;
  /**
   * Reads the file, chooses an alias, and writes the file if the choice adds a binding. All this happens under the
   * file's lock.
   */
  bind(order: AliasOrder): Promise<Reading<AliasAnswer>>;
}

/**
 * Reads and rewrites a small file as a whole. `update` calls its function with the text; the function returns the new
 * text, or null to leave the file as it is.
 */
export interface TextFile {
  read(): Promise<Reading<string>>;
  update(transform: (text: string) => string | null): Promise<Reading<null>>;
}

/** If a write fails, every order that waits for it fails. `later`: see {@link inBatches}. */
export function createBindingsStore(file: TextFile, later?: (work: () => void) => void): BindingsStore {
  return {
    read: async (configured) => {
      const text = await file.read();
      if (!text.ok) return text;
      const { bindings, warnings } = parseBindings(text.value, configured);
      return { ok: true, value: { bindings, notes: warnings } };
    },
    bind: inBatches((orders: AliasOrder[]) => bindAll(file, orders), later),
  };
}

async function bindAll(file: TextFile, orders: readonly AliasOrder[]): Promise<Array<Reading<AliasAnswer>>> {
  let answers: AliasAnswer[] = [];
  const written = await file.update((text) => {
    // If the orders are of different configurations, the last order is of the newest one.
    const configured = orders.at(-1)?.configured ?? [];
    const parsed = parseBindings(text, configured);
    // A rewrite would lose the lines that cannot be understood. An administrator has to correct them.
    const readOnly = parsed.unreadable > 0;
    const book = createAliasBook(parsed.bindings);
    const choices = orders.map(createChooser(book, readOnly));
    const bindings = book.bindings();
    const changed = parsed.needsRewrite || choices.some((choice) => choice.changed);
    const [first, ...rest] = choices.map(({ alias, notes }) => ({ alias, bindings, notes }));
    const notes = readOnly ? [...parsed.warnings, NOT_WRITTEN] : parsed.warnings;
    if (first !== undefined) answers = [{ ...first, notes: [...notes, ...first.notes] }, ...rest];
    return changed && !readOnly ? formatBindings(bindings) : null;
  });
  return orders.map((_order, at) => {
    const answer = answers[at];
    if (!written.ok) return written;
    return answer === undefined ? noAnswer : { ok: true, value: answer };
  });
}

const NOT_WRITTEN =
  'the file stays as it is and gets no new aliases; correct the bindings file and run `systemctl reload mpathd`';

const noAnswer: Reading<AliasAnswer> = {
  ok: false,
  failure: { code: 'MALFORMED', operation: 'update', device: 'bindings file', errno: null, detail: 'it was not read' },
};

/** Bindings that live as long as the process. */
export function memoryFile(): TextFile {
  let text = formatBindings([]);
  return {
    read: () => Promise.resolve({ ok: true, value: text }),
    update: (transform) => {
      text = transform(text) ?? text;
      return Promise.resolve({ ok: true, value: null });
    },
  };
}
