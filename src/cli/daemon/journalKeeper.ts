/** Saves the daemon's journal: at a command, when an invariant breaks, and when the daemon dies. */
import { messageOf } from '../../kernel/errors';
import type { FileAccess } from '../../kernel/fileAccess';
import type { Engine } from '../../engine/engine';
import type { LogLevel } from '../../engine/protocol';
import { FORMAT, FORMAT_VERSION, type Header, type SaveReason } from '../../daemon/journal/format';
import { createJournal, type Journal } from '../../daemon/journal/journal';
import { dumpInSlices, dumpJournal, saveJournal, type Saved } from '../../daemon/journal/saveFile';
import { describeFailure, type Reading } from '../../model/failure';

export interface JournalKeeper {
  /** Makes the journal, for the runtime. */
  create(engine: Engine): Journal;
  save(file: string): Promise<Reading<Saved>>;
  /**
   * Saves at once to the directory for dumps, because the daemon is about to end. Never throws; the outcome goes to the
   * log.
   */
  dumpNow(detail: string): void;
  /**
   * Saves the present content to the directory for dumps while the daemon works on. Dumps run one after the other.
   * Never rejects.
   */
  dumpAsIs(detail: string): Promise<void>;
}

/** The first calls of a stack are enough; a stack may have thousands. */
const DETAIL_LENGTH = 8_192;

export interface KeeperOptions {
  access: FileAccess;
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
  let dumping: Promise<void> = Promise.resolve();

  const headerFor = (reason: SaveReason, detail: string | null): Header => ({
    format: FORMAT,
    version: FORMAT_VERSION,
    daemon: options.version,
    pid: options.pid,
    savedAt: new Date().toISOString(),
    at: options.now(),
    reason,
    detail: detail === null ? null : detail.slice(0, DETAIL_LENGTH),
  });

  const refused = (file: string, detail: string): Reading<Saved> => ({
    ok: false,
    failure: { code: 'REFUSED', operation: 'save', device: file, errno: null, detail },
  });

  const tell = (saved: Reading<Saved>): void => {
    if (saved.ok)
      options.log(
        'error',
        `the journal is in ${saved.value.file} (${saved.value.inputs} inputs): see it with \`mpathctl replay\``,
      );
    else options.log('error', `the journal could not be saved: ${describeFailure(saved.failure)}`);
  };

  return {
    create: (engine) => (journal = createJournal(engine, options.limit)),
    save: async (file) => {
      if (!file.startsWith('/')) return refused(file, 'not an absolute path');
      if (journal === null) return refused(file, 'no journal is kept (--journal-size 0)');
      // Each save holds a copy of the tables, so only one runs at a time.
      if (saving) return refused(file, 'the journal is being saved already');
      saving = true;
      try {
        return await saveJournal(file, headerFor('asked', null), journal.recording(), options.access);
      } finally {
        saving = false;
      }
    },
    dumpNow: (detail) => {
      if (journal === null) return;
      try {
        tell(dumpJournal(options.directory, headerFor('crash', detail), journal.recording()));
      } catch (error) {
        // The daemon is broken, and so may be the code that writes its state. The daemon must end in any case.
        options.log('error', `the journal could not be saved: ${messageOf(error)}`);
      }
    },
    dumpAsIs: (detail) => {
      if (journal === null) return dumping;
      const header = headerFor('invariant', detail);
      const recording = journal.recording();
      const dump = async (): Promise<void> =>
        tell(await dumpInSlices(options.directory, header, recording, options.access));
      dumping = dumping
        .then(dump)
        .catch((error: unknown) => options.log('error', `the journal could not be saved: ${messageOf(error)}`));
      return dumping;
    },
  };
}
