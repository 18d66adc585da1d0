/** What clients send: frames and command lines. */
import { createDecoder, encode, REPLY_LIMIT, REQUEST_LIMIT, type Decoded } from '../../../src/ipc/framing';
import { isExtension } from '../../../src/ipc/extensions';
import { parseFormat, renderLine } from '../../../src/ipc/format';
import { parseCommand } from '../../../src/ipc/grammar';
import { grammarReply } from '../../../src/ipc/help';
import { splitWords } from '../../../src/ipc/splitWords';
import { repeats, require, requireEqual, type FuzzTarget } from '../target';
import { textsOf } from './vectors';

function framesOf(input: Buffer, limit: number, sizes: (at: number) => number): Decoded[] {
  const decoder = createDecoder(limit);
  const found: Decoded[] = [];
  const drain = (): boolean => {
    for (;;) {
      const next = decoder.next();
      if (next.kind === 'partial') return true;
      found.push(next);
      if (next.kind === 'bad-length') return false;
    }
  };
  for (let at = 0; at < input.length; ) {
    const size = Math.max(1, sizes(at));
    decoder.push(input.subarray(at, at + size));
    at += size;
    if (!drain()) break;
  }
  return found;
}

const form = (frames: readonly Decoded[]): unknown[] =>
  frames.map((frame) => (frame.kind === 'bad-length' ? String(frame.length) : frame));

export const framing: FuzzTarget = {
  name: 'framing',
  seeds: () => [
    encode('show maps'),
    Buffer.concat([encode('a'), encode(''), encode('show paths')]),
    encode('x'.repeat(511)),
  ],
  tokens: [
    '\0\0\0\0\0\0\0\0',
    '\x01\0\0\0\0\0\0\0',
    '\0\x02\0\0\0\0\0\0',
    '\xff\xff\xff\xff\xff\xff\xff\xff',
    'show maps\0',
  ],
  check: (input) => {
    for (const limit of [REQUEST_LIMIT, REPLY_LIMIT]) {
      const whole = form(framesOf(input, limit, () => input.length));
      requireEqual(form(framesOf(input, limit, (at) => 1 + ((at * 31) % 97))), whole, 'pieces give the same messages');
    }
    const text = input.toString('utf8').replaceAll('\0', '');
    requireEqual(
      form(framesOf(encode(text), 2 ** 21, () => 65_536)),
      [{ kind: 'message', text }],
      'a message comes back',
    );
  },
  worst: (bytes) => [
    ...repeats(bytes, ['\x01\0\0\0\0\0\0\0\0', '\0', 'a']),
    Buffer.concat([Buffer.from([0, 0, 0, 1, 0, 0, 0, 0]), Buffer.alloc(bytes, 97)]),
  ],
};

export const grammar: FuzzTarget = {
  name: 'grammar',
  seeds: () =>
    [...textsOf('cli', 'command'), 'mpathd explain json "a ""b"""', 'show map mpatha format "%n %w"'].map((text) =>
      Buffer.from(text),
    ),
  tokens: [
    'show ',
    'list ',
    'maps',
    'map ',
    'path ',
    'raw format ',
    '"',
    '""',
    'mpathd ',
    ' json',
    '%n',
    '%',
    '\t',
    '\n',
    '\0',
  ],
  check: (input) => {
    const text = input.toString('utf8');
    const parsed = parseCommand(text);
    isExtension(text);
    if (!parsed.ok) grammarReply(text, parsed.error, '0');
    const words = splitWords(text);
    const again = words.map((word) => `"${word.replaceAll('"', '""')}"`).join(' ');
    requireEqual(splitWords(again), words, 'quoted words are the same words');
    const format = parseFormat(text, [{ letter: 'n', header: 'n', value: () => 'name' }]);
    require(renderLine(format, null, null).endsWith('\n'), 'a line ends');
  },
  worst: (bytes) => repeats(bytes, ['"', '""', ' ', 'show ', 'map a ', '%', '%n', 'a', '" "', '\n']),
};
