/** `mpathctl status`: whether the daemon's tables are up to date, and what the daemon is doing. */
import { bytes, columns, counted, duration, type Style } from '../style';
import { printDocument, type Command } from './command';
import type { StaleEntry, StatusDocument } from '../../ipc/documents';
import { COUNTER_NAMES, COUNTERS, type CounterName } from '../../model/counters';
import { printable } from '../../model/printable';

type Line = [label: string, text: string];

function lossText(losses: Readonly<Record<string, number>>, style: Style): string {
  const some = Object.entries(losses).filter(([, count]) => count > 0);
  if (some.length === 0) return 'none';
  return style.doubtful(some.map(([cause, count]) => `${cause} ${count}`).join(', '));
}

function resyncText({ truth }: StatusDocument): string {
  const { lastResync: last } = truth;
  if (last === null) return 'none yet';
  const changes = `paths +${last.pathsAdded} -${last.pathsRemoved}, maps +${last.mapsAdded} ~${last.mapsChanged} -${last.mapsRemoved}`;
  return `${duration(last.ageMs)} ago (${last.cause}), took ${duration(last.durationMs)}, ${counted(last.attempts, 'attempt')}; ${changes}`;
}

/** Most of these numbers belong to events of other network namespaces. Only the finds of a look are losses. */
function gapsText({ truth: { gaps, losses } }: StatusDocument): string {
  if (gaps.numbers === 0) return 'none';
  const looks = `${counted(gaps.numbers, 'number')} missing, ${counted(gaps.looks, 'look')} found ${losses.gap}`;
  return `${looks}; at least ${duration(gaps.pauseMs)} between looks`;
}

function counterLine({ truth }: StatusDocument, name: CounterName): Line {
  const { label, unit } = COUNTERS[name];
  return [label, unit === null ? String(truth[name]) : counted(truth[name], unit)];
}

/** The counters in their order. The gaps, which are more than a number, stand after what is most like them. */
function counterLines(status: StatusDocument): Line[] {
  const gaps: Line = ['gaps', gapsText(status)];
  return COUNTER_NAMES.flatMap((name) =>
    name === 'silentMisses' ? [counterLine(status, name), gaps] : [counterLine(status, name)],
  );
}

function listenerText(listener: StatusDocument['listeners']['kernel'] | null, style: Style): string {
  if (listener === null) return 'none';
  const granted = bytes(listener.grantedBufferBytes);
  // The kernel doubles the requested size (socket(7), SO_RCVBUF). If it granted less than the request, it cut the size.
  const cut = listener.grantedBufferBytes < listener.requestedBufferBytes;
  const buffer = `buffer ${bytes(listener.requestedBufferBytes)} asked, ${cut ? style.bad(granted) : granted} granted`;
  const drops = `${counted(listener.drops, 'drop')}`;
  return `${buffer}; ${printable(listener.scheduling)}; ${listener.drops > 0 ? style.doubtful(drops) : drops}`;
}

function pathsText({ paths }: StatusDocument, style: Style): string {
  const states = Object.entries(paths.byState).map(([state, count]) => {
    const text = `${count} ${state}`;
    return state === 'up' || state === 'ghost' ? style.good(text) : style.bad(text);
  });
  return `${[...(states.length === 0 ? ['none'] : states)].join(', ')}; ${counted(paths.orphans, 'orphan')}, ${paths.excluded} excluded`;
}

function mapsText({ maps }: StatusDocument, style: Style): string {
  const without = maps.withoutUsablePath;
  return `${maps.total}${without === 0 ? '' : style.bad(`, ${without} without a usable path`)}`;
}

function staleText(entry: StaleEntry): string {
  const why = `${entry.operation}: ${entry.errno ?? entry.code}`;
  return printable(
    `${entry.kind} ${entry.device}, ${why}, for ${duration(entry.ageMs)}, ${counted(entry.attempts, 'attempt')}`,
  );
}

function lanesText({ lanes }: StatusDocument, style: Style): string {
  return lanes
    .map(({ name, busy, limit, queued }) => {
      const text = `${name} ${busy}/${limit}`;
      return queued === 0 || name === 'log' ? text : style.bad(`${text} and ${queued} waiting`);
    })
    .join(', ');
}

/** More lines would hide the rest; the document has all. */
const MOST_UNANSWERED = 20;

function unansweredTexts({ unanswered }: StatusDocument, style: Style): string[] {
  const shown = unanswered
    .slice(0, MOST_UNANSWERED)
    .map(({ operation, device, ageMs }) => style.doubtful(printable(`${operation} ${device} for ${duration(ageMs)}`)));
  const more = unanswered.length - shown.length;
  return more === 0 ? shown : [...shown, `and ${more} more`];
}

function listed(label: string, entries: readonly string[]): Line[] {
  if (entries.length === 0) return [[label, 'none']];
  return entries.map((text, index): Line => [index === 0 ? label : '', text]);
}

function lines(status: StatusDocument, style: Style): Line[] {
  const { daemon, truth } = status;
  const fence = truth.lastFenceAgeMs === null ? 'none yet' : `${duration(truth.lastFenceAgeMs)} ago`;
  return [
    ['daemon', `mpathd ${daemon.version}, pid ${daemon.pid}, ${daemon.state}, up ${duration(daemon.uptimeMs)}`],
    ['truth', `${truth.phase}, generation ${truth.generation}, ${counted(truth.resyncs, 'resync')}`],
    ['losses', lossText(truth.losses, style)],
    ['last resync', resyncText(status)],
    ['last fence', fence],
    ...counterLines(status),
    ['kernel events', listenerText(status.listeners.kernel, style)],
    ['udev events', listenerText(status.listeners.udev, style)],
    ['calls', lanesText(status, style)],
    ['log', `${counted(status.log.dropped, 'line')} dropped`],
    ['udev', status.udev === 'answering' ? status.udev : style.doubtful(status.udev)],
    ['paths', pathsText(status, style)],
    ['maps', mapsText(status, style)],
    ...listed(
      'stale',
      status.stale.map((entry) => style.doubtful(staleText(entry))),
    ),
    ...listed(
      'running',
      status.operations.map((o) => printable(`${o.kind} ${o.map} for ${duration(o.ageMs)}: ${o.reason}`)),
    ),
    ...listed('no answer', unansweredTexts(status, style)),
  ];
}

export const status: Command = (context, { json }) =>
  printDocument<StatusDocument>(context, 'mpathd status json', json, (document) =>
    columns(lines(document, context.style)),
  );
