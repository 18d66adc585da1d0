/** When and where the daemon's journal is saved: when asked, when an invariant breaks, when the daemon dies. */
import type { Engine } from '../../engine/engine';
import type { LogLevel } from '../../engine/protocol';
import { FORMAT, FORMAT_VERSION, type Header, type SaveReason } from '../../daemon/journal/format';
import { createJournal, type Journal } from '../../daemon/journal/journal';
import { dumpJournal, saveJournal, type Saved } from '../../daemon/journal/saveFile';
import { describeFailure, type Reading } from '../../model/failure';

export interface JournalKeeper {
  /** For the runtime. */
  create(engine: Engine): Journal;
  save(file: string): Promise<Reading<Saved>>;
  /** At once, to the directory for dumps; what came of it goes to the log. */
  dump(reason: Exclude<SaveReason, 'asked'>, detail: string): void;
}

export interface KeeperOptions {
  limit: number;
  directory: string;
  version: string;
  pid: number;
  /** Engine time, ms. */
  now(): number;
  log(level: LogLevel, message: string): void;
}

export function createJournalKeeper(options: KeeperOptions): JournalKeeper {
  let journal: Journal | null = null;
  let saving = false;

  const headerFor = (reason: SaveReason, detail: string | null): Header => ({
    format: FORMAT,
    version: FORMAT_VERSION,
    daemon: options.version,
    pid: options.pid,
    savedAt: new Date().toISOString(),
    at: options.now(),
    reason,
    detail,
  });

  const refused = (file: string, detail: string): Reading<Saved> => ({
    ok: false,
    failure: { code: 'REFUSED', operation: 'save', device: file, errno: null, detail },
  });

  return {
    create: (engine) => (journal = createJournal(engine, options.limit)),
    save: async (file) => {
      if (!file.startsWith('/')) return refused(file, 'not an absolute path');
      if (journal === null) return refused(file, 'no journal is kept (--journal-size 0)');
      // Each holds a copy of the tables.
      if (saving) return refused(file, 'the journal is being saved already');
      saving = true;
      try {
        return await saveJournal(file, headerFor('asked', null), journal.recording());
      } finally {
        saving = false;
      }
    },
    dump: (reason, detail) => {
      if (journal === null) return;
      const saved = dumpJournal(options.directory, headerFor(reason, detail), journal.recording());
      if (saved.ok) options.log('error', `the journal is in ${saved.value.file} (${saved.value.inputs} inputs): see it with \`mpathctl replay\``);
      else options.log('error', `the journal could not be saved: ${describeFailure(saved.failure)}`);
    },
  };
}
