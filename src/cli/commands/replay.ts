/** `mpathctl replay FILE`: steps through a saved journal, offline. */
import {
  createReplay,
  digestOfTables,
  linesOfTables,
  type Replay,
  type ReplayedStep,
  type Watch,
} from '../../daemon/journal/replay';
import { readJournal, type ReadJournal } from '../../daemon/journal/readFile';
import { chunksOf, linesOf } from '../../daemon/journal/lines';
import { fieldChanges, type EntryChange } from '../../daemon/journal/changes';
import type { End } from '../../daemon/journal/format';
import { messageOf } from '../../kernel/errors';
import { MpathdError } from '../../model/failure';
import { uuidOfWwid } from '../../model/identity';
import { counted, duration } from '../style';
import { EXIT, Refusal, type Arguments, type Command, type CommandContext } from './command';
import { entryText, headerText, stepText, tablesText } from './replayText';
import { printable, printableJson } from '../../model/printable';

export const replay: Command = async (context, args) => {
  const file = args.file ?? '';
  try {
    return run(context, args, file);
  } catch (error) {
    throw new Refusal(printable(`${file}: ${why(error)}`));
  }
};

function why(error: unknown): string {
  if (!(error instanceof MpathdError)) return `what is in it cannot be shown: ${messageOf(error)}`;
  const { detail, errno } = error.failure;
  return detail ?? errno ?? error.message;
}

/** The progress of the replay. */
interface Progress {
  steps: number;
  last: ReplayedStep | null;
  /** True if a path or map that --path or --map names has changed. */
  met: boolean;
}

function run(context: CommandContext, args: Arguments, file: string): number {
  const journal = readJournal(file, linesOf(file, chunksOf(file)));
  const { header } = journal;
  const notes =
    header.daemon === context.version
      ? []
      : [`mpathd ${header.daemon} saved it, this is ${context.version}: they may judge alike or not`];
  if (!args.json) context.print(headerText(journal, notes));
  const { tables, steps } = createReplay(file, journal, watchOf(args));
  const progress: Progress = { steps: 0, last: null, met: false };
  let before = args.tables ? linesOfTables(tables) : [];
  for (let next = steps.next(); ; next = steps.next()) {
    if (next.done === true) return ended(context, args, journal, tables, next.value, progress);
    const step = next.value;
    progress.steps += 1;
    progress.last = step;
    progress.met ||= step.changes.some((change) => isWanted(change, args));
    const after = args.tables ? linesOfTables(tables) : [];
    const { number } = step.input;
    const stop = number >= (args.from ?? 0) ? breakpointOf(step, args) : null;
    const shown = number >= (args.from ?? 0) && (!args.quiet || stop !== null || step.threw !== null);
    if (shown && args.json) context.print(jsonLine(step, args.tables ? { before, after } : null));
    else if (shown) context.print(stepText(step, header) + (args.tables ? tablesText(before, after) : ''));
    before = after;
    if (stop === null) continue;
    const digest = digestOfTables(tables);
    next = steps.next();
    if (next.done !== true) return stopped(context, args, step, stop, digest);
    if (!args.json) context.print(stopText(stop));
    return ended(context, args, journal, tables, next.value, progress);
  }
}

interface Stop {
  why: string;
  entries: EntryChange[];
}

/** Fields that change with every reading or check. The replay does not stop at them. */
const BOOKKEEPING: ReadonlySet<string> = new Set([
  'known',
  'eventAt',
  'check.lastAt',
  'check.nextAt',
  'check.intervalMs',
  'check.inFlight',
  'check.begunAt',
  'live.copiedAt',
  'live.provedAt',
  'live.answeredTime',
]);

function isNews({ before, after }: EntryChange): boolean {
  if (before === null || after === null) return true;
  return fieldChanges(before, after).some(({ field }) => !BOOKKEEPING.has(field));
}

/** Why to stop after this step, or null. */
function breakpointOf({ input, changes }: ReplayedStep, args: Arguments): Stop | null {
  const entries = changes.filter((change) => isWanted(change, args) && isNews(change));
  if (entries.length > 0)
    return { why: entries.map(({ kind, name }) => `${kind} ${name} has changed`).join(', '), entries };
  return args.until !== null && input.number >= args.until ? { why: '--until', entries: [] } : null;
}

