/** `mpathctl replay FILE`: steps through a saved journal, offline. */
import { readFileSync } from 'node:fs';
import { digestOfTables, replay as stepsOf, type ReplayedStep } from '../../daemon/journal/replay';
import { readJournal, type ReadJournal } from '../../daemon/journal/readFile';
import { fieldChanges, type EntryChange } from '../../daemon/journal/changes';
import { errnoOf } from '../../kernel/errors';
import { MpathdError } from '../../model/failure';
import { uuidOfWwid } from '../../model/identity';
import { harmless } from '../style';
import { EXIT, Refusal, type Arguments, type Command, type Context } from './command';
import { entryText, headerText, stepText } from './replayText';

export const replay: Command = async (context, args) => {
  const file = args.file ?? '';
  try {
    return run(context, args, file);
  } catch (error) {
    if (!(error instanceof MpathdError)) throw error;
    const { device, detail, errno } = error.failure;
    throw new Refusal(harmless(`${device}: ${detail ?? errno ?? error.message}`));
  }
};

function run(context: Context, args: Arguments, file: string): number {
  const journal = readJournal(file, contentsOf(file));
  const { header, inputs } = journal;
  const notes = header.daemon === context.version ? [] : [`mpathd ${header.daemon} saved it, this is ${context.version}: they may judge alike or not`];
  if (!args.json) context.print(headerText(journal, notes));
  const from = args.from ?? 0;
  let last: ReplayedStep | null = null;
  for (const step of stepsOf(file, journal)) {
    last = step;
    const { number } = step.input;
    const stop = number >= from ? breakpointOf(step, args) : null;
    if (number >= from && (!args.quiet || stop !== null)) context.print(args.json ? jsonLine(step) : stepText(step, header));
    if (stop === null) continue;
    if (number !== inputs.at(-1)?.number) return stopped(context, args, step, stop);
    if (!args.json) context.print(stopText(stop));
  }
  return ended(context, args, journal, last);
}

function contentsOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null) throw error;
    throw new MpathdError({ code: 'KERNEL_ERROR', operation: 'read', device: file, errno });
  }
}

interface Stop {
  why: string;
  entries: EntryChange[];
}

/** What every reading and check moves: no reason to stop. */
const BOOKKEEPING: ReadonlySet<string> = new Set([
  'known',
  'eventAt',
  'check.lastAt',
  'check.nextAt',
  'check.intervalMs',
  'check.inFlight',
  'check.begunAt',
]);

function isNews({ before, after }: EntryChange): boolean {
  if (before === null || after === null) return true;
  return fieldChanges(before, after).some(({ field }) => !BOOKKEEPING.has(field));
}

/** Why to stop after this step, or null. */
function breakpointOf({ input, changes }: ReplayedStep, { until, path, map }: Arguments): Stop | null {
  const wanted = changes.filter((change) => (path !== null && isPath(change, path)) || (map !== null && isMap(change, map)));
  const entries = wanted.filter(isNews);
  if (entries.length > 0) return { why: entries.map(({ kind, name }) => `${kind} ${name} has changed`).join(', '), entries };
  return until !== null && input.number >= until ? { why: '--until', entries: [] } : null;
}

function isPath({ kind, key, name }: EntryChange, what: string): boolean {
  return kind === 'path' && (name === what || key === what || key.startsWith(`${what}#`));
}

function isMap({ kind, key, name, before }: EntryChange, what: string): boolean {
  if (kind !== 'map') return false;
  const facts = before?.['facts'];
  const former = typeof facts === 'object' && facts !== null && 'name' in facts ? facts.name : null;
  return name === what || former === what || key === what || key === uuidOfWwid(what);
}

function jsonLine({ input, changes, effects }: ReplayedStep): string {
  return `${JSON.stringify({ n: input.number, input: input.input, changes, effects })}\n`;
}

function stopText({ why, entries }: Stop): string {
  return `${harmless(`stopped: ${why}`)}\n${entries.map(entryText).join('')}`;
}

function stopped(context: Context, { json }: Arguments, step: ReplayedStep, stop: Stop): number {
  const digest = digestOfTables(step.tables);
  const { number } = step.input;
  if (json) context.print(`${JSON.stringify({ stopped: number, why: stop.why, digest })}\n`);
  else context.print(`${stopText(stop)}go on with --from ${number + 1}; tables after input ${number}: ${digest}\n`);
  return EXIT.ok;
}

/** 0: the same tables; 1: others. */
function ended(context: Context, { json }: Arguments, { end, checkpoint }: ReadJournal, last: ReplayedStep | null): number {
  const digest = last === null ? null : digestOfTables(last.tables);
  const equal = digest === null || end.digest === null ? null : digest === end.digest;
  if (json) context.print(`${JSON.stringify({ end: end.end, digest, daemon: end.digest, equal })}\n`);
  else context.print(`tables after input ${end.end}: ${digest ?? `as in the checkpoint after input ${checkpoint.seq}`}\n${verdict(equal, end.digest)}\n`);
  return equal === false ? EXIT.failed : EXIT.ok;
}

function verdict(equal: boolean | null, daemons: string | null): string {
  if (daemons === null) return 'the daemon ended while it worked on the last input: there is nothing to compare with';
  if (equal === null) return 'there is no input to step through';
  return equal ? 'byte for byte the tables that the daemon had' : `NOT the tables that the daemon had: ${daemons}`;
}
