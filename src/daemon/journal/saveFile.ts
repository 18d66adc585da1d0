/** Writes journals to files. A new file gets the name in one step, when it is completely on the disk. */
import { randomBytes } from 'node:crypto';
import { closeSync, constants, fsyncSync, mkdirSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Reading } from '../../model/failure';
import { errnoOf, messageOf } from '../../kernel/errors';
import { type FileAccess, plainAccess } from '../../kernel/fileAccess';
import type { Files, OpenFile } from '../../kernel/files';
import { digestOf, digestSteps } from './digest';
import { fileText, type Header, type Recording } from './format';

const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const MODE = 0o600;

/** After this time, ms, the daemon does other work. */
const SLICE_MS = 10;

/** How long the daemon waits for the file, ms. A journal may have a GiB. */
const SAVE_MS = 120_000;

/** The file that was written. */
export interface Saved {
  file: string;
  inputs: number;
  bytes: number;
}

const HINTS: Readonly<Record<string, string>> = {
  EEXIST: 'it is there already: give a name that is not taken',
  EROFS: 'the service may write below /run',
  EPERM: 'not permitted, or a file system without hard links',
};

function failed<T>(error: unknown, file: string): Reading<T> {
  const errno = errnoOf(error);
  if (errno === null)
    return {
      ok: false,
      failure: { code: 'REFUSED', operation: 'save', device: file, errno, detail: messageOf(error) },
    };
  const detail = HINTS[errno];
  return {
    ok: false,
    failure: {
      code: 'KERNEL_ERROR',
      operation: 'save',
      device: file,
      errno,
      ...(detail === undefined ? {} : { detail }),
    },
  };
}

/**
 * Saves while the daemon goes on with its work. A name that exists is refused: it may be a device node or the bindings
 * file.
 */
export function saveJournal(
  file: string,
  header: Header,
  recording: Recording,
  { files, deadlines }: FileAccess = plainAccess,
): Promise<Reading<Saved>> {
  return deadlines.within('journal', { operation: 'save', file: () => file, ms: SAVE_MS }, () =>
    saveNew(files, file, header, recording),
  );
}

async function saveNew(files: Files, file: string, header: Header, recording: Recording): Promise<Reading<Saved>> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    const bytes = await writeInSlices(files, temporary, header, recording);
    // Unlike rename(2), link(2) never replaces a file.
    await files.link(temporary, file);
    await files.unlink(temporary);
    await syncDirectory(files, dirname(file));
    return { ok: true, value: { file, inputs: recording.inputs, bytes } };
  } catch (error) {
    await remove(files, temporary);
    return failed(error, file);
  }
}

async function writeInSlices(files: Files, file: string, header: Header, recording: Recording): Promise<number> {
  const digest = recording.now === null ? null : await inSlices(digestSteps(recording.now));
  const handle = await files.open(file, FLAGS, MODE);
  let bytes = 0;
  try {
    for (const piece of fileText(header, recording, digest)) bytes += await writeAll(handle, piece);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return bytes;
}

async function writeAll(handle: OpenFile, piece: string | Buffer): Promise<number> {
  const buffer = typeof piece === 'string' ? Buffer.from(piece) : piece;
  for (let at = 0; at < buffer.length; ) at += (await handle.write(buffer, at)).bytesWritten;
  return buffer.length;
}

async function syncDirectory(files: Files, path: string): Promise<void> {
  const handle = await files.open(path, constants.O_RDONLY | constants.O_DIRECTORY);
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
 * Dumps have names of their own. For each reason there is one file, the file before it, and a file in the making. A
 * daemon that breaks again and again, or is killed while it writes, must not fill the file system.
 */
interface DumpFiles {
  file: string;
  temporary: string;
}

function dumpFiles(directory: string, header: Header): DumpFiles {
  const file = join(directory, `${header.reason}.journal`);
  return { file, temporary: `${file}.new` };
}

/**
 * Makes the directory but not its parents: if a parent cannot be made, as below /proc, Node's recursive mkdir never
 * ends.
 */
function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
}

/** Saves a dump in slices, for a daemon that goes on. */
export function dumpInSlices(
  directory: string,
  header: Header,
  recording: Recording,
  { files, deadlines }: FileAccess = plainAccess,
): Promise<Reading<Saved>> {
  const names = dumpFiles(directory, header);
  return deadlines.within('dump', { operation: 'save', file: () => names.file, ms: SAVE_MS }, () =>
    dumpOnLane(files, directory, names, header, recording),
  );
}

async function dumpOnLane(
  files: Files,
  directory: string,
  { file, temporary }: DumpFiles,
  header: Header,
  recording: Recording,
): Promise<Reading<Saved>> {
  try {
    await unless('EEXIST', files.mkdir(directory, { mode: 0o700 }));
    await unless('ENOENT', files.unlink(temporary));
    const bytes = await writeInSlices(files, temporary, header, recording);
    await unless('ENOENT', files.rename(file, `${file}.old`));
    await files.rename(temporary, file);
    return { ok: true, value: { file, inputs: recording.inputs, bytes } };
  } catch (error) {
    await remove(files, temporary);
    return failed(error, file);
  }
}

/** Waits for the call, which may fail with this errno. */
async function unless(errno: string, call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (errnoOf(error) !== errno) throw error;
  }
}

/** As {@link removeIfThere}, on the lane. */
async function remove(files: Files, file: string): Promise<void> {
  await files.unlink(file).catch(() => undefined);
}

/** Saves a dump at once, for a daemon that is about to end. */
export function dumpJournal(directory: string, header: Header, recording: Recording): Reading<Saved> {
  const { file, temporary } = dumpFiles(directory, header);
  try {
    makeDirectory(directory);
    removeIfThere(temporary);
    const bytes = writeSynced(
      temporary,
      fileText(header, recording, recording.now === null ? null : digestOf(recording.now)),
    );
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

/**
 * Called after a failure, which the caller reports. An error here is ignored: there may be no file, or no way to it.
 */
function removeIfThere(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if (errnoOf(error) === null) throw error;
  }
}
