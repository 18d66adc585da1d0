/** Where aliases are kept: the bindings file, or memory for a simulated kernel. */
import { chooseAlias, formatBindings, parseBindings, type Binding, type DmName } from '../config/bindings';
import type { Reading } from '../model/failure';
import type { Wwid } from '../model/identity';

/** What is asked when a map needs a name. */
export interface AliasOrder {
  wwid: Wwid;
  currentName: string | null;
  dmNames: readonly DmName[];
  prefix: string;
}

export interface AliasAnswer {
  alias: string | null;
  bindings: Binding[];
  /** For the log: what was odd in the file or about the choice. */
  notes: string[];
}

export interface BindingsStore {
  read(): Promise<Reading<Binding[]>>;
  /** Reads, chooses, and writes if that added a binding; all under the file's lock. */
  bind(order: AliasOrder): Promise<Reading<AliasAnswer>>;
}

/** Reads and rewrites a small file as a whole. Text in, new text (or null: leave it) out. */
export interface TextFile {
  read(): Promise<Reading<string>>;
  update(transform: (text: string) => string | null): Promise<Reading<null>>;
}

export function createBindingsStore(file: TextFile): BindingsStore {
  return {
    read: async () => {
      const text = await file.read();
      return text.ok ? { ok: true, value: parseBindings(text.value).bindings } : text;
    },
    bind: async (order) => {
      let answer: AliasAnswer | null = null;
      const written = await file.update((text) => {
        const parsed = parseBindings(text);
        const choice = chooseAlias({ ...order, bindings: parsed.bindings });
        answer = { alias: choice.alias, bindings: choice.bindings, notes: [...parsed.warnings, ...choice.notes] };
        return choice.changed || parsed.needsRewrite ? formatBindings(choice.bindings) : null;
      });
      if (!written.ok) return written;
      return answer === null ? noAnswer : { ok: true, value: answer };
    },
  };
}

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
