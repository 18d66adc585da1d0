/**
 * The channel from the transport watcher's child to the daemon: a socket pair, and one JSON message in each line. It is
 * not the channel of fork(), with which a hostile child could hand descriptors to the daemon, send node's own messages,
 * and make the daemon keep a line without end.
 */

/** The descriptor of the channel in the child. */
export const CHANNEL_FD = 3;
/** The child's exit code if it cannot give up root's rights. */
export const EXIT_PRIVILEGED = 77;

/** The longest message has some 120 bytes. */
const LONGEST_LINE = 1024;
/** A working child has far fewer under way (outbox.ts). */
const MOST_LINES = 1024;

/** Takes pieces of text. Returns false if no working child sends such a piece: then no part of it is used. */
export type LineReader = (piece: string) => boolean;

/** Calls back with the content of each line; `undefined` for a line that is no JSON. Keeps at most one line. */
export function createLineReader(onMessage: (raw: unknown) => void): LineReader {
  let rest = '';
  return (piece) => {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    if (lines.length > MOST_LINES || rest.length > LONGEST_LINE) return false;
    if (lines.some((line) => line.length > LONGEST_LINE)) return false;
    for (const line of lines) onMessage(parsed(line));
    return true;
  };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
