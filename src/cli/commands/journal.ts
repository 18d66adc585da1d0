/** `mpathctl journal save FILE`: saves the daemon's latest inputs, for `mpathctl replay`. */
import { resolve } from 'node:path';
import { bytes } from '../style';
import { printDocument, quoted, type Command } from './command';
import type { Saved } from '../../daemon/journal/saveFile';
import { printable } from '../../model/printable';

/** The daemon writes the file, in its own view of the file system, so the path must be absolute. */
export const journal: Command = (context, { json, file }) =>
  printDocument<Saved>(
    context,
    `mpathd journal save ${quoted(resolve(file ?? ''))}`,
    json,
    (saved) => `${saved.inputs} inputs, ${bytes(saved.bytes)}, saved to ${printable(saved.file)}\n`,
  );
