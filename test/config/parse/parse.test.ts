import type { BlacklistRule, Configuration } from '../../../src/config/configuration';
import { effective, isOwn, MAIN, parse, told } from './parsing';

/** The findings for a text, without those for keywords that have no effect yet. */
function toldOf(text: string, drops: Record<string, string> = {}): string[] {
  return effective(parse(text, drops).findings).map(told);
}

function values(block: Configuration['defaults'] | undefined): Record<string, unknown> {
  return Object.fromEntries(Object.entries(block ?? {}).map(([keyword, stated]) => [keyword, stated?.value]));
}

function patterns(rules: readonly BlacklistRule[]): string[] {
  return rules.map(({ pattern, inverted }) => `${inverted ? 'not ' : ''}${pattern}`);
}

describe('sections', () => {
  test('all sections, with file and line of each value', () => {
    const { configuration, findings, usable } = parse(`# all
defaults {
	verbosity 3
}
blacklist {
	devnode "^sd[x-z]"
	devnode "!^sd"
	wwid "\\!3600.*"
	property ID_ATA
	protocol "scsi:sas"
	device {
		vendor FOO
		product "!BAR"
	}
	device {
		vendor FOO
	}
}
blacklist_exceptions {
	wwid 36001
}
devices {
	device {
		vendor "A"
		product "B"
		rr_weight priorities
	}
}
overrides {
	prio alua
	protocol {
		type scsi:fcp
	}
}
multipaths {
	multipath {
		wwid 3600a
		alias red
	}
}
`);
    expect(findings).toEqual([]);
    expect(usable).toBe(true);
    expect(configuration.files).toEqual([MAIN]);
    expect(configuration.defaults).toEqual({ verbosity: { value: 3, file: MAIN, line: 3 } });
    expect(configuration.blacklist).toEqual({
      devnode: [
        { pattern: '^sd[x-z]', inverted: false, file: MAIN, line: 6 },
        { pattern: '^sd', inverted: true, file: MAIN, line: 7 },
      ],
      wwid: [{ pattern: '!3600.*', inverted: false, file: MAIN, line: 8 }],
      property: [{ pattern: 'ID_ATA', inverted: false, file: MAIN, line: 9 }],
      protocol: [{ pattern: 'scsi:sas', inverted: false, file: MAIN, line: 10 }],
      device: [
        {
          vendor: { pattern: 'FOO', inverted: false, file: MAIN, line: 12 },
          product: { pattern: 'BAR', inverted: true, file: MAIN, line: 13 },
        },
        { vendor: { pattern: 'FOO', inverted: false, file: MAIN, line: 16 }, product: null },
      ],
    });
    expect(patterns(configuration.exceptions.wwid)).toEqual(['36001']);
    expect(configuration.devices.map(values)).toEqual([{ vendor: 'A', product: 'B', rr_weight: 'priorities' }]);
    expect(values(configuration.overrides)).toEqual({ prio: 'alua' });
    expect(configuration.protocols.map(values)).toEqual([{ type: 'scsi:fcp' }]);
    expect(configuration.multipaths.map(values)).toEqual([{ wwid: '3600a', alias: 'red' }]);
  });

  test('a repeated section adds to the first; of a repeated keyword the last value counts', () => {
    const text = 'defaults {\n verbosity 3\n prio alua\n}\ndefaults {\n verbosity 4\n verbosity 1\n}\n';
    expect(values(parse(text).configuration.defaults)).toEqual({ verbosity: 1, prio: 'alua' });
    expect(toldOf(text)).toEqual([
      '5:1 duplicate-keyword: duplicate keyword: defaults; it adds to the first',
      '7:2 duplicate-keyword: duplicate keyword: verbosity; the last one counts',
    ]);
  });

  test('files are read in their order, and the later value counts', () => {
    const parsed = parse('defaults {\n verbosity 3\n prio alua\n}\n', {
      a: 'defaults {\n verbosity 1\n}\n',
      b: 'defaults {\n verbosity x\n}\n',
    });
    expect(parsed.configuration.files).toEqual([MAIN, 'a', 'b']);
    expect(parsed.configuration.defaults.verbosity).toEqual({ value: 1, file: 'a', line: 2 });
    expect(values(parsed.configuration.defaults)).toEqual({ verbosity: 1, prio: 'alua' });
    expect(parsed.findings.map(({ code, file }) => [code, file])).toEqual([['bad-value', 'b']]);
  });

  test('0 unsets a value that was set before it in the section', () => {
    expect(values(parse('defaults {\n failback immediate\n failback 0\n}\n').configuration.defaults)).toEqual({});
  });

  test('a bad value leaves the value before it', () => {
    expect(
      values(
        parse('defaults {\n find_multipaths on\n}\ndefaults {\n find_multipaths maybe\n}\n').configuration.defaults,
      ),
    ).toEqual({ find_multipaths: 'on' });
  });

  test('an empty file, and a file without a line end', () => {
    expect(parse('').findings).toEqual([]);
    expect(values(parse('defaults {\n verbosity 3\n}').configuration.defaults)).toEqual({ verbosity: 3 });
  });

  test('line ends of other systems', () => {
    const { configuration, findings } = parse('defaults {\r\n verbosity 3\r\n}\r\n');
    expect([values(configuration.defaults), findings]).toEqual([{ verbosity: 3 }, []]);
    expect(toldOf('defaults {\r verbosity 3\r}\r')).toEqual([
      '1:10 ends-early: what is behind a carriage return or a zero byte is ignored',
      `1:1 missing-brace: missing '}' at end of ${MAIN}; defaults begins here and is not closed`,
    ]);
  });
});

