/*
 * A configuration as `multipath -t` and `show config` print it: in the grammar of the file, a keyword a line,
 * texts in quotes, in which a quote is doubled.
 */

/** A section with what it holds, in its order. */
export interface PrintedSection {
  readonly name: string;
  readonly values: Array<readonly [keyword: string, value: string]>;
  readonly sections: PrintedSection[];
}

const OPENS = /^\s*(\w+) \{$/;
const COMMENT = /^\s*#/;
const CLOSES = /^\s*\}$/;
/** uid_attrs is printed without quotes. */
const VALUE = /^\s*(\w+) (?:"(.*)"|([^"{}]+))$/;

/** Reads such a text; throws at a line that is of another form. */
export const parsePrinted = (text: string): PrintedSection[] => {
  const file: PrintedSection = { name: 'file', values: [], sections: [] };
  const open = [file];
  for (const line of text.split('\n')) {
    const inner = open[open.length - 1];
    const [, name] = OPENS.exec(line) ?? [];
    const [, keyword, quoted, bare] = VALUE.exec(line) ?? [];
    if (inner === undefined) throw new Error('a section is closed that was not opened');
    if (line.trim() === '' || COMMENT.test(line)) continue;
    if (name !== undefined) {
      const section: PrintedSection = { name, values: [], sections: [] };
      inner.sections.push(section);
      open.push(section);
    } else if (CLOSES.test(line)) open.pop();
    else if (keyword !== undefined) inner.values.push([keyword, quoted?.replaceAll('""', '"') ?? bare ?? '']);
    else throw new Error(`not a line of a printed configuration: ${line}`);
  }
  return file.sections;
};

const valueOf = (section: PrintedSection, keyword: string): string =>
  section.values.find(([key]) => key === keyword)?.[1] ?? '';

/** The entries of the same kind are told apart by these. */
const KEYS: Readonly<Record<string, (section: PrintedSection) => string>> = {
  device: (section) => ['vendor', 'product', 'revision'].map((keyword) => valueOf(section, keyword)).join(':'),
  multipath: (section) => valueOf(section, 'wwid'),
  protocol: (section) => valueOf(section, 'type'),
};

const inner = (outer: string, section: PrintedSection): Array<[string, string]> => {
  const where = `${outer}/${section.name} ${KEYS[section.name]?.(section) ?? ''}`;
  // An entry of a blacklist that says nothing else is a fact, too.
  return [
    [where, 'is there'],
    ...section.values.map(([keyword, value]): [string, string] => [`${where} ${keyword}`, value]),
  ];
};

const isList = (section: PrintedSection): boolean => section.name.startsWith('blacklist');

/**
 * A line for each value. Of the devices in the hardware table only those count that the files name: the built-in ones
 * are compared elsewhere.
 */
export const configurationFacts = (text: string): Array<[string, string]> =>
  parsePrinted(text).flatMap((section) => [
    ...section.values.map(([keyword, value]): [string, string] =>
      isList(section) ? [`${section.name} ${keyword} ${value}`, 'is there'] : [`${section.name} ${keyword}`, value],
    ),
    ...section.sections.flatMap((one) => inner(section.name, one)),
  ]);
