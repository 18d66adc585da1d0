/** `mpathctl journal save FILE`: what the daemon was told of late, for `mpathctl replay`. */
import { resolve } from 'node:path';
import { bytes, harmless } from '../style';
import { askDocument, EXIT, jsonText, quoted, type Command } from './command';
import type { Saved } from '../../daemon/journal/saveFile';

/** The daemon writes the file, below / as it sees it. */
export const journal: Command = async (context, { json, file }) => {
  const saved = await askDocument<Saved>(context, `mpathd journal save ${quoted(resolve(file ?? ''))}`);
  context.print(
    json ? jsonText(saved) : `${saved.inputs} inputs, ${bytes(saved.bytes)}, saved to ${harmless(saved.file)}\n`,
  );
  return EXIT.ok;
};
