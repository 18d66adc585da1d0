/** Reads a text file that an administrator writes. The size is bounded, and the file may be of any kind. */
import { constants } from 'node:fs';
import { errnoOf } from '../kernel/errors';
import { distrust } from '../kernel/fileTrust';
import { type Files, type FileStatus, nodeFiles, type OpenFile } from '../kernel/files';

/** A much larger size than the largest hosts need. */
export const SIZE_LIMIT = 4 * 1024 * 1024;

/** What was found at a path. */
export type TextReading =
  /** `distrust`: what to do about a file that others than root can change. */
  | { kind: 'text'; text: string; distrust: string | null }
  | { kind: 'absent' }
  /** A folder, a pipe, a device or a socket, which has no text. */
  | { kind: 'no-file'; what: string }
  | { kind: 'too-large'; bytes: number }
  | { kind: 'failed'; errno: string };

/** The open must not wait for the other end of a pipe, and must not make a terminal the controlling terminal. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

function kindOf(stats: FileStatus): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a pipe';
  if (stats.isSocket()) return 'a socket';
  return 'a device';
}

/** Why the file cannot be read; null: it can. */
function objection(stats: FileStatus): TextReading | null {
  if (!stats.isFile()) return { kind: 'no-file', what: kindOf(stats) };
  return stats.size > SIZE_LIMIT ? { kind: 'too-large', bytes: stats.size } : null;
}

/** The whole content, up to one byte more than the limit, because the file may grow during the reading. */
async function contentOf(handle: OpenFile): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let total = 0;
  while (total <= SIZE_LIMIT) {
    const buffer = Buffer.alloc(65_536);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
    if (bytesRead === 0) break;
    chunks.push(buffer.subarray(0, bytesRead));
    total += bytesRead;
  }
  return Buffer.concat(chunks);
}

async function readOpened(handle: OpenFile, path: string | Buffer): Promise<TextReading> {
  const stats = await handle.stat();
  const wrong = objection(stats);
  if (wrong !== null) return wrong;
  const content = await contentOf(handle);
  if (content.length > SIZE_LIMIT) return { kind: 'too-large', bytes: content.length };
  const text = new TextDecoder().decode(content);
  return { kind: 'text', text, distrust: distrust(String(path), stats, 'say what mpathd does with all disks') };
}

/** Reads the text; bytes that are not UTF-8 become U+FFFD. Never throws because of an answer of the file system. */
export async function readText(path: string | Buffer, files: Files = nodeFiles): Promise<TextReading> {
  try {
    // This check comes before the open, because to open a device can have an effect on it.
    const wrong = objection(await files.stat(path));
    if (wrong !== null) return wrong;
    const handle = await files.open(path, FLAGS);
    try {
      return await readOpened(handle, path);
    } finally {
      await handle.close();
    }
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null) throw error;
    return errno === 'ENOENT' || errno === 'ENOTDIR' ? { kind: 'absent' } : { kind: 'failed', errno };
  }
}
