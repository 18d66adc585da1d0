/*
 * A configuration as `multipath -t` and `show config` print it: in the grammar of the file, with one keyword on each
 * line, and texts in quotes, in which a quote mark is doubled.
 */

/** A section with its contents, in their order. */
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

/** Reads such a text. Throws at a line of another form. */
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

/** Entries of the same kind are told apart by these keys. */
const KEYS: Readonly<Record<string, (section: PrintedSection) => string>> = {
  device: (section) => ['vendor', 'product', 'revision'].map((keyword) => valueOf(section, keyword)).join(':'),
  multipath: (section) => valueOf(section, 'wwid'),
  protocol: (section) => valueOf(section, 'type'),
};

const inner = (outer: string, section: PrintedSection): Array<[string, string]> => {
  const where = `${outer}/${section.name} ${KEYS[section.name]?.(section) ?? ''}`;
  // An entry of a blacklist without other values is a fact, too.
  return [
    [where, 'is there'],
    ...section.values.map(([keyword, value]): [string, string] => [`${where} ${keyword}`, value]),
  ];
};

const isList = (section: PrintedSection): boolean => section.name.startsWith('blacklist');

/**
 * One fact for each value. Of the devices in the hardware table only those count that the files name. The built-in ones
 * are compared elsewhere.
 */
export const configurationFacts = (text: string): Array<[string, string]> =>
  parsePrinted(text).flatMap((section) => [
    ...section.values.map(([keyword, value]): [string, string] =>
      isList(section) ? [`${section.name} ${keyword} ${value}`, 'is there'] : [`${section.name} ${keyword}`, value],
    ),
    ...section.sections.flatMap((one) => inner(section.name, one)),
  ]);
