/**
 * Reads a saved journal, a line at a time. The file may be truncated, changed, made to do harm, or no journal at all.
 * Errors name the line.
 */
import type { Checkpoint } from '../../engine/checkpoint';
import { DEFAULT_OPTIONS } from '../../engine/core/options';
import type { Input, InputBody } from '../../engine/protocol';
import { type End, FORMAT, FORMAT_VERSION, type Header, malformed } from './format';
import { createInputReader } from './inputLines';

export interface NumberedInput {
  number: number;
  /** Line number in the file, from 1. */
  line: number;
  input: Input;
}

export interface ReadJournal {
  header: Header;
  checkpoint: Checkpoint;
  /**
   * The inputs in order. Each is read when the caller asks for it. Throws an MpathdError where the file is not whole.
   */
  inputs: Generator<NumberedInput, End>;
}

/** Types of inputs that a journal of this version holds. */
const TYPES: Record<InputBody['type'], true> = {
  start: true,
  uevents: true,
  'dm-event': true,
  'dm-list': true,
  'map-read': true,
  'block-read': true,
  snapshot: true,
  'device-list': true,
  'fence-written': true,
  'check-done': true,
  'disk-answered': true,
  'rescan-done': true,
  'operation-done': true,
  'alias-bound': true,
  'configuration-read': true,
  'wwid-recorded': true,
  'transport-hint': true,
  command: true,
  wake: true,
  stop: true,
};

/** A checkpoint has some fifteen levels. A file with many more levels is made to exhaust the stack. */
const MAX_DEPTH = 100;

/**
 * Some thousand years, ms. From about 2^53 on an interval added to a time need not make it later, and timers would
 * never end.
 */
const MAX_TIME = 2 ** 45;

/** Reads header and checkpoint; throws an MpathdError if the file is no journal of this version. */
export function readJournal(file: string, lines: Iterator<Buffer>): ReadJournal {
  const header = headerOf(file, recordOf(file, 1, next(lines)));
  const checkpoint = checkpointOf(file, recordOf(file, 2, next(lines)));
  return { header, checkpoint, inputs: inputsOf(file, checkpoint.seq, lines) };
}

function next(lines: Iterator<Buffer>): Buffer | undefined {
  const line = lines.next();
  return line.done === true ? undefined : line.value;
}

function* inputsOf(file: string, seq: number, lines: Iterator<Buffer>): Generator<NumberedInput, End> {
  const reader = createInputReader();
  for (let line = 3, number = seq + 1; ; line += 1, number += 1) {
    const bytes = next(lines);
    if (bytes === undefined)
      throw malformed(file, line - 1, 'the journal ends here without its end record: the file was cut off');
    const record = recordOf(file, line, bytes);
    if ('end' in record) {
      if (next(lines) !== undefined) throw malformed(file, line + 1, 'there is more after the end of the journal');
      return endOf(file, line, record, number - 1);
    }
    yield { number, line, input: resolved(file, line, () => reader.input(inputOf(file, line, record, number))) };
  }
}

function resolved(file: string, line: number, read: () => Input): Input {
  try {
    return read();
  } catch (error) {
    throw error instanceof RangeError || error instanceof TypeError ? malformed(file, line, error.message) : error;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function recordOf(file: string, line: number, bytes: Buffer | undefined): Fields {
  if (bytes === undefined) throw malformed(file, line, 'there is no such line: the file was cut off, or is no journal');
  if (isTooDeep(bytes)) throw malformed(file, line, `more than ${MAX_DEPTH} levels of lists and records`);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw malformed(file, line, `no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isRecord(value)) throw malformed(file, line, 'no record');
  return value;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const CLOSING: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/** Counts the levels in the text: a walk over the parsed values could exhaust the stack. */
function isTooDeep(bytes: Buffer): boolean {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (inText) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) inText = false;
    } else if (byte === QUOTE) inText = true;
    else if (OPENING.has(byte) && ++depth > MAX_DEPTH) return true;
    else if (CLOSING.has(byte)) depth -= 1;
  }
  return false;
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= MAX_TIME;
}

function headerOf(file: string, record: Fields): Header {
  if (record['format'] !== FORMAT) throw malformed(file, 1, `it is no journal: format is not ${FORMAT}`);
  if (record['version'] !== FORMAT_VERSION) {
    throw malformed(
      file,
      1,
      `version ${JSON.stringify(record['version'])} of the format, this program reads version ${FORMAT_VERSION}`,
    );
  }
  const { daemon, savedAt, at, pid, reason, detail } = record;
  const known = reason === 'asked' || reason === 'crash' || reason === 'invariant';
  const whole =
    typeof daemon === 'string' && typeof savedAt === 'string' && isTime(at) && typeof pid === 'number' && known;
  if (!whole || !(detail === null || typeof detail === 'string')) throw malformed(file, 1, 'the header is not whole');
  return { format: FORMAT, version: FORMAT_VERSION, daemon, pid, savedAt, at, reason, detail };
}

/** Checks only that the parts exist. The engine checks their content when it restores them. */
function checkpointOf(file: string, record: Fields): Checkpoint {
  const checkpoint = record['checkpoint'];
  const whole =
    isRecord(checkpoint) &&
    Number.isSafeInteger(checkpoint['seq']) &&
    isTime(checkpoint['now']) &&
    ['truth', 'putOrder', 'rest'].every((key) => isRecord(checkpoint[key])) &&
    ['paths', 'maps', 'timers', 'hinted'].every((key) => Array.isArray(checkpoint[key]));
  if (!whole) throw malformed(file, 2, 'no whole checkpoint');
  const wrong = wrongOption(checkpoint['options']);
  if (wrong !== null) throw malformed(file, 2, `option ${wrong} of the checkpoint is not what it can be`);
  return checkpoint as unknown as Checkpoint;
}

/** With an interval of 0 a timer would never end. */
function wrongOption(options: unknown): string | null {
  if (!isRecord(options)) return 'list';
  const wrong = Object.entries(DEFAULT_OPTIONS).find(([name, usual]) => {
    const value = options[name];
    if (value === null && usual === null) return false;
    if (Array.isArray(usual)) return !(Array.isArray(value) && value.every((one) => typeof one === 'string'));
    if (typeof usual === 'string') return typeof value !== 'string';
    return !isTime(value) || (value < 1 && name !== 'udevWaitMs');
  });
  return wrong?.[0] ?? null;
}

function inputOf(file: string, line: number, record: Fields, expected: number): Input {
  const { n, ...fields } = record;
  if (n !== expected) throw malformed(file, line, `input ${expected} is missing, there is ${JSON.stringify(n)}`);
  const { type, at } = fields;
  if (typeof type !== 'string' || !Object.hasOwn(TYPES, type))
    throw malformed(file, line, `no input of type ${typeof type === 'string' ? type : JSON.stringify(type)} is known`);
  if (!isTime(at)) throw malformed(file, line, 'the input has no time');
  return fields as unknown as Input;
}

function endOf(file: string, line: number, record: Fields, last: number): End {
  const { end, digest } = record;
  if (end !== last)
    throw malformed(
      file,
      line,
      `the journal ends with input ${JSON.stringify(end)}, but ${last} was the last one here`,
    );
  if (digest !== null && typeof digest !== 'string') throw malformed(file, line, 'the end record is not whole');
  return { end: last, digest };
}