describe('broken lines', () => {
  test.each<[string, string, string[]]>([
    [
      'a mistyped keyword',
      'defaults {\n\tpoling_interval 5\n}\n',
      ['2:2 unknown-keyword: invalid keyword in the defaults section: poling_interval; did you mean polling_interval?'],
    ],
    [
      'a mistyped section',
      'defualts {\n verbosity 2\n}\n',
      [
        '1:1 unknown-keyword: invalid keyword: defualts; did you mean defaults?',
        '2:2 unknown-keyword: invalid keyword: verbosity; it belongs into defaults',
        `3:1 unmatched-brace: unmatched '}' at line 3 of ${MAIN}; no section is open here`,
        '3:1 unknown-keyword: invalid keyword: }',
      ],
    ],
    [
      'a keyword of another section',
      'defaults {\n hardware_handler "1 alua"\n}\n',
      [
        '2:2 unknown-keyword: invalid keyword in the defaults section: hardware_handler; it belongs into a device in devices',
      ],
    ],
    [
      'a keyword of two other sections',
      'overrides {\n mode 0600\n}\n',
      [
        '2:2 unknown-keyword: invalid keyword in the overrides section: mode; it belongs into defaults, or a multipath in multipaths',
      ],
    ],
    [
      'a criterion outside a blacklist',
      'devices {\n devnode sda\n}\n',
      [
        '2:2 unknown-keyword: invalid keyword in the devices section: devnode; it belongs into blacklist or blacklist_exceptions',
      ],
    ],
    [
      'a section in another',
      'defaults {\nmultipaths {\n}\n}\n',
      [
        '2:1 unknown-keyword: invalid keyword in the defaults section: multipaths; it is a section of its own: close the one before with }',
        `4:1 unmatched-brace: unmatched '}' at line 4 of ${MAIN}; no section is open here`,
        '4:1 unknown-keyword: invalid keyword: }',
      ],
    ],
    [
      'a device on its own',
      'device {\n}\n',
      [
        '1:1 unknown-keyword: invalid keyword: device; it belongs into devices, blacklist or blacklist_exceptions',
        `2:1 unmatched-brace: unmatched '}' at line 2 of ${MAIN}; no section is open here`,
        '2:1 unknown-keyword: invalid keyword: }',
      ],
    ],
    [
      'a keyword in quotes',
      'defaults {\n "verbosity" 3\n}\n',
      [
        "2:12 extra-data: ignoring extra data starting with ''; a value of several words must stand in quotes",
        '2:2 unknown-keyword: invalid keyword in the defaults section: ; a keyword does not stand in quotes',
      ],
    ],
    [
      'sections that are not closed',
      'devices {\n device {\n',
      [
        `2:2 missing-brace: missing '}' at end of ${MAIN}; device begins here and is not closed`,
        `1:1 missing-brace: missing '}' at end of ${MAIN}; devices begins here and is not closed`,
        `2:2 no-vendor-or-product: device config in ${MAIN} missing vendor or product parameter; it has no vendor, and is ignored`,
      ],
    ],
    [
      'a section without a brace',
      'defaults\n verbosity 3\n}\n',
      ["1:1 no-opening-brace: missing '{'; write defaults {"],
    ],
    [
      'a section with something else',
      'defaults [\n verbosity 3\n}\n',
      [`1:10 not-a-brace: expecting '{'. found '['; write defaults {`],
    ],
    [
      'a protocol section without a brace',
      'overrides {\nprotocol\ntype ccw\n}\n}\n',
      ["2:1 no-opening-brace: missing '{'; write protocol {"],
    ],
    [
      'a brace on the next line',
      'defaults\n{\n verbosity 3\n}\n',
      [
        "1:1 no-opening-brace: missing '{'; write defaults {",
        "2:1 stray-brace: invalid keyword '{'; it belongs on the line of the section that it opens",
      ],
    ],
    [
      'a section on one line',
      'defaults { verbosity 3 }\n}\n',
      [
        "1:12 extra-data: ignoring extra data starting with 'verbosity'; what is in the section begins on the next line",
      ],
    ],
    [
      'something behind a closing brace',
      'defaults {\n} else\n',
      ["2:3 extra-data: ignoring extra data starting with 'else'; a } stands alone on its line"],
    ],
    [
      'two words without quotes',
      'defaults {\n prio_args hbtl 2\n}\n',
      ["2:17 extra-data: ignoring extra data starting with '*'; a value of several words must stand in quotes"],
    ],
    [
      'quotes that are not closed',
      'defaults {\n prio_args "hbtl # 2\n}\n',
      ['2:12 no-closing-quote: missing closing quotes; the rest of the line is the value'],
    ],
    ['no value', 'defaults {\n verbosity\n}\n', ["2:2 no-value: missing value for option 'verbosity'"]],
    [
      'a value behind =',
      'defaults {\n verbosity=3\n}\n',
      ["2:2 no-value: missing value for option 'verbosity=3'; write verbosity 3, without ="],
    ],
    [
      'an inverted pattern without quotes',
      'blacklist {\n devnode !^sd\n}\n',
      [
        "2:2 no-value: missing value for option 'devnode'; a ! that is not in quotes begins a comment: put the value in quotes",
      ],
    ],
    [
      'a comment in a word',
      'defaults {\n alias_prefix a#b\n}\n',
      ['2:16 comment-in-word: a comment begins in the middle of a word; a # that is not in quotes begins a comment'],
    ],
    ['an empty pattern', 'blacklist {\n wwid ""\n}\n', ['2:7 matches-all: an empty pattern matches everything']],
    [
      'bytes that are not UTF-8',
      'defaults {\n# f\ufffdr\n# \ufffd\n}\n',
      ['2:4 encoding: not UTF-8; what is not ASCII counts only in quotes; save the file as UTF-8'],
    ],
    [
      'a line that is too long',
      `defaults {\n prio_args "${'x'.repeat(1100)}"\n}\n`,
      ['2:1024 long-line: longer than 1023 bytes; multipathd would take the rest for another line'],
    ],
    [
      'a wwid that no map has',
      'multipaths {\nmultipath {\n wwid "a b"\n}\n}\n',
      ['3:8 unusable-name: wwid "a b" is that of no map: it has blanks or slashes'],
    ],
  ])('%s', (_, text, expected) => {
    expect(toldOf(text).map((line) => line.replace(`${MAIN} line `, 'line '))).toEqual(expected);
    expect(parse(text).usable).toBe(true);
  });

  test('the values that are read in spite of a fault', () => {
    expect(values(parse('defaults\n verbosity 3\n}\n').configuration.defaults)).toEqual({ verbosity: 3 });
    expect(values(parse('defaults { verbosity 3 }\n verbosity 1\n}\n').configuration.defaults)).toEqual({
      verbosity: 1,
    });
    expect(values(parse('defaults {\n prio_args "hbtl # 2\n}\n').configuration.defaults)).toEqual({
      prio_args: 'hbtl # 2',
    });
    expect(values(parse('defaults {\n verbosity 1').configuration.defaults)).toEqual({ verbosity: 1 });
    expect(patterns(parse(`blacklist {\n wwid ${'x'.repeat(1100)}\n}\n`).configuration.blacklist.wwid)).toEqual([
      'x'.repeat(1100),
    ]);
  });
});

