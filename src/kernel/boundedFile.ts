/** Reads a file of unknown size, kind and owner, within bounds. */
import { constants } from 'node:fs';
import type { Reading } from '../model/failure';
import { errnoOf } from './errors';
import { type Files, nodeFiles } from './files';
import { failed, read } from './nativeFailure';

/** O_NONBLOCK: if the file is a pipe, the open must not block. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** Files of /proc are read in pieces, and say that their size is 0. */
const PIECE = 64 * 1024;

async function bytesOf(files: Files, path: string, limit: number): Promise<Buffer | null> {
  const file = await files.open(path, FLAGS);
  try {
    const pieces: Buffer[] = [];
    let length = 0;
    for (;;) {
      const piece = Buffer.alloc(PIECE);
      const { bytesRead } = await file.read(piece, 0, PIECE, null);
      if (bytesRead === 0) return Buffer.concat(pieces);
      length += bytesRead;
      if (length > limit) return null;
      pieces.push(piece.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

/** The whole file as Latin-1, which loses no byte. REFUSED: the file is longer than `limit` bytes. */
export async function readBounded(path: string, limit: number, files: Files = nodeFiles): Promise<Reading<string>> {
  try {
    const bytes = await bytesOf(files, path, limit);
    if (bytes !== null) return read(bytes.toString('latin1'));
    return failed({
      code: 'REFUSED',
      operation: 'read',
      device: path,
      errno: null,
      detail: `larger than ${limit} bytes`,
    });
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null) throw error;
    return failed({ code: 'KERNEL_ERROR', operation: 'read', device: path, errno });
  }
}
