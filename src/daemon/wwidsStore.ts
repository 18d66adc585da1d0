/** Keeps the WWIDs of LUNs that have had a map: in the wwids file, or in memory for a simulated kernel. */
import { addWwids, formatWwids, isListable, parseWwids, removeWwid, type TextPatch } from '../config/wwids';
import type { Failure, Reading } from '../model/failure';
import type { Wwid } from '../model/identity';
import { inBatches } from './batches';
import type { TextFile } from './bindingsStore';

/** Each change is made under the file's lock. It is on the disk when the answer comes. */
export interface WwidsStore {
  read(): Promise<Reading<Wwid[]>>;
  /** `true`: the WWID was not in the list before. */
  add(wwid: Wwid): Promise<Reading<boolean>>;
  /** `false`: the WWID was not in the list. */
  remove(wwid: Wwid): Promise<Reading<boolean>>;
  /** Replaces the whole list. */
  replace(wwids: readonly Wwid[]): Promise<Reading<null>>;
}

/**
 * A small file to which other programs append while they hold its lock. A program that waits for the lock has the file
 * open. If a new file took its place, this program would write into the old file.
 */
export interface SharedFile extends TextFile {
  /** Changes the file in place. If an append fails, the appended part is removed again. */
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
      // This puts a new file in the place of the old one: an append to the old file counts as earlier than this, and is
      // lost.
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
