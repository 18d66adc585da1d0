/** Keeps the WWIDs of LUNs that have had a map: in the wwids file, or in memory for a simulated kernel. */
import { addWwids, formatWwids, isListable, parseWwids, removeWwid, type TextPatch } from '../config/wwids';
import type { Failure, Reading } from '../model/failure';
import type { Wwid } from '../model/identity';
import { inBatches } from './batches';
import type { TextFile } from './bindingsStore';

/** Each change is made under the file's lock, and is on the disk once it is answered. */
export interface WwidsStore {
  read(): Promise<Reading<Wwid[]>>;
  /** `true`: it was not there before. */
  add(wwid: Wwid): Promise<Reading<boolean>>;
  /** `false`: it was not there. */
  remove(wwid: Wwid): Promise<Reading<boolean>>;
  /** These, and no others. */
  replace(wwids: readonly Wwid[]): Promise<Reading<null>>;
}

/**
 * A small file that others append to while they hold its lock: whoever waits for the lock has it open, and
 * would write into the old file if a new one took its place.
 */
export interface SharedFile extends TextFile {
  /** Changes the file in place; where that fails at its end, what was appended is taken back. */
  edit(change: (text: string) => readonly TextPatch[]): Promise<Reading<null>>;
}

function unlistable(wwid: Wwid): Failure {
  return {
    code: 'REFUSED',
    operation: 'add',
    device: 'wwids file',
    errno: null,
    detail: `${JSON.stringify(wwid)} cannot stand in it`,
  };
}

/** `later`: see {@link inBatches}. */
export function createWwidsStore(file: SharedFile, later?: (begin: () => void) => void): WwidsStore {
  const addAll = async (wwids: Wwid[]): Promise<Array<Reading<boolean>>> => {
    let known = new Set<Wwid>();
    const written = await file.edit((text) => {
      known = new Set(parseWwids(text).wwids);
      const patch = addWwids(text, wwids.filter(isListable));
      return patch === null ? [] : [patch];
    });
    return wwids.map((wwid) => {
      if (!isListable(wwid)) return { ok: false, failure: unlistable(wwid) };
      if (!written.ok) return written;
      const added = !known.has(wwid);
      known.add(wwid);
      return { ok: true, value: added };
    });
  };

  return {
    read: async () => {
      const text = await file.read();
      return text.ok ? { ok: true, value: parseWwids(text.value).wwids } : text;
    },
    add: inBatches(addAll, later),
    remove: async (wwid) => {
      let found = false;
      const written = await file.edit((text) => {
        const patches = removeWwid(text, wwid);
        found = patches.length > 0;
        return patches;
      });
      return written.ok ? { ok: true, value: found } : written;
    },
    replace: async (wwids) => {
      const wrong = wwids.find((wwid) => !isListable(wwid));
      if (wrong !== undefined) return { ok: false, failure: unlistable(wrong) };
      // A new file in the old one's place: who appends to the old one meanwhile has been before this.
      return await file.update(() => formatWwids(wwids));
    },
  };
}

/** WWIDs that live as long as the process. */
export function memoryWwids(): WwidsStore {
  let known = new Set<Wwid>();
  const answer = <T>(value: T): Promise<Reading<T>> => Promise.resolve({ ok: true, value });
  return {
    read: () => answer([...known]),
    add: (wwid) => {
      const added = !known.has(wwid);
      known.add(wwid);
      return answer(added);
    },
    remove: (wwid) => answer(known.delete(wwid)),
    replace: (wwids) => {
      known = new Set(wwids);
      return answer(null);
    },
  };
}
