/** Writing journals to files: a new file takes the name in one step, once all of it is on the disk. */
import { randomBytes } from 'node:crypto';
import { closeSync, constants, fsyncSync, mkdirSync, openSync, promises as fs, renameSync, unlinkSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Reading } from '../../model/failure';
import { errnoOf, messageOf } from '../../kernel/errors';
import { digestOf, digestSteps } from './digest';
import { fileText, type Header, type Recording } from './format';

const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const MODE = 0o600;

/** Other work gets its turn after so many ms. */
const SLICE_MS = 10;

/** What was written. */
export interface Saved {
  file: string;
  inputs: number;
  bytes: number;
}

function failed<T>(error: unknown, file: string): Reading<T> {
  const errno = errnoOf(error);
  if (errno === null) return { ok: false, failure: { code: 'REFUSED', operation: 'save', device: file, errno, detail: messageOf(error) } };
  const hint = errno === 'EROFS' ? { detail: 'the service may write below /run' } : {};
  return { ok: false, failure: { code: 'KERNEL_ERROR', operation: 'save', device: file, errno, ...hint } };
}

const temporaryFor = (file: string): string => `${file}.${randomBytes(6).toString('hex')}`;

/** While the daemon works on. */
export async function saveJournal(file: string, header: Header, recording: Recording): Promise<Reading<Saved>> {
  const temporary = temporaryFor(file);
  try {
    const digest = recording.now === null ? null : await inSlices(digestSteps(recording.now));
    const handle = await fs.open(temporary, FLAGS, MODE);
    let bytes = 0;
    try {
      for (const piece of fileText(header, recording, digest)) bytes += await writeAll(handle, piece);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await fs.rename(temporary, file);
    await syncDirectory(dirname(file));
    return { ok: true, value: { file, inputs: recording.inputs, bytes } };
  } catch (error) {
    await fs.unlink(temporary).catch(() => undefined);
    return failed(error, file);
  }
}

async function writeAll(handle: fs.FileHandle, piece: string | Buffer): Promise<number> {
  const buffer = typeof piece === 'string' ? Buffer.from(piece) : piece;
  for (let at = 0; at < buffer.length; ) at += (await handle.write(buffer, at)).bytesWritten;
  return buffer.length;
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await fs.open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function inSlices<T>(steps: Generator<void, T>): Promise<T> {
  let end = Date.now() + SLICE_MS;
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (Date.now() < end) continue;
    await new Promise((resolve) => setImmediate(resolve));
    end = Date.now() + SLICE_MS;
  }
}

/**
 * At once, for a daemon that is about to end. There is one file per reason, and the one before it:
 * a daemon that is restarted and dies again must not fill the file system.
 */
export function dumpJournal(directory: string, header: Header, recording: Recording): Reading<Saved> {
  const file = join(directory, `${header.reason}.journal`);
  const temporary = temporaryFor(file);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const bytes = writeSynced(temporary, fileText(header, recording, recording.now === null ? null : digestOf(recording.now)));
    keepPrevious(file);
    renameSync(temporary, file);
    return { ok: true, value: { file, inputs: recording.inputs, bytes } };
  } catch (error) {
    removeIfThere(temporary);
    return failed(error, file);
  }
}

function writeSynced(file: string, pieces: Iterable<string | Buffer>): number {
  const fd = openSync(file, FLAGS, MODE);
  let bytes = 0;
  try {
    for (const piece of pieces) {
      const buffer = typeof piece === 'string' ? Buffer.from(piece) : piece;
      for (let at = 0; at < buffer.length; ) at += writeSync(fd, buffer, at);
      bytes += buffer.length;
    }
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  return bytes;
}

function keepPrevious(file: string): void {
  try {
    renameSync(file, `${file}.old`);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

/** After a failure, which is what will be told: there may be nothing to remove, or no way to it. */
function removeIfThere(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if (errnoOf(error) === null) throw error;
  }
}