describe('faults that make the main file unusable', () => {
  test.each([
    [
      'a pattern that is none',
      'blacklist {\n devnode "*"\n}\n',
      '2:11 refused: parsing failed:  devnode "*"; nothing to repeat before *; did you mean ".*"? It is an extended regular expression',
    ],
    [
      'a pattern in exceptions',
      'blacklist_exceptions {\n wwid "!a["\n}\n',
      '2:10 refused: parsing failed:  wwid "!a["; [ without ]',
    ],
    [
      'a pattern of a device',
      'blacklist {\ndevice {\n product (\n}\n}\n',
      '3:10 refused: parsing failed:  product (; ( without )',
    ],
    [
      'a reservation key that is none',
      'defaults {\n reservation_key 0xzz\n}\n',
      '2:18 refused: parsing failed:  reservation_key ****; it is file, or up to 16 hex digits, not all of them 0',
    ],
  ])('%s, but a drop-in stays usable', (_, text, refused) => {
    const main = parse(text);
    expect(main.usable).toBe(false);
    expect(main.findings.map(told)).toEqual([refused, expect.stringContaining('unusable: error parsing config file')]);
    const drop = parse('', { drop: text });
    expect(drop.usable).toBe(true);
    expect(drop.findings.map(({ code, severity }) => [code, severity])).toEqual([['refused', 'warning']]);
    expect(drop.configuration).toEqual({
      ...parse('').configuration,
      files: [MAIN, 'drop'],
      ...(text.includes('device {') ? { blacklist: expect.anything() } : {}),
    });
  });

  test.each(['main', 'drop-in'])('zero bytes in a %s: the file is no text', (which) => {
    const text = 'defaults {\n verbosity 3\n}\0\0\0 and more\n';
    const { usable, findings } = which === 'main' ? parse(text) : parse('', { drop: text });
    expect(usable).toBe(false);
    const file = which === 'main' ? MAIN : 'drop';
    expect(findings.map(({ message }) => message)).toEqual([
      `${file} line 3, what is behind a carriage return or a zero byte is ignored`,
      `${file} is no text: there is a zero byte on line 3`,
    ]);
  });

  test('all other faults are reported as well', () => {
    const { findings } = parse('blacklist {\n devnode "*"\n}\ndefaults {\n verbosty 3\n}\n', {
      drop: 'defaults {\n verbosity x\n}\n',
    });
    expect(findings.map(({ code }) => code)).toEqual(['refused', 'unknown-keyword', 'unusable', 'bad-value']);
  });
});

