import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';

/**
 * Comments and documents name only documents that a reader has: a heading of docs/, a manual page, a section or table
 * of a SCSI standard, a file of the kernel.
 */
const ROOT = join(__dirname, '..', '..');
const SEARCHED = ['src', 'native', 'test', 'spin', 'packaging', 'scripts', 'docs', 'README.md'];
/** Recorded data, and this file with its list of patterns. */
const NO_PROSE = ['test/house/references.test.ts'];
const NO_PROSE_EXTENSIONS = ['.json', '.txt', '.gz', '.bin', '.png'];

const REFUSED: ReadonlyArray<readonly [string, RegExp]> = [
  ['a section by its number', /(?<!\b(?:SPC|SBC|SAM)-\d\s)(?<!\bRFC \d{4}\s)\bsections?\s\d/gi],
  ['"behaviour" as a document', /\bbehaviour\s(?:sections?|document)\b|\bbehaviour\.md\b/gi],
  ['"config" as a document', /\bconfig\.md\b/gi],
  ['"design" as a document that is not docs/design.md', /\bdesign(?:'s)?\ssection|\(design[,:)]/gi],
  ['a rule by its number', /\brules?\s\d\b/gi],
  ['"reference:"', /(?<!CLI commands )\breference:/gi],
  ['"issue:"', /\bissue:|\bissue\s#?\d|\bpoint\s\d\)/gi],
  ['a failure table', /\bfailure\stable\b/gi],
  ['a case of a list by its number', /\bcase\s\d+\sof\b/gi],
];

interface Found {
  line: number;
  what: string;
}

/** The lines without their indent and comment marks, so that a sentence may continue in the next line. */
const unmarked = (text: string): string => text.replace(/[ \t]*\n[ \t]*(?:\*(?!\/)|\/\/|#)?[ \t]*/g, '\n');

function referencesIn(text: string): Found[] {
  const searched = unmarked(text);
  return REFUSED.flatMap(([what, pattern]) =>
    [...searched.matchAll(pattern)].map(({ index }) => ({
      line: searched.slice(0, index).split('\n').length,
      what,
    })),
  );
}

function filesUnder(path: string): string[] {
  const full = join(ROOT, path);
  if (path.endsWith('.md')) return [full];
  return readdirSync(full, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

const isIn = (file: string, folders: readonly string[]): boolean =>
  folders.some((folder) => file === folder || file.startsWith(`${folder}/`));

test.each([
  ['design section 4: no I/O', 1],
  [' * LUN by LUN (design\n * section 3, rule 8)', 2],
  ['/** What maps are called (config.md section 7). */', 1],
  ['/** -1 is undefined: behaviour\n * section 4. */', 2],
  ['first\nsecond\n// (reference: the built-in rule)', 3],
  ['// (issue: point 5)', 1],
  ['// as the failure table says', 1],
  ['/** See rule 4. */', 1],
])('%j has a reference to a document that is not here', (text, line) => {
  expect(referencesIn(text)[0]?.line).toBe(line);
});

test.each([
  '/** SCSI sense data, SPC-4 section 4.5. */',
  '// SPC-4 table 53: the additional length counts from byte 8 on.',
  '/** docs/design.md, "Events are hints". */',
  "'CLI commands reference:'",
  'multipath.conf(5)',
  'the section that it opens',
])('%j may stand', (text) => {
  expect(referencesIn(text)).toEqual([]);
});

test('no reference to a document that is not in the repository', () => {
  const found = SEARCHED.flatMap(filesUnder)
    .map((full) => ({ full, file: relative(ROOT, full) }))
    .filter(({ file }) => !isIn(file, NO_PROSE) && !NO_PROSE_EXTENSIONS.includes(extname(file)))
    .flatMap(({ full, file }) =>
      referencesIn(readFileSync(full, 'utf8')).map(({ line, what }) => `${file}:${line}: ${what}`),
    );
  expect(found).toEqual([]);
});
