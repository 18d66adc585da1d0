/** What administrators and other programs write: multipath.conf with its patterns, the bindings and the wwids file. */
import { formatBindings, parseBindings } from '../../../src/config/bindings';
import { mergeConfiguration } from '../../../src/config/effective';
import { compileEre } from '../../../src/config/ere';
import { crossCheckFindings } from '../../../src/config/parse/crossChecks';
import { formatFinding, logLine } from '../../../src/config/parse/findings';
import { parseConfiguration } from '../../../src/config/parse/parse';
import { showConfiguration } from '../../../src/config/show';
import { KEYWORDS } from '../../../src/config/keywords';
import { addWwids, formatWwids, parseWwids, removeWwid } from '../../../src/config/wwids';
import { repeats, require, requireEqual, type FuzzTarget } from '../target';
import { textsOf } from './vectors';

const LOOKUPS = { uid: () => null, gid: () => null };
const SECTIONS = [
  'defaults {\n',
  'blacklist {\n',
  'blacklist_exceptions {\n',
  'devices {\n',
  'device {\n',
  'overrides {\n',
  'multipaths {\n',
  'multipath {\n',
  'protocol {\n',
  '}\n',
];

function shown(text: string): string {
  const source = { file: '/etc/multipath.conf', text, main: true };
  const { configuration, findings } = parseConfiguration([source], LOOKUPS);
  const merged = mergeConfiguration(configuration);
  for (const finding of [...findings, ...crossCheckFindings(merged.findings, [source])]) {
    require(!/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/.test(logLine(finding)), 'a finding is one printable line');
    formatFinding(finding);
  }
  return showConfiguration(merged, merged.rules);
}

export const conf: FuzzTarget = {
  name: 'conf',
  seeds: () =>
    [...textsOf('config', 'main_conf'), ...textsOf('hwtable', 'multipath.conf', 'conf.d/test-00.conf')].map((text) =>
      Buffer.from(text),
    ),
  tokens: [
    ...SECTIONS,
    ...Object.keys(KEYWORDS).map((keyword) => `\n${keyword} `),
    '"',
    '""',
    '!',
    '#',
    '\r',
    '\0',
    ' yes',
    ' no',
    ' 0',
    ' "1 alua"',
    'devnode "^sd',
    'wwid "*"',
  ],
  check: (input) => {
    const first = shown(input.toString('utf8'));
    if (input.length > 100_000) return;
    // Of a reservation key only its presence is shown, so the first reading of what is shown may lose it.
    const second = shown(first);
    requireEqual(shown(second), second, 'what is shown is read as the same');
  },
  worst: (bytes) => [
    ...repeats(bytes, ['\n', '"', '{', '}', '}\n', ' ', '#', 'a', 'a ', '\r', '""', 'x y\n', '\ufffd', 'defaults {\n']),
    ...repeats(
      bytes,
      ['failback 1\n', 'poling_interval 5\n', 'alias a\n', 'prio_args "x"\n', 'reservation_key 1 2\n'],
      'defaults {\n',
      '}\n',
    ),
    ...repeats(bytes, ['device {\n vendor "a"\n product "b"\n}\n', 'device {\n}\n'], 'devices {\n', '}\n'),
    ...repeats(bytes, ['multipath {\n wwid "a"\n alias b\n}\n', 'multipath {\n}\n'], 'multipaths {\n', '}\n'),
    Buffer.from(
      `multipaths {\n${Array.from({ length: bytes / 44 }, (_, at) => `multipath {\n wwid "a${at}"\n alias b${at}\n}\n`).join('')}}\n`,
    ),
    Buffer.from(
      `devices {\n${Array.from({ length: bytes / 48 }, (_, at) => `device {\n vendor "a${at}"\n product "b"\n}\n`).join('')}}\n`,
    ),
  ],
};