describe('sections about the same subject', () => {
  test('devices with the same names become one, in the place of the last, also across files', () => {
    const device = (vendor: string, more: string): string => ` device {\n vendor ${vendor}\n product P\n ${more}\n }\n`;
    const main = `devices {\n${device('A', 'prio emc')}${device('B', 'prio hds')}${device('A', 'features 0')}}\n`;
    const { configuration, findings } = parse(main, { drop: `devices {\n${device('B', 'prio_args x')}}\n` });
    expect(configuration.devices.map(values)).toEqual([
      { vendor: 'A', product: 'P', prio: 'emc', features: '0' },
      { vendor: 'B', product: 'P', prio: 'hds', prio_args: 'x' },
    ]);
    expect(configuration.devices[1]?.prio).toEqual({ value: 'hds', file: MAIN, line: 10 });
    expect(effective(findings).map(told)).toEqual([
      `12:2 duplicate-section: factorize_hwtable: duplicate device section for A:P:(null) in ${MAIN}; it adds to that of line 2`,
    ]);
  });

  test('devices with different revisions stay apart', () => {
    const text = 'devices {\ndevice {\nvendor A\nproduct P\n}\ndevice {\nvendor A\nproduct P\nrevision 1\n}\n}\n';
    expect(parse(text).configuration.devices.length).toBe(2);
  });

  test('sections without their subject are dropped', () => {
    const text =
      'devices {\ndevice {\nvendor A\n}\n}\nmultipaths {\nmultipath {\nalias a\n}\n}\noverrides {\nprotocol {\neh_deadline 5\n}\n}\n';
    const { configuration } = parse(text);
    expect([configuration.devices, configuration.multipaths, configuration.protocols]).toEqual([[], [], []]);
    expect(toldOf(text)).toEqual([
      `2:1 no-vendor-or-product: device config in ${MAIN} missing vendor or product parameter; it has no product, and is ignored`,
      `12:1 no-type: protocol section in ${MAIN} missing type; it is ignored`,
      '7:1 no-wwid: multipaths config section missing wwid; it is ignored',
    ]);
  });

  test('multipaths with one WWID and protocols with one type become one', () => {
    const { configuration, findings } = parse(
      'multipaths {\nmultipath {\nwwid w\nalias a\nprio emc\n}\n}\noverrides {\nprotocol {\ntype ccw\neh_deadline 5\n}\n}\n',
      {
        drop: 'multipaths {\nmultipath {\nwwid w\nalias b\n}\n}\noverrides {\nprotocol {\ntype ccw\ndev_loss_tmo 9\n}\n}\n',
      },
    );
    expect(configuration.multipaths.map(values)).toEqual([{ wwid: 'w', alias: 'b', prio: 'emc' }]);
    expect(configuration.protocols.map(values)).toEqual([{ type: 'ccw', eh_deadline: 5, dev_loss_tmo: 9 }]);
    expect(effective(findings).map(({ message, file }) => [message, file])).toEqual([
      ['merge_mptable: duplicate multipath config section for w', 'drop'],
    ]);
  });

  test('an alias leads to one map: to the first WWID in the order of bytes', () => {
    const section = (wwid: string, alias: string): string => `multipath {\nwwid ${wwid}\nalias ${alias}\n}\n`;
    const { configuration, findings } = parse(
      `multipaths {\n${section('w2', 'red')}${section('w1', 'red')}${section('w3', 'blue')}}\n`,
    );
    expect(configuration.multipaths.map(values)).toEqual([
      { wwid: 'w2' },
      { wwid: 'w1', alias: 'red' },
      { wwid: 'w3', alias: 'blue' },
    ]);
    expect(findings.map(told)).toEqual([
      '2:1 alias-twice: ERROR: alias "red" bound to multiple wwids in multipath.conf, discarding binding to w2; it stays with w1',
    ]);
  });

  test('an alias is never the WWID of another map; it may be the WWID of its own map', () => {
    const { configuration, findings } = parse(
      'multipaths {\nmultipath {\nwwid w1\nalias w2\n}\nmultipath {\nwwid w2\nalias w2\n}\n}\n',
    );
    expect(configuration.multipaths.map(values)).toEqual([{ wwid: 'w1' }, { wwid: 'w2', alias: 'w2' }]);
    expect(findings.map(({ code, severity }) => [code, severity])).toEqual([['alias-is-wwid', 'error']]);
  });
});

