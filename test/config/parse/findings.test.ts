import { aboutFile, formatFinding, logLine, messageLine, type Finding } from '../../../src/config/parse/findings';
import { crossCheckFindings } from '../../../src/config/parse/crossChecks';
import { MAIN, parse } from './parsing';

function finding(more: Partial<Finding>): Finding {
  return {
    severity: 'warning',
    code: 'bad-value',
    file: MAIN,
    line: 2,
    column: 2,
    length: 3,
    text: ' abc def',
    message: `${MAIN} line 2, it is wrong`,
    hint: null,
    ...more,
  };
}

describe('formatFinding', () => {
  test('place, message, the line with a marker, and the hint', () => {
    const [first] = parse('defaults {\n\tpoling_interval 5\n}\n').findings;
    expect(first === undefined ? '' : formatFinding(first)).toBe(
      [
        `${MAIN}:2:2: warning: invalid keyword in the defaults section: poling_interval`,
        '     poling_interval 5',
        '     ^~~~~~~~~~~~~~~',
        '    did you mean polling_interval?',
      ].join('\n'),
    );
  });

  test('a file as a whole has no line', () => {
    expect(formatFinding(aboutFile(MAIN, 'error', 'unusable', 'error parsing config file', null))).toBe(
      `${MAIN}: error: error parsing config file`,
    );
  });

  test('a message without a place in front stays whole', () => {
    expect(formatFinding(finding({ message: "missing '}' at end of it" }))).toContain(
      `${MAIN}:2:2: warning: missing '}' at end of it\n`,
    );
  });

  test('no part of it can control a terminal', () => {
    const evil = '\u001b[2J\u0007\u009b\r\u2028\ud800';
    const text = formatFinding(
      finding({ file: `/etc/${evil}`, text: ` abc ${evil}`, message: `it ${evil}`, hint: `did you mean ${evil}?` }),
    );
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\ud800-\udfff]/);
    expect(text.split('\n').length).toBe(4);
  });

  test.each([
    ['at the beginning', 1],
    ['in the middle', 5000],
    ['at the end', 9998],
  ])('of a long line only a part is shown: %s', (_, column) => {
    const line = `${'-'.repeat(column - 1)}abc${'-'.repeat(10_000 - column - 2)}`;
    const [, shown = '', marker = ''] = formatFinding(finding({ text: line, column, length: 3 })).split('\n');
    expect(shown.length).toBeLessThan(130);
    expect(shown.slice(marker.indexOf('^'), marker.length)).toBe('abc');
  });

  test('a marker ends with the line', () => {
    const [, shown = '', marker = ''] = formatFinding(finding({ text: 'abc', column: 2, length: 1000 })).split('\n');
    expect([shown, marker]).toEqual(['    abc', '     ^~']);
  });
});

test('a line of the log is a single line, and bounded', () => {
  expect(messageLine(finding({ message: `a\nb${'c'.repeat(100_000)}` }))).toMatch(/^a\\x0abc{400,600}…$/);
  expect(logLine(finding({ hint: 'did you mean x?' }))).toBe(`${MAIN} line 2, it is wrong (did you mean x?)`);
  expect(logLine(finding({}))).toBe(`${MAIN} line 2, it is wrong`);
});

describe('crossCheckFindings', () => {
  const files = [{ file: MAIN, text: 'defaults {\n\treservation_key 0x12 # mine\n}\n', main: true }];

  test('have the line that they concern', () => {
    expect(crossCheckFindings([{ severity: 'warning', text: 'it clashes', file: MAIN, line: 1 }], files)).toEqual([
      {
        severity: 'warning',
        code: 'cross-check',
        file: MAIN,
        line: 1,
        column: 1,
        length: 8,
        text: 'defaults {',
        message: `${MAIN} line 1, it clashes`,
        hint: null,
      },
    ]);
  });

  test('do not show a reservation key', () => {
    expect(crossCheckFindings([{ severity: 'warning', text: 'it clashes', file: MAIN, line: 2 }], files)[0]?.text).toBe(
      '\treservation_key **** * ****',
    );
  });

  test.each([
    ['no place', null, null],
    ['a line that is not there', MAIN, 9],
    ['another file', '/elsewhere', 1],
  ])('concern the whole configuration if they have %s', (_, file, line) => {
    expect(crossCheckFindings([{ severity: 'warning', text: 'it clashes', file, line }], files)).toEqual([
      {
        severity: 'warning',
        code: 'cross-check',
        file: file ?? '',
        line: 0,
        column: 0,
        length: 0,
        text: '',
        message: 'it clashes',
        hint: null,
      },
    ]);
  });
});
