/** `mpathctl topology [MAP]`: the daemon's tree, coloured on a terminal. */
import type { Style } from '../style';
import { askOrRefuse, EXIT, jsonText, printDocument, quoted, type Command } from './command';

function coloured(line: string, style: Style): string {
  const isBranch = /^[|` ]/.test(line);
  if (!isBranch && !line.startsWith('size=')) return style.bold(line);
  return line
    .replace(/ (failed|faulty|offline|i\/o timeout)(?= |$)/g, (_, word: string) => ` ${style.bad(word)}`)
    .replace(/ (ghost|i\/o pending|undef)(?= |$)/g, (_, word: string) => ` ${style.doubtful(word)}`);
}

export const topology: Command = async (context, { json, map }) => {
  if (json) {
    const command = map === null ? 'mpathd topology json' : `mpathd topology json ${quoted(map)}`;
    return printDocument<object>(context, command, json, jsonText);
  }
  const text = await askOrRefuse(context, map === null ? 'show topology' : `show map ${quoted(map)} topology`);
  const lines = text.split('\n').map((line) => (line === '' ? '' : coloured(line, context.style)));
  context.print(text === 'ok\n' ? 'no maps\n' : lines.join('\n'));
  return EXIT.ok;
};
