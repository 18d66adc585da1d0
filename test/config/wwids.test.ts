import fc from 'fast-check';
import { addWwids, formatWwids, isListable, parseWwids, removeWwid, type TextPatch } from '../../src/config/wwids';

const HEADER = `# Multipath wwids, Version : 1.0
# NOTE: This file is automatically maintained by multipath and multipathd.
# You should not need to edit this file in normal circumstances.
#
# Valid WWIDs:
`;

const wwid = fc.stringMatching(/^[!-~]{1,127}$/).filter((text) => !/[/#]/.test(text));
const wwidList = fc.array(wwid, { maxLength: 20 });

function patched(text: string, patches: readonly TextPatch[]): string {
  return patches.reduce((old, { at, text: fresh }) => old.slice(0, at) + fresh + old.slice(at + fresh.length), text);
}

const added = (text: string, wwids: readonly string[]): string => {
  const patch = addWwids(text, wwids);
  return patch === null ? text : patched(text, [patch]);
};

describe('parseWwids', () => {
  test.each<[string, string, string[]]>([
    ['nothing', '', []],
    ['a header', HEADER, []],
    ['entries', `${HEADER}/3600/\n/eui.0025/\n`, ['3600', 'eui.0025']],
    ['an entry twice', '/3600/\n/3600/\n', ['3600']],
    ['a removed entry', '#3600/\n/3601/\n', ['3601']],
    ['an entry that is not at the beginning of its line', ' /3600/\n', []],
    ['a word without slashes', '3600\n', []],
    ['text after an entry', '/3600/ a comment\n/3601/\r\n', ['3600', '3601']],
    ['a last line without its end', '/3600/\n/3601/', ['3600', '3601']],
  ])('%s', (_, text, wwids) => {
    expect(parseWwids(text)).toEqual({ wwids, warnings: [] });
  });

  test.each([
    ['/3600', 'line 1: no "/" after the WWID, ignored'],
    ['/3600\n/3601/', 'line 1: no "/" after the WWID, ignored'],
    ['//', 'line 1: not a WWID, ignored'],
    ['/36 00/', 'line 1: not a WWID, ignored'],
    ['/36\u00e9/', 'line 1: not a WWID, ignored'],
    ['/36#00/', 'line 1: not a WWID, ignored'],
    [`\n/${'3'.repeat(128)}/`, 'line 2: not a WWID, ignored'],
  ])('%j gives the warning: %s', (text, warning) => {
    expect(parseWwids(text).warnings).toEqual([warning]);
    expect(parseWwids(text).wwids).toEqual(text.includes('3601') ? ['3601'] : []);
  });

  test('reads any text without throwing, and gives only WWIDs that can be written again', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'/#36 \n\r\0\u00e9') }), (text) => {
        expect(parseWwids(text).wwids.every(isListable)).toBe(true);
      }),
    );
  });
});

describe('addWwids', () => {
  test('writes the header into an empty file', () => {
    expect(added('', ['3600'])).toBe(`${HEADER}/3600/\n`);
    expect(formatWwids(['3600', '3600'])).toBe(`${HEADER}/3600/\n`);
  });

  test('appends, and keeps the old contents', () => {
    expect(added('# mine\n/3600/\nnonsense\n', ['3601', '3600', '3601'])).toBe('# mine\n/3600/\nnonsense\n/3601/\n');
  });

  test('has nothing to do if all WWIDs are there', () => {
    expect(addWwids('/3600/\n', ['3600'])).toBeNull();
    expect(addWwids('', [])).toBeNull();
  });

  test.each(['/3600', '/3600/', '# no end'])('begins a new line after %j', (text) => {
    expect(added(text, ['3601'])).toBe(`${text}\n/3601/\n`);
    expect(parseWwids(added(text, ['3601'])).wwids).toContain('3601');
  });

  test('a WWID that was removed is appended again', () => {
    expect(added('#3600/\n', ['3600'])).toBe('#3600/\n/3600/\n');
  });

  test('afterwards the file has the old and the new WWIDs', () => {
    fc.assert(
      fc.property(wwidList, wwidList, (before, after) => {
        const text = added(added('', before), after);
        expect(new Set(parseWwids(text).wwids)).toEqual(new Set([...before, ...after]));
        expect(parseWwids(text).warnings).toEqual([]);
      }),
    );
  });

  test('if a write is cut off anywhere, the file still has the old WWIDs, and WWIDs can be added to it', () => {
    fc.assert(
      fc.property(wwidList, wwid, fc.nat(), (before, fresh, cut) => {
        const old = formatWwids(before);
        const whole = added(old, [fresh]);
        const torn = whole.slice(0, old.length + (cut % (whole.length - old.length + 1)));
        const known = parseWwids(torn).wwids;
        expect(known.filter((one) => one !== fresh)).toEqual([...new Set(before)].filter((one) => one !== fresh));
        expect(new Set(parseWwids(added(torn, [fresh])).wwids)).toEqual(new Set([...before, fresh]));
      }),
    );
  });
});

describe('removeWwid', () => {
  test('makes a comment of each line of the WWID, and of no other line', () => {
    const text = `${HEADER}/3600/\n/36/\n/3600/ again\n/36000/\n`;
    expect(patched(text, removeWwid(text, '3600'))).toBe(`${HEADER}#3600/\n/36/\n#3600/ again\n/36000/\n`);
  });

  test('finds the place also after characters that are not ASCII', () => {
    const text = '# \u00e9\u{1f4be}\n/3600/\n';
    expect(patched(text, removeWwid(text, '3600'))).toBe('# \u00e9\u{1f4be}\n#3600/\n');
  });

  test('removes only this WWID, and changes no length', () => {
    fc.assert(
      fc.property(fc.uniqueArray(wwid, { minLength: 1, maxLength: 20 }), fc.nat(), (wwids, pick) => {
        const gone = wwids[pick % wwids.length] ?? '';
        const text = formatWwids(wwids);
        const after = patched(text, removeWwid(text, gone));
        expect(after).toHaveLength(text.length);
        expect(parseWwids(after).wwids).toEqual(wwids.filter((one) => one !== gone));
      }),
    );
  });
});
