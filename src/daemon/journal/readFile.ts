/** Reading a saved journal. The file may be truncated, changed, or no journal at all: errors name the line. */
import type { Checkpoint } from '../../engine/checkpoint';
import type { Input, InputBody } from '../../engine/protocol';
import { FORMAT, FORMAT_VERSION, malformed, type End, type Header } from './format';
import { createInputReader } from './inputLines';

export interface NumberedInput {
  number: number;
  /** In the file, from 1. */
  line: number;
  input: Input;
}

export interface ReadJournal {
  header: Header;
  checkpoint: Checkpoint;
  inputs: NumberedInput[];
  end: End;
}

/** Types of inputs that a journal of this version holds. */
const TYPES: Record<InputBody['type'], true> = {
  start: true,
  uevents: true,
  'listener-restarted': true,
  'dm-event': true,
  'dm-list': true,
  'map-read': true,
  'block-read': true,
  snapshot: true,
  'fence-written': true,
  'check-done': true,
  'operation-done': true,
  'alias-bound': true,
  'transport-hint': true,
  command: true,
  wake: true,
  stop: true,
};

/** Throws an MpathdError for what is no whole journal of this version. */
export function readJournal(file: string, contents: Buffer): ReadJournal {
  const lines = linesOf(file, contents);
  const header = headerOf(file, recordOf(file, 1, lines[0]));
  const checkpoint = checkpointOf(file, recordOf(file, 2, lines[1]));
  const inputs: NumberedInput[] = [];
  const reader = createInputReader();
  for (let at = 2; at < lines.length; at++) {
    const line = at + 1;
    const record = recordOf(file, line, lines[at]);
    if ('end' in record) {
      if (at < lines.length - 1) throw malformed(file, line + 1, 'there is more after the end of the journal');
      return { header, checkpoint, inputs, end: endOf(file, line, record, checkpoint.seq + inputs.length) };
    }
    const number = checkpoint.seq + inputs.length + 1;
    const fields = inputOf(file, line, record, number);
    try {
      inputs.push({ number, line, input: reader.input(fields) });
    } catch (error) {
      throw error instanceof RangeError ? malformed(file, line, error.message) : error;
    }
  }
  throw malformed(file, lines.length, 'the journal ends here without its end record: the file was cut off');
}

/** Without line ends. A last line without one is cut off. */
function linesOf(file: string, contents: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < contents.length; ) {
    const end = contents.indexOf(0x0a, start);
    if (end < 0) throw malformed(file, lines.length + 1, 'the line has no end: the file was cut off');
    lines.push(contents.subarray(start, end));
    start = end + 1;
  }
  return lines;
}

type Fields = Readonly<Record<string, unknown>>;

function recordOf(file: string, line: number, bytes: Buffer | undefined): Fields {
  if (bytes === undefined) throw malformed(file, line, 'there is no such line: the file was cut off, or is no journal');
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw malformed(file, line, `no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isRecord(value)) throw malformed(file, line, 'no record');
  return value;
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function headerOf(file: string, record: Fields): Header {
  if (record['format'] !== FORMAT) throw malformed(file, 1, `it is no journal: format is not ${FORMAT}`);
  if (record['version'] !== FORMAT_VERSION) {
    throw malformed(file, 1, `version ${String(record['version'])} of the format, this program reads version ${FORMAT_VERSION}`);
  }
  const { daemon, savedAt, at } = record;
  if (typeof daemon !== 'string' || typeof savedAt !== 'string' || typeof at !== 'number') throw malformed(file, 1, 'the header is not whole');
  return record as unknown as Header;
}

/** As far as its parts: what is in them is the engine's own, and tried when it is restored. */
function checkpointOf(file: string, record: Fields): Checkpoint {
  const checkpoint = record['checkpoint'];
  const whole =
    isRecord(checkpoint) &&
    ['seq', 'now'].every((key) => typeof checkpoint[key] === 'number') &&
    ['options', 'truth', 'putOrder', 'rest'].every((key) => isRecord(checkpoint[key])) &&
    ['paths', 'maps', 'timers', 'hinted'].every((key) => Array.isArray(checkpoint[key]));
  if (!whole) throw malformed(file, 2, 'no whole checkpoint');
  return checkpoint as unknown as Checkpoint;
}

function inputOf(file: string, line: number, record: Fields, expected: number): Input {
  const { n, ...fields } = record;
  if (n !== expected) throw malformed(file, line, `input ${expected} is missing, there is ${String(n)}`);
  const { type, at } = fields;
  if (typeof type !== 'string' || !Object.hasOwn(TYPES, type)) throw malformed(file, line, `no input of type ${String(type)} is known`);
  if (typeof at !== 'number') throw malformed(file, line, 'the input has no time');
  return fields as unknown as Input;
}

function endOf(file: string, line: number, record: Fields, last: number): End {
  const { end, digest } = record;
  if (end !== last) throw malformed(file, line, `the journal ends with input ${String(end)}, but ${last} was the last one here`);
  if (digest !== null && typeof digest !== 'string') throw malformed(file, line, 'the end record is not whole');
  return { end: last, digest };
}
