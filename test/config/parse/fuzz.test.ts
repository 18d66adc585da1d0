import fc from 'fast-check';
import type { Block, Configuration } from '../../../src/config/configuration';
import { mergeConfiguration } from '../../../src/config/effective';
import { formatFinding, type Finding, type SourceFile } from '../../../src/config/parse/findings';
import { KEYWORDS, PROTOCOLS } from '../../../src/config/keywords';
import { keywordsIn, keywordOf } from '../../../src/config/parse/keywords';
import { linesOf, type Line } from '../../../src/config/parse/lines';
import { parseConfiguration } from '../../../src/config/parse/parse';
import { showConfiguration } from '../../../src/config/show';
import type { Section } from '../../../src/config/settings';
import { quotedText } from '../../../src/config/valueText';
import { MAIN, parse } from './parsing';

const WORDS = fc.constantFrom(
  'defaults',
  'blacklist',
  'blacklist_exceptions',
  'devices',
  'device',
  'overrides',
  'protocol',
  'multipaths',
  'multipath',
  ...Object.keys(KEYWORDS),
  'devnode',
  'property',
  'poling_interval',
  'checker',
  'pg_timeout',
  'constructor',
  '__proto__',
  'x=y',
);
const VALUES = fc.constantFrom(
  'yes',
  'no',
  '0',
  '1',
  '-7',
  '99999999999',
  'queue',
  'fail',
  'alua',
  'tur',
  '"service-time 0"',
  '"1 alua"',
  '"2 a b"',
  '"0"',
  '".*"',
  '"*"',
  '"["',
  '!x',
  '"!x"',
  '"\\!x"',
  '"a ""b"""',
  'scsi:fcp',
  'file',
  '0x1',
  'a/b',
  '..',
  'red',
  '""',
  '"',
  'é',
  '"é"',
  '\ufffd',
);
const ENDS = fc.constantFrom('', '', '', ' # comment', '#x', ' more', ' {', '}', '\r', '\0');

const LINE = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(WORDS, fc.constantFrom(' ', ' ', '\t', ''), VALUES, ENDS).map((parts) => parts.join('')),
  },
  { weight: 2, arbitrary: fc.tuple(WORDS, ENDS).map(([word, end]) => `${word} {${end}`) },
  { weight: 2, arbitrary: fc.constantFrom('}', ' }', '} x', '{', '', '# c', '! c') },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
);
const TEXT = fc.oneof(
  { weight: 5, arbitrary: fc.array(LINE, { maxLength: 40 }).map((lines) => lines.join('\n')) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 300 }) },
);

/** True if the place of a finding is in its file, and the finding can be shown. */
function isSound(finding: Finding, files: ReadonlyMap<string, readonly Line[]>): boolean {
  const { file, line, column, length, text } = finding;
  const found = files.get(file)?.[line - 1];
  const isInside =
    found !== undefined &&
    text.length === found.text.length &&
    column >= 1 &&
    length >= 1 &&
    column - 1 + length <= Math.max(1, text.length);
  return (
    (line === 0 ? files.has(file) : isInside) &&
    !/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/.test(formatFinding(finding))
  );
}

describe('any contents of the files', () => {
  test('the parser does not throw, and each finding is inside its file', () => {
    fc.assert(
      fc.property(TEXT, TEXT, (main, drop) => {
        const sources: SourceFile[] = [
          { file: MAIN, text: main, main: true },
          { file: '/drop', text: drop, main: false },
        ];
        const { findings, configuration } = parseConfiguration(sources);
        const lines = new Map(sources.map(({ file, text }) => [file, linesOf(text)]));
        expect(findings.filter((finding) => !isSound(finding, lines))).toEqual([]);
        expect(JSON.parse(JSON.stringify(configuration))).toEqual(configuration);
        expect(mergeConfiguration(configuration).source).toBe(configuration);
      }),
      { numRuns: 300 },
    );
  });

  test('large files are read in time that grows linearly with them', () => {
    // If a search went back over the text for each of these, the test would not end in time.
    for (const part of [
      'x',
      'x y\n',
      'defaults {\n',
      '"',
      '""',
      '{',
      '}\n',
      'devnode (\n',
      '\0',
      '\ufffd\n',
      '\r',
      'polling_intervall 5\n',
      `${'q'.repeat(39)} 5\n`,
      'blacklist {\nwwid x\n}\n',
      'multipaths {\nmultipath {\nwwid x\nalias y\n}\n}\n',
    ]) {
      const text = part.repeat(Math.ceil(60_000 / part.length));
      expect(parse(text).findings.length).toBeLessThan(1100);
    }
  });
});

/** Values that a keyword accepts without a finding. */
const TAKEN: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  (['defaults', 'devices', 'overrides', 'protocol', 'multipaths'] as const).flatMap((section) =>
    keywordsIn(section).map((name) => {
      const keyword = keywordOf(name);
      const candidates = [
        'yes',
        'no',
        '0',
        '1',
        '3',
        '120',
        '4100',
        '0640',
        'max',
        'off',
        'infinity',
        'queue',
        'fail',
        'immediate',
        'once',
        'always',
        'never',
        'strict',
        'smart',
        'on',
        'grow_only',
        'uniform',
        'alua',
        'rdac',
        'tur',
        'hp3par',
        'multibus',
        'group_by_tpg',
        'service-time 0',
        'round-robin 0',
        '1 alua',
        '2 pg_init_retries 50',
        'sd:ID_SERIAL',
        'some text',
        'a "b" c',
        '^a(b|c)$',
        ...PROTOCOLS.slice(0, 3),
      ];
      return [
        name,
        keyword === null
          ? []
          : candidates.filter((text) =>
              isTaken(KEYWORDS[keyword].read(text, name, { uid: () => null, gid: () => null })),
            ),
      ];
    }),
  ),
);

