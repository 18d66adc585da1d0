/**
 * Lines in memory, bounded in bytes. They are in segments. Each segment begins with a checkpoint, and the oldest
 * segments are dropped. The result of {@link Ring.segments} does not change later.
 */

/** Memory is allocated in pieces of this size, not line by line. */
const CHUNK_BYTES = 256 * 1024;
const MIN_CHUNK_BYTES = 64;

/** Bytes of the longest character in UTF-8. */
const LONGEST_CHARACTER = 4;

interface Chunk {
  buffer: Buffer;
  used: number;
}

export interface Segment<C> {
  /** The state before its first line. */
  checkpoint: C;
  /** Joined, the parts are whole lines with their line ends, if the last line was ended. */
  parts: readonly Buffer[];
  lines: number;
}

interface OpenSegment<C> {
  checkpoint: C;
  chunks: Chunk[];
  lines: number;
  bytes: number;
}

export interface Ring<C> {
  /** Appends a line, or a part of a line. */
  append(text: string): void;
  endLine(): void;
  /** True if the newest segment has half of the limit: then a new checkpoint is due. */
  isDue(): boolean;
  /** Begins a segment. */
  begin(checkpoint: C): void;
  /** The segments, oldest first. */
  segments(): Array<Segment<C>>;
  /** Length of all lines. */
  readonly bytes: number;
  /** The memory that the lines take, bytes. */
  readonly memory: number;
}

/**
 * `limit`: bytes of lines. The ring always has at least the last half of this, if so many bytes came: a segment is
 * dropped when the segments after it have as much. A single line (a resync's snapshot) may be longer than `limit`. It
 * is kept as long as any other line, with the lines before it, which show what led to the resync.
 */
export function createRing<C>(first: C, limit: number): Ring<C> {
  const encoder = new TextEncoder();
  const open = (checkpoint: C): OpenSegment<C> => ({ checkpoint, chunks: [], lines: 0, bytes: 0 });
  let newest = open(first);
  let segments = [newest];
  let total = 0;

  const dropOldest = (): void => {
    for (;;) {
      const [oldest, ...rest] = segments;
      if (oldest === undefined || rest.length === 0 || total - oldest.bytes < limit / 2) return;
      total -= oldest.bytes;
      segments = rest;
    }
  };

  const chunkWithRoom = (): Chunk => {
    const last = newest.chunks.at(-1);
    if (last !== undefined && last.buffer.length - last.used >= LONGEST_CHARACTER) return last;
    const chunk = { buffer: Buffer.allocUnsafeSlow(Math.max(MIN_CHUNK_BYTES, Math.min(CHUNK_BYTES, limit))), used: 0 };
    newest.chunks.push(chunk);
    return chunk;
  };

  const append = (text: string): void => {
    for (let rest = text; rest !== ''; ) {
      const chunk = chunkWithRoom();
      const { read, written } = encoder.encodeInto(rest, chunk.buffer.subarray(chunk.used));
      chunk.used += written;
      newest.bytes += written;
      total += written;
      if (read === rest.length) return;
      rest = rest.slice(read);
    }
  };

  return {
    append,
    endLine: () => {
      append('\n');
      newest.lines += 1;
      dropOldest();
    },
    isDue: () => newest.bytes >= limit / 2,
    begin: (checkpoint) => {
      newest = open(checkpoint);
      segments = [...segments, newest];
    },
    segments: () =>
      segments.map(({ checkpoint, chunks, lines }) => ({
        checkpoint,
        parts: chunks.map(({ buffer, used }) => buffer.subarray(0, used)),
        lines,
      })),
    get bytes() {
      return total;
    },
    get memory() {
      return segments.reduce((sum, { chunks }) => chunks.reduce((all, { buffer }) => all + buffer.length, sum), 0);
    },
  };
}
