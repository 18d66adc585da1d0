/**
 * The framing of the socket, in both directions: first the length as the sender's `size_t` (8 bytes, little-endian, on
 * the 64-bit machines of mpathd), then that many bytes with a terminating NUL.
 */

/** Bytes of the length before every message. */
export const HEADER_BYTES = 8;

/** The longest request with its NUL. */
export const REQUEST_LIMIT = 512;

/** Limit of a reply. The longest reply that clients accept is one byte shorter than 32 MiB. */
export const REPLY_LIMIT = 32 * 1024 * 1024;

/** The result of a decoder: a message, no whole message yet, or a length that ends the conversation. */
export type Decoded = { kind: 'message'; text: string } | { kind: 'partial' } | { kind: 'bad-length'; length: bigint };

/** Takes bytes as they arrive, and gives messages one at a time. It keeps no more than it was given. */
export interface Decoder {
  push(chunk: Buffer): void;
  next(): Decoded;
  /** True if the beginning of an incomplete message has arrived. */
  midMessage(): boolean;
}

/** The text up to the first NUL, as a C program sees it. Bytes that are not UTF-8 become U+FFFD. */
function textOf(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end === -1 ? bytes.length : end);
}

/** A decoder for messages of 1 to `limit` bytes. */
export function createDecoder(limit: number): Decoder {
  // The chunks are joined only when the message is complete, so a large reply in many pieces is copied once.
  let chunks: Buffer[] = [];
  let held = 0;

  const gather = (): Buffer => {
    const first = chunks[0];
    if (chunks.length === 1 && first !== undefined) return first;
    const joined = Buffer.concat(chunks, held);
    chunks = [joined];
    return joined;
  };

  const header = (): bigint => {
    const first = chunks[0];
    const bytes = first !== undefined && first.length >= HEADER_BYTES ? first : gather();
    return bytes.readBigUInt64LE(0);
  };

  return {
    push: (chunk) => {
      if (chunk.length === 0) return;
      chunks.push(chunk);
      held += chunk.length;
    },
    next: () => {
      if (held < HEADER_BYTES) return { kind: 'partial' };
      const length = header();
      if (length < 1n || length > BigInt(limit)) return { kind: 'bad-length', length };
      const end = HEADER_BYTES + Number(length);
      if (held < end) return { kind: 'partial' };
      const bytes = gather();
      const rest = bytes.subarray(end);
      chunks = rest.length === 0 ? [] : [rest];
      held = rest.length;
      return { kind: 'message', text: textOf(bytes.subarray(HEADER_BYTES, end)) };
    },
    midMessage: () => held > 0,
  };
}

/** A message in the form in which it goes over the socket. */
export function encode(text: string): Buffer {
  const length = Buffer.byteLength(text) + 1;
  const bytes = Buffer.alloc(HEADER_BYTES + length);
  bytes.writeBigUInt64LE(BigInt(length), 0);
  bytes.write(text, HEADER_BYTES);
  return bytes;
}
