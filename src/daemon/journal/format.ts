/** The file: a line of JSON per record (docs/journal.md). */
import type { Checkpoint } from '../../engine/checkpoint';
import { MpathdError } from '../../model/failure';
import { listPieces } from './inputLines';

export const FORMAT = 'mpathd-journal';

/** Raised when older readers would misunderstand a file. */
export const FORMAT_VERSION = 6;

/** Why the journal was saved. */
export type SaveReason = 'asked' | 'crash' | 'invariant';

/** The first line. */
export interface Header {
  format: typeof FORMAT;
  version: number;
  /** Version of the daemon. The engine of another version may decide differently on the same inputs. */
  daemon: string;
  pid: number;
  /** ISO 8601. */
  savedAt: string;
  /** The same moment in engine time, ms. */
  at: number;
  reason: SaveReason;
  /** A text that says what broke. */
  detail: string | null;
}

/** The last line. */
export interface End {
  /** Input number of the last input. */
  end: number;
  /** Digest of the daemon's tables after this input; null if the daemon died while it worked on the input. */
  digest: string | null;
}

/** The lines between header and end: a checkpoint, then the inputs that came after it. */
export interface Recording {
  checkpoint: Checkpoint;
  /** Whole lines of inputs, in order. */
  parts: readonly Buffer[];
  /** Number of the last input. */
  last: number;
  inputs: number;
  /** The state after the last input; null if the daemon is in the middle of a step. */
  now: Checkpoint | null;
}

/** A checkpoint as JSON, in pieces: with thousands of paths it is tens of megabytes. */
function* checkpointText(checkpoint: Checkpoint): Generator<string> {
  const { paths, maps, ...rest } = checkpoint;
  yield `{"checkpoint":${JSON.stringify(rest).slice(0, -1)},"paths":[`;
  yield* listPieces(paths);
  yield '],"maps":[';
  yield* listPieces(maps);
  yield ']}}\n';
}

/** A whole file, in pieces. */
export function* fileText(header: Header, recording: Recording, digest: string | null): Generator<string | Buffer> {
  yield `${JSON.stringify(header)}\n`;
  yield* checkpointText(recording.checkpoint);
  yield* recording.parts;
  const end: End = { end: recording.last, digest };
  yield `${JSON.stringify(end)}\n`;
}

/** A file that cannot be used. `line` counts from 1. */
export function malformed(file: string, line: number | null, detail: string): MpathdError {
  const where = line === null ? detail : `line ${line}: ${detail}`;
  return new MpathdError({ code: 'MALFORMED', operation: 'journal', device: file, errno: null, detail: where });
}