/** Rules of a blacklist are patterns, each of which is compiled. */
export const pattern: FuzzTarget = {
  name: 'pattern',
  seeds: () =>
    [
      '^sd[a-z]+$',
      '(a|b)*c{2,3}',
      '[[:alpha:]]',
      '^(ram|zram|raw|loop|fd|md|dm-|sr|scd|st|dcssblk)[0-9]',
      '.*',
      '\\.',
      '[^a]',
      'x?y+z*',
    ].map((text) => Buffer.from(text)),
  tokens: [
    '(',
    ')',
    '*',
    '+',
    '?',
    '{1,255}',
    '{255}',
    '{',
    '}',
    '[',
    ']',
    '[:alpha:]',
    '[^',
    '|',
    '\\',
    '^',
    '$',
    '.',
    '(a*)*',
    'é',
    '\0',
  ],
  check: (input) => {
    const text = input.toString('utf8');
    const compiled = compileEre(text);
    if (!compiled.ok) {
      require(compiled.at >= 0 && compiled.at <= text.length, 'the place is in the pattern');
      return;
    }
    for (const subject of ['sda', 'a'.repeat(200), '', 'VENDOR:PRODUCT', text.slice(0, 300)])
      compiled.ere.matches(subject);
  },
  worst: (bytes) => {
    const long = Math.min(bytes, 4_096);
    return [
      ...repeats(bytes, ['a', '(', '[']),
      ...repeats(long - 16, [
        '(',
        '(a*)*',
        'a{255}',
        '(a{9}){9}',
        '[a',
        'a|',
        '.*',
        'x?',
        '\\',
        '^',
        '[[:alpha:]]',
        '(((((a{2}){2}){2}){2}){2}',
      ]),
      Buffer.from(`${'('.repeat(2_000)}a${')'.repeat(2_000)}`),
      Buffer.from(`${'('.repeat(500)}a${'{2})'.repeat(500)}`),
      Buffer.from('((((a{255}){255}){255}){255})'),
    ];
  },
};

export const bindings: FuzzTarget = {
  name: 'bindings',
  seeds: () =>
    [
      ...textsOf('alias', 'file', 'bindings_file', 'bindings_file_before'),
      formatBindings([{ alias: 'mpatha', wwid: '36' }]),
    ].map((text) => Buffer.from(text)),
  tokens: ['mpatha ', '\nmpathb ', '36001405', '#', '\r', '\n', '\t', ' ', 'é', '\0', '/', '..'],
  check: (input) => {
    const { bindings: found } = parseBindings(input.toString('utf8'));
    const printed = formatBindings(found);
    const again = parseBindings(printed);
    requireEqual(
      again,
      { bindings: found, needsRewrite: false, unreadable: 0, warnings: [] },
      'printed bindings are read as the same',
    );
    requireEqual(formatBindings(again.bindings), printed, 'they are printed as the same');
    if (input.length > 100_000) return;
    parseBindings(
      input.toString('utf8'),
      found.map(({ alias }) => ({ alias, wwid: 'other' })),
    );
  },
  worst: (bytes) => [
    ...repeats(bytes, ['\n', ' ', '#', 'a b\n', 'a', 'a b c\n', 'é w\n', '\r', 'mpatha 1\nmpatha 2\n']),
    Buffer.from(Array.from({ length: bytes / 16 }, (_, at) => `m${at} w${at}\n`).join('')),
    Buffer.from(Array.from({ length: bytes / 16 }, (_, at) => `é${at} w${at}\n`).join('')),
  ],
};

export const wwids: FuzzTarget = {
  name: 'wwids',
  seeds: () =>
    [formatWwids(['36001405', '36001406']), '/36/\n/37/', '# /36/\n/3 6/\n/36', ''].map((text) => Buffer.from(text)),
  tokens: ['/36/\n', '/', '\n/', '#', '//', '\r', ' ', 'é', '\0'],
  check: (input) => {
    const text = input.toString('utf8');
    const { wwids: found } = parseWwids(text);
    requireEqual(parseWwids(formatWwids(found)), { wwids: found, warnings: [] }, 'a printed list is read as the same');
    const patch = addWwids(text, ['36new']);
    const added = patch === null ? text : text.slice(0, patch.at) + patch.text;
    const listed = parseWwids(added).wwids;
    require(listed.includes('36new'), 'an added WWID is listed');
    requireEqual(
      listed.filter((wwid) => wwid !== '36new'),
      found.filter((wwid) => wwid !== '36new'),
      'the others stay',
    );
    const [first] = found;
    if (first === undefined) return;
    const pieces: string[] = [];
    let done = 0;
    for (const { at, text: mark } of removeWwid(text, first)) {
      pieces.push(text.slice(done, at), mark);
      done = at + 1;
    }
    requireEqual(parseWwids(pieces.join('') + text.slice(done)).wwids, found.slice(1), 'a removed WWID is not listed');
  },
  worst: (bytes) => [
    ...repeats(bytes, ['/', '\n', '//', '/36/\n', '/a', '#', '/a/', '/a\n']),
    Buffer.from(Array.from({ length: bytes / 12 }, (_, at) => `/36${at}/\n`).join('')),
  ],
};