function isWanted(change: EntryChange, { path, map }: Arguments): boolean {
  return (path !== null && isPath(change, path)) || (map !== null && isMap(change, map));
}

/** With --quiet only the changes that can stop the replay are looked for. */
function watchOf(args: Arguments): Watch {
  const from = args.from ?? 0;
  if (!args.quiet) return { from, interest: () => true };
  if (args.path !== null || args.map !== null) return { from, interest: (entry) => isOfInterest(entry, args) };
  return { from: Math.max(from, args.until ?? Infinity), interest: () => true };
}

/** All maps are of interest if the user names one, because another map may get its name. */
function isOfInterest({ kind, key, name }: Parameters<Watch['interest']>[0], { path, map }: Arguments): boolean {
  return kind === 'map'
    ? map !== null
    : kind === 'path' && path !== null && isPath({ kind, key, name, before: null, after: null }, path);
}

/** Whether the tables have what --path or --map names. */
function isNamed({ paths, maps }: Replay['tables'], args: Arguments): boolean {
  const entry = { before: null, after: null };
  for (const { key, name } of paths.values()) if (isWanted({ kind: 'path', key, name, ...entry }, args)) return true;
  for (const { uuid, facts } of maps.values())
    if (isWanted({ kind: 'map', key: uuid, name: facts.name, ...entry }, args)) return true;
  return false;
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

function jsonLine({ input, changes, effects, threw }: ReplayedStep, tables: object | null): string {
  return `${printableJson({ n: input.number, input: input.input, changes, effects, ...(threw === null ? {} : { threw }), ...tables })}\n`;
}

function stopText({ why, entries }: Stop): string {
  return `${printable(`stopped: ${why}`)}\n${entries.map(entryText).join('')}`;
}

function stopped(
  context: CommandContext,
  { json }: Arguments,
  { input }: ReplayedStep,
  stop: Stop,
  digest: string,
): number {
  const { number } = input;
  if (json) context.print(`${printableJson({ stopped: number, why: stop.why, digest })}\n`);
  else context.print(`${stopText(stop)}go on with --from ${number + 1}; tables after input ${number}: ${digest}\n`);
  return EXIT.ok;
}

/** Exit code 0: the same tables, or the same exception; 1: other tables, or another exception. */
function ended(
  context: CommandContext,
  args: Arguments,
  { checkpoint }: ReadJournal,
  tables: Replay['tables'],
  end: End | null,
  progress: Progress,
): number {
  const { json, from, path, map } = args;
  const { steps, last } = progress;
  const digest = digestOfTables(tables);
  const daemon = end?.digest ?? null;
  const threw = last !== null && last.threw !== null;
  const equal = threw || daemon === null ? null : digest === daemon;
  const after = checkpoint.seq + steps;
  if (json) context.print(`${printableJson({ end: after, digest, daemon, equal })}\n`);
  else {
    const span = last === null ? 0 : last.input.input.at - checkpoint.now;
    const met = progress.met || (path === null && map === null) || isNamed(tables, args);
    const what = path === null ? `map ${map}` : `path ${path}`;
    const stranger = met
      ? ''
      : `${printable(`no ${what} was ever there${from === null ? '' : ` from input ${from} on`}`)}\n`;
    context.print(
      `${stranger}${counted(steps, 'input')} in ${duration(span)}; tables after input ${after}: ${digest}\n${threw ? verdictOfThrow(end) : verdict(digest, daemon)}\n`,
    );
  }
  return equal === false || (threw && (end === null || daemon !== null)) ? EXIT.failed : EXIT.ok;
}

function verdict(digest: string, daemon: string | null): string {
  if (daemon === null) return 'the daemon ended while it worked on the last input, with which nothing is wrong here';
  return digest === daemon
    ? 'byte for byte the tables that the daemon had'
    : `NOT the tables that the daemon had: ${daemon}`;
}

/** `end`: null if the journal has further inputs. */
function verdictOfThrow(end: End | null): string {
  if (end?.digest === null) return 'the engine threw, as it did in the daemon';
  return 'the engine threw, and in the daemon it did NOT';
}
