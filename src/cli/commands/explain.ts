/** `mpathctl explain DEVICE`: why a device is multipathed, or not, and which rules and settings decide it. */
import type { Explained } from '../../daemon/daemon';
import type { Fact, Section } from '../../engine/views/explain/explanation';
import { columns, type Style } from '../style';
import { printDocument, quoted, type Command } from './command';
import { printable } from '../../model/printable';

function factRow({ label, text, source }: Fact): string[] {
  return [`  ${label}`, source === null ? text : `${text}  [${source}]`].map(printable);
}

function sectionText({ title, facts }: Section, style: Style): string {
  return `${style.bold(title)}\n${columns(facts.map(factRow))}`;
}

function eventsText({ events }: Explained, style: Style): string {
  if (events.length === 0) return '';
  const lines = events.map(({ at, level, message, device }) => [
    `  ${new Date(at).toISOString()}`,
    level,
    printable(`${device}: ${message}`),
  ]);
  return `${style.bold('last events')}\n${columns(lines)}`;
}

/** The verdict comes first: at three in the morning nobody reads further. */
export function explainText(explained: Explained, style: Style): string {
  const { multipathed, verdict, remedy, sections } = explained;
  const head = multipathed ? style.good(printable(verdict)) : style.bad(printable(verdict));
  const advice = remedy === null ? '' : `what to do: ${printable(remedy)}\n`;
  return `${head}\n${advice}${sections.map((section) => sectionText(section, style)).join('')}${eventsText(explained, style)}`;
}

export const explain: Command = (context, { json, device }) =>
  printDocument<Explained>(context, `mpathd explain json ${quoted(device ?? '')}`, json, (explained) =>
    explainText(explained, context.style),
  );