describe('polling_interval', () => {
  test.each<[string, string, unknown]>([
    ['what is no number leaves the one before', 'polling_interval 7\n polling_interval x', { polling_interval: 7 }],
    ['without a longest interval it has no effect', 'polling_interval x', {}],
    ['0 is no interval', 'polling_interval 0', {}],
    [
      'with a longest interval it is that, as multipathd has it',
      'polling_interval x\n max_polling_interval 20',
      { polling_interval: 20, max_polling_interval: 20 },
    ],
  ])('%s', (_, lines, expected) => {
    expect(values(parse(`defaults {\n ${lines}\n}\n`).configuration.defaults)).toEqual(expected);
  });
});

describe('reservation keys', () => {
  test('are in no finding and in no configuration', () => {
    const { findings, configuration } = parse(
      'defaults {\n reservation_key 0xabcdef12 more\n reservation_key 0xabcdef12#x\n}\n',
    );
    expect(findings.length).toBeGreaterThan(2);
    expect(JSON.stringify([findings, configuration])).not.toContain('abcdef12');
    expect(findings[0]?.text).toBe(' reservation_key ********** ****');
  });
});

test('there are not more findings than anybody can read', () => {
  const { findings } = parse('x y\n'.repeat(3000));
  expect(findings.length).toBe(1001);
  expect(findings.at(-1)).toMatchObject({ code: 'too-many', message: '2000 more findings are not shown', line: 0 });
  const refused = parse(`${'x y\n'.repeat(3000)}blacklist {\ndevnode "*"\n}\n`);
  expect(refused.usable).toBe(false);
  expect(refused.findings.map(({ code }) => code)).toContain('unusable');
});

test('a finding that multipathd does not report has a code of its own', () => {
  const { findings } = parse('defaults {\n failback 0\n prio x\n verbosity 9\n}\n');
  expect(findings.map((finding) => [finding.code, isOwn(finding)])).toEqual([
    ['zero-is-unset', true],
    ['unknown-name', true],
    ['capped', false],
  ]);
});
