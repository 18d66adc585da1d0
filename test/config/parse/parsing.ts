/** Helpers that parse texts for tests. */
import type { Block } from '../../../src/config/configuration';
import { OWN_CODES, type Finding } from '../../../src/config/parse/findings';
import { parseConfiguration, type ParsedConfiguration } from '../../../src/config/parse/parse';
import type { Lookups } from '../../../src/config/parse/values';
import type { Section } from '../../../src/config/settings';

export const MAIN = '/etc/multipath.conf';

export const LOOKUPS: Lookups = {
  uid: (name) => (name === 'alice' ? 1000 : null),
  gid: (name) => (name === 'disk' ? 6 : null),
};

/** Parses one main file, and drop-ins by their names. */
export function parse(text: string, drops: Record<string, string> = {}): ParsedConfiguration {
  const others = Object.entries(drops).map(([file, content]) => ({ file, text: content, main: false }));
  return parseConfiguration([{ file: MAIN, text, main: true }, ...others], LOOKUPS);
}

/** A complete section of this kind with these lines. They begin on line 3 or before. */
export function textOf(section: Section, lines: string): string {
  switch (section) {
    case 'defaults':
    case 'overrides':
      return `${section} {\n${lines}\n}\n`;
    case 'devices':
      return `devices {\ndevice {\n${lines}\nvendor v\nproduct p\n}\n}\n`;
    case 'protocol':
      return `overrides {\nprotocol {\n${lines}\ntype ccw\n}\n}\n`;
    case 'multipaths':
      return `multipaths {\nmultipath {\n${lines}\nwwid w\n}\n}\n`;
  }
}

/** The section of {@link textOf} after parsing. */
export function blockIn(section: Section, { configuration }: ParsedConfiguration): Block {
  switch (section) {
    case 'defaults':
    case 'overrides':
      return configuration[section];
    case 'devices':
      return configuration.devices[0] ?? {};
    case 'protocol':
      return configuration.protocols[0] ?? {};
    case 'multipaths':
      return configuration.multipaths[0] ?? {};
  }
}

/** `line 2:3 code: message; hint`, without the place in the message. */
export function told({ code, line, column, message, hint }: Finding): string {
  const text = message.replace(`${MAIN} line ${line}, `, '').replace(` on line ${line} of ${MAIN}`, '');
  return `${line}:${column} ${code}: ${text}${hint === null ? '' : `; ${hint}`}`;
}

/** The findings without those for keywords that have no effect yet. */
export function effective(findings: readonly Finding[]): Finding[] {
  return findings.filter(({ code }) => code !== 'no-effect');
}

export function isOwn({ code }: Finding): boolean {
  const ours: readonly string[] = OWN_CODES;
  return ours.includes(code);
}