function isTaken(result: { taken: string; complaint?: unknown }): boolean {
  return result.taken === 'value' && result.complaint === null;
}

function linesIn(section: Section, without: readonly string[]): fc.Arbitrary<string> {
  const names = keywordsIn(section).filter(
    (name) =>
      !without.includes(name) && name !== 'checker' && name !== 'reservation_key' && (TAKEN[name]?.length ?? 0) > 0,
  );
  return fc
    .uniqueArray(fc.constantFrom(...names), { maxLength: 8 })
    .chain((chosen) =>
      fc.tuple(
        ...chosen.map((name) => fc.constantFrom(...(TAKEN[name] ?? [])).map((value) => `${name} ${quotedText(value)}`)),
      ),
    )
    .map((lines) => lines.join('\n'));
}

const SOUND = fc.record({
  defaults: linesIn('defaults', ['polling_interval', 'max_polling_interval']),
  overrides: linesIn('overrides', []),
  devices: fc.uniqueArray(
    fc.tuple(fc.constantFrom('A', 'B', 'C "x"'), linesIn('devices', ['vendor', 'product', 'revision'])),
    { maxLength: 3, selector: ([name]) => name },
  ),
  protocols: fc.uniqueArray(fc.tuple(fc.constantFrom(...PROTOCOLS.slice(0, 4)), linesIn('protocol', ['type'])), {
    maxLength: 2,
    selector: ([name]) => name,
  }),
  multipaths: fc.uniqueArray(fc.tuple(fc.constantFrom('w1', 'w2', 'w3'), linesIn('multipaths', ['wwid', 'alias'])), {
    maxLength: 3,
    selector: ([name]) => name,
  }),
  blacklist: fc.array(
    fc.tuple(
      fc.constantFrom('devnode', 'wwid', 'property', 'protocol'),
      fc.constantFrom('^sd', '!^sd', '\\!x', 'a "b"', '.*'),
    ),
    { maxLength: 5 },
  ),
});

function written(sound: typeof SOUND extends fc.Arbitrary<infer T> ? T : never): string {
  const section = (name: string, lines: string): string => `${name} {\n${lines}\n}\n`;
  return [
    section('defaults', sound.defaults),
    section(
      'blacklist',
      sound.blacklist.map(([criterion, pattern]) => `${criterion} ${quotedText(pattern)}`).join('\n'),
    ),
    section(
      'devices',
      sound.devices
        .map(([name, lines]) => section('device', `vendor ${quotedText(name)}\nproduct ".*"\n${lines}`))
        .join(''),
    ),
    section(
      'overrides',
      sound.overrides +
        '\n' +
        sound.protocols.map(([type, lines]) => section('protocol', `type ${type}\n${lines}`)).join(''),
    ),
    section(
      'multipaths',
      sound.multipaths.map(([wwid, lines]) => section('multipath', `wwid ${wwid}\nalias a${wwid}\n${lines}`)).join(''),
    ),
  ].join('');
}

/** The values without their places. */
function values(block: Block): object {
  return Object.fromEntries(Object.entries(block).map(([keyword, stated]) => [keyword, stated?.value]));
}

/** The configuration without its built-in parts, which stand first among the devices and last among the rules. */
function meaning(configuration: Configuration, of: Configuration): object {
  const { defaults, overrides, devices, protocols, multipaths, blacklist } = configuration;
  const rules = (['devnode', 'wwid', 'property', 'protocol'] as const).map((name) => {
    const texts = new Set(blacklist[name].map(({ pattern, inverted }) => `${String(inverted)} ${pattern}`));
    return [...texts].slice(
      0,
      new Set(of.blacklist[name].map(({ pattern, inverted }) => `${String(inverted)} ${pattern}`)).size,
    );
  });
  const stated = Object.keys(of.defaults).map((keyword) => [
    keyword,
    Object.entries(values(defaults)).find(([name]) => name === keyword)?.[1],
  ]);
  return {
    defaults: stated,
    overrides: values(overrides),
    devices: devices.slice(devices.length - of.devices.length).map(values),
    protocols: protocols.map(values),
    multipaths: multipaths.map(values),
    rules,
  };
}

test('the printed form of a configuration is read back as the same configuration', () => {
  fc.assert(
    fc.property(SOUND, (sound) => {
      const first = parse(written(sound));
      expect(first.findings.filter(({ code }) => code !== 'no-effect')).toEqual([]);
      const merged = mergeConfiguration(first.configuration);
      const again = parse(showConfiguration(merged, merged.rules));
      expect(again.findings.filter(({ code }) => code !== 'no-effect')).toEqual([]);
      const remerged = mergeConfiguration(again.configuration);
      expect(showConfiguration(remerged, remerged.rules)).toBe(showConfiguration(merged, merged.rules));
      expect(meaning(again.configuration, first.configuration)).toEqual(
        meaning(first.configuration, first.configuration),
      );
    }),
    { numRuns: 50 },
  );
});
