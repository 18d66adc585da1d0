/** Files, and how long they are waited for. */
import { createFileDeadlines, type FileDeadlines, NO_DEADLINES } from './fileDeadlines';
import { createFiles, type Files, nodeFiles } from './files';
import type { Addon } from './native';

export interface FileAccess {
  files: Files;
  deadlines: FileDeadlines;
}

/** For the daemon: a lane of its own, and deadlines. */
export function createFileAccess(addon: Pick<Addon, 'fileCall'>): FileAccess {
  return { files: createFiles(addon, 'file'), deadlines: createFileDeadlines() };
}

/** For programs that end after one answer, and for tests. */
export const plainAccess: FileAccess = { files: nodeFiles, deadlines: NO_DEADLINES };
