/** The lines of a file, one at a time. The file may be of any size and with any content. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { constants as bufferConstants } from 'node:buffer';
import { errnoOf } from '../../kernel/errors';
import { MpathdError } from '../../model/failure';
import { malformed } from './format';

const CHUNK_BYTES = 1 << 20;

/** The header is short. So the first bytes show if a file is no journal. */
const FIRST_LINE_BYTES = 64 * 1024;

/** A resync of a hundred thousand disks is one line of 270 MiB. A string in V8 cannot be longer than this limit. */
const LINE_BYTES = bufferConstants.MAX_STRING_LENGTH;

/** Gives the lines without their ends. A last line without an end was cut off. */
export function* linesOf(file: string, chunks: Iterable<Buffer>): Generator<Buffer, void> {
  let begun: Buffer[] = [];
  let length = 0;
  let number = 1;
  const take = (part: Buffer): void => {
    length += part.length;
    begun.push(part);
    if (number === 1 && length > FIRST_LINE_BYTES) throw malformed(file, 1, 'it is no journal: there is no header');
    if (length > LINE_BYTES) throw malformed(file, number, 'the line is longer than any of a journal');
  };
  for (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      take(chunk.subarray(start, end));
      yield Buffer.concat(begun);
      begun = [];
      length = 0;
      number += 1;
      start = end + 1;
    }
    take(chunk.subarray(start));
  }
  if (length > 0) throw malformed(file, number, 'the line has no end: the file was cut off');
}

/** The content of a regular file. Other files are refused: a device has no end, and a pipe may never begin. */
export function* chunksOf(file: string): Generator<Buffer, void> {
  const fd = atFile(file, () => openSync(file, constants.O_RDONLY | constants.O_NONBLOCK));
  try {
    if (!atFile(file, () => fstatSync(fd)).isFile()) throw malformed(file, null, 'it is no regular file');
    for (;;) {
      const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
      const bytes = atFile(file, () => readSync(fd, buffer));
      if (bytes === 0) return;
      yield buffer.subarray(0, bytes);
    }
  } finally {
    closeSync(fd);
  }
}

function atFile<T>(file: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null) throw error;
    throw new MpathdError({ code: 'KERNEL_ERROR', operation: 'read', device: file, errno });
  }
}
