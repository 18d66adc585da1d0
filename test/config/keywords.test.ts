/** A new keyword needs only a row of the table to be read, shown and looked up. */
import type * as Defaults from '../../src/config/defaults';
import type * as Document from '../../src/config/document';
import type * as Effective from '../../src/config/effective';
import type * as Keywords from '../../src/config/keywords';
import type * as Parse from '../../src/config/parse/parse';
import { offOrNumber, yesNo } from '../../src/config/parse/values';
import type * as Show from '../../src/config/show';
import { device, FILE } from './configurations';

const DHOM: readonly Keywords.Section[] = ['defaults', 'devices', 'overrides', 'multipaths'];

/** The invented rows come before all others, so that they are not last in any list by their place in the table. */
const INVENTED = {
  new_limit: { about: 'map', sections: DHOM, read: offOrNumber, default: 'off', effect: 'yes' },
  new_switch: { about: 'path', sections: DHOM, read: yesNo, default: undefined, effect: 'not yet' },
} satisfies Record<string, Keywords.KeywordRow<Keywords.Subject, unknown, unknown>>;

jest.doMock('../../src/config/keywords', () => {
  const actual = jest.requireActual<typeof Keywords>('../../src/config/keywords');
  const KEYWORDS = { ...INVENTED, ...actual.KEYWORDS };
  return { ...actual, KEYWORDS, ALL_KEYWORDS: Object.keys(KEYWORDS) };
});

// These modules are loaded only now, so that they see the longer table.
const { DEFAULTS } = jest.requireActual<typeof Defaults>('../../src/config/defaults');
const { configuredOfMap, configuredOfPath } = jest.requireActual<typeof Document>('../../src/config/document');
const { mergeConfiguration } = jest.requireActual<typeof Effective>('../../src/config/effective');
const { parseConfiguration } = jest.requireActual<typeof Parse>('../../src/config/parse/parse');
const { showConfiguration } = jest.requireActual<typeof Show>('../../src/config/show');

const parse = (text: string): Parse.ParsedConfiguration => parseConfiguration([{ file: FILE, text, main: true }]);

const TEXT = `
defaults {
	new_switch yes
}
devices {
	device {
		vendor V
		product P
		new_limit 3
		vpd_vendor hp3par
	}
}
`;

const config = mergeConfiguration(parse(TEXT).configuration);

test('the new keyword is read, and reported if it has no effect yet', () => {
  const told = parse(TEXT).findings.map(({ code, line, message }) => [code, line, message]);
  expect(told).toEqual([['no-effect', 3, `${FILE} line 3, new_switch has no effect in mpathd yet`]]);
});

test('a misspelt form of it gets a hint', () => {
  const hints = parse('defaults {\n\tnew_swich yes\n}\n').findings.map(({ hint }) => hint);
  expect(hints).toEqual(['did you mean new_switch?']);
});

test('its default holds if nothing sets it', () => {
  expect(DEFAULTS).toHaveProperty('new_limit', 'off');
  expect(DEFAULTS).not.toHaveProperty('new_switch');
});

test('it is listed among the settings of its subject', () => {
  expect(configuredOfMap(config, device('V', 'P'), 'w')).toContainEqual({
    keyword: 'new_limit',
    value: 3,
    origin: { from: 'file', section: 'devices', file: FILE, line: 9 },
  });
  expect(configuredOfMap(config, device('X', 'P'), 'w')).toContainEqual({
    keyword: 'new_limit',
    value: 'off',
    origin: { from: 'default' },
  });
  expect(configuredOfPath(config, device('V', 'P'), null)).toContainEqual({
    keyword: 'new_switch',
    value: true,
    origin: { from: 'file', section: 'defaults', file: FILE, line: 3 },
  });
});

test('it is printed after the keywords of multipathd, and read back unchanged', () => {
  const text = showConfiguration(config, config.rules);
  expect(text).toContain('\trecheck_wwid "no"\n\tnew_limit "no"\n\tnew_switch "yes"\n');
  expect(text).toContain('\t\tvpd_vendor "hp3par"\n\t\tnew_limit 3\n\t}\n');
  const again = mergeConfiguration(parse(text).configuration);
  expect(showConfiguration(again, again.rules)).toBe(text);
});
