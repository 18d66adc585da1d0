/** The text of replayed steps: an input, its changes, and the effects of the engine, one line each. */
import type { Configuration } from '../../config/configuration';
import { fieldChanges, type EntryChange } from '../../daemon/journal/changes';
import type { Header } from '../../daemon/journal/format';
import type { ReadJournal } from '../../daemon/journal/readFile';
import type { ReplayedStep } from '../../daemon/journal/replay';
import type { Effect, Input } from '../../engine/protocol';
import type { DmListing } from '../../model/facts';
import { describeFailure, type Reading } from '../../model/failure';
import { identityOfVpd83 } from '../../policy/wwid';
import { counted } from '../style';
import { jsonText } from './command';
import { printable } from '../../model/printable';

/** Longer values are cut. `--json` prints them whole. */
const VALUE_LENGTH = 200;

const REASONS: Record<Header['reason'], string> = {
  asked: 'as it was asked for',
  crash: 'when it crashed',
  invariant: 'when an invariant was broken',
};

export function headerText({ header, checkpoint }: ReadJournal, notes: readonly string[]): string {
  const lines = [
    `mpathd ${header.daemon}, pid ${header.pid}, saved at ${header.savedAt} ${REASONS[header.reason]}`,
    ...(header.detail === null ? [] : header.detail.split('\n')),
    `inputs from ${checkpoint.seq + 1} on; at first ${counted(checkpoint.paths.length, 'path')}, ${counted(checkpoint.maps.length, 'map')}`,
    ...notes,
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}

export function stepText({ input, changes, effects, threw }: ReplayedStep, header: Header): string {
  const head = `#${input.number} ${timeOf(input.input.at, header)} ${anyInputText(input.input)}`;
  const body = [
    ...changes.flatMap(changeLines),
    ...effects.map((effect) => `> ${effectText(effect)}`),
    ...(threw === null ? [] : `! the engine threw: ${threw}`.split('\n')),
  ];
  return [head, ...body.map((line) => `    ${line}`)].map((line) => `${printable(line)}\n`).join('');
}

/** The time of day. The engine's time is monotonic; the header has one moment in both times. */
function timeOf(at: number, header: Header): string {
  const saved = Date.parse(header.savedAt);
  const when = new Date(saved - (header.at - at));
  return Number.isNaN(when.getTime()) ? `${at}` : when.toISOString().slice(11);
}

/** A whole entry before and after. */
export function entryText({ kind, name, before, after }: EntryChange): string {
  const text = (entry: object | null): string =>
    entry === null ? 'not there\n' : jsonText(entry).split('\n').map(printable).join('\n');
  return `${printable(`${kind} ${name} before: `)}${text(before)}${printable(`${kind} ${name} after: `)}${text(after)}`;
}

/** Both tables, a line of JSON per entry. */
export function tablesText(before: readonly string[], after: readonly string[]): string {
  const lines = [
    'tables before:',
    ...before.map((line) => `  ${line}`),
    'tables after:',
    ...after.map((line) => `  ${line}`),
  ];
  return lines.map((line) => `    ${printable(line)}\n`).join('');
}

function changeLines({ kind, key, name, before, after }: EntryChange): string[] {
  const label = kind === 'truth' ? 'truth' : `${kind} ${name} [${key}]`;
  if (before === null) return [`${label}: new`];
  if (after === null) return [`${label}: gone`];
  return fieldChanges(before, after).map(
    (change) => `${label}: ${change.field} ${valueText(change.before)} -> ${valueText(change.after)}`,
  );
}

function valueText(value: unknown): string {
  const text = value === undefined ? 'none' : JSON.stringify(value);
  return text.length > VALUE_LENGTH ? `${text.slice(0, VALUE_LENGTH)}…` : text;
}

function readingText<T>(reading: Reading<T>, text: (value: T) => string): string {
  return reading.ok ? text(reading.value) : describeFailure(reading.failure);
}

function listingText({ since, devices, gone }: DmListing): string {
  if (since === null) return counted(devices.length, 'device');
  return `${counted(devices.length, 'device')} changed and ${gone.length} gone since listing ${since}`;
}

const done = (): string => 'done';

function filesText({ files }: Configuration): string {
  return files.length === 0 ? 'no configuration file' : `configuration from ${files.join(', ')}`;
}

function stateFilesText({ bindings, wwids }: Extract<Input, { type: 'start' | 'configuration-read' }>): string {
  return `${readingText(bindings, (list) => counted(list.length, 'binding'))}, ${readingText(wwids, (list) => counted(list.length, 'WWID'))}`;
}

/** The engine may have thrown at this input because a field is missing; so this must not throw. */
function anyInputText(input: Input): string {
  try {
    return inputText(input);
  } catch {
    return `${input.type}, not as it should be: ${valueText(input)}`;
  }
}

function inputText(input: Input): string {
  switch (input.type) {
    case 'start':
      return `start: ${filesText(input.configuration)}, ${stateFilesText(input)}, udev ${input.udevPresent ? 'present' : 'absent'}`;
    case 'configuration-read':
      return `configuration-read: ${readingText(input.configuration, filesText)}, ${stateFilesText(input)}`;
    case 'uevents': {
      const { events, losses, refused, gap, drained } = input.batch;
      const words = [
        ...events.map((event) => `${event.action} ${event.name}${event.diskseq === null ? '' : `#${event.diskseq}`}`),
        ...losses.map(({ cause, count }) => `lost (${cause}, ${count})`),
        ...(refused > 0 ? [`${refused} refused`] : []),
        ...(gap === undefined ? [] : [`${gap.count} missing of ${gap.from} to ${gap.to}`]),
        ...drained.map(({ token, drops }) => `drained ${token} (${drops} drops)`),
      ];
      return `uevents of ${input.source === 'kernel' ? 'the kernel' : 'udev'}: ${words.join(', ')}`;
    }
    case 'dm-event':
    case 'wake':
    case 'stop':
      return input.type;
    case 'dm-list':
      return `dm-list asked at ${input.asked}: ${readingText(input.reading, listingText)}`;
    case 'map-read': {
      const device = 'uuid' in input.by ? input.by.uuid : input.by.devt;
      return `map-read ${device} asked at ${input.asked}: ${readingText(input.reading, (facts) => `${facts.name} ${facts.devt} event ${facts.eventNr}`)}`;
    }
    case 'block-read':
      return `block-read ${input.name} asked at ${input.asked}: ${readingText(input.reading, (facts) => `${facts.devt}#${facts.diskseq ?? '-'}, ${facts.sizeSectors} sectors`)}`;
    case 'snapshot': {
      const { dm, blocks } = input.snapshot;
      return `snapshot (${input.purpose}) asked at ${input.asked}: ${readingText(dm, (list) => counted(list.length, 'dm device'))}, ${readingText(blocks, (list) => counted(list.length, 'disk'))}`;
    }
    case 'device-list':
      return `device-list asked at ${input.asked}: ${readingText(input.maps, (list) => counted(list.length, 'dm device'))}, ${readingText(input.disks, (list) => counted(list.length, 'disk'))}`;
    case 'fence-written':
      return `fence-written ${input.uuid}: ${readingText(input.reading, done)}`;
    case 'check-done':
      return `check-done ${input.path}: ${input.outcome.state}, ${input.outcome.message}`;
    case 'disk-answered': {
      const { question, path, asked, reading } = input;
      const text = question === 'identity' ? identityOfVpd83 : (answer: string): string => answer;
      return `disk-answered ${question} ${path} asked at ${asked}: ${readingText(reading, text)}`;
    }
    case 'rescan-done':
      return `rescan-done ${input.path}: ${readingText(input.reading, done)}`;
    case 'operation-done':
      return `operation-done ${input.id} ${input.uuid}: ${readingText(input.reading, done)}`;
    case 'alias-bound':
      return `alias-bound ${input.id} ${input.wwid}: ${readingText(input.reading, ({ alias }) => alias ?? 'no alias')}`;
    case 'wwid-recorded':
      return `wwid-recorded ${input.wwid}: ${readingText(input.reading, (added) => (added ? 'added' : 'was there'))}`;
    case 'transport-hint':
      return `transport-hint ${valueText(input.hint)}`;
    case 'command':
      return `command ${input.request}: ${Object.values(input.command).join(' ')}`;
  }
}

function effectText(effect: Effect): string {
  const { type, ...fields } = effect;
  if (effect.type === 'log')
    return `log ${effect.level}: ${effect.device === undefined ? '' : `${effect.device}: `}${effect.message}`;
  const words = Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : valueText(value)}`,
  );
  return [type, ...words].join(' ');
}
