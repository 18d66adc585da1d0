import {
  formatAlias,
  formatBindings,
  parseAlias,
  parseBindings,
  type Binding,
  type DmName,
} from '../../src/config/bindings';
import { chooseAlias, freeAliasId, wwidOfAlias } from '../config/choosing';
import {
  flag,
  list,
  number,
  optional,
  record,
  text,
  type VectorCase,
  type VectorOutcome,
  type VectorRunner,
} from './runner';

function binding(value: unknown): Binding {
  const [alias, wwid] = list(value);
  return { alias: text(alias), wwid: text(wwid) };
}

function dmName(value: unknown): DmName {
  const fields = record(value);
  return { name: text(fields['name']), wwid: optional(fields['multipath_wwid'], text) };
}

function runChoice(c: VectorCase): void {
  const before = text(c['bindings_file_before']);
  const readOnly = flag(c['bindings_read_only']);
  const parsed = parseBindings(before);
  const choice = chooseAlias({
    bindings: parsed.bindings,
    wwid: text(c['wwid']),
    currentName: optional(c['old_alias'], text),
    prefix: text(c['prefix']),
    dmNames: list(c['dm_maps']).map(dmName),
    readOnly,
  });
  expect(choice.alias).toBe(optional(c['alias'], text));
  const write = !readOnly && (parsed.needsRewrite || choice.changed);
  expect(write ? formatBindings(choice.bindings) : before).toBe(c['bindings_file_after']);
}

function runParse(c: VectorCase): void {
  const alias = optional(c['conf_multipath_alias'], text);
  const wwid = optional(c['conf_multipath_wwid'], text);
  const configured = alias === null || wwid === null ? [] : [{ alias, wwid }];
  const parsed = parseBindings(text(c['file']), configured);
  expect(parsed.bindings).toEqual(list(c['bindings']).map(binding));
  expect(parsed.needsRewrite).toBe(c['needs_rewrite']);
}

export const alias: VectorRunner = {
  file: 'alias',
  run(c): VectorOutcome {
    switch (text(c['op'])) {
      case 'format_id':
        expect(formatAlias(number(c['number']), text(c['prefix']))).toBe(c['alias']);
        return 'passed';
      case 'parse_alias':
        expect(parseAlias(text(c['alias']), text(c['prefix'])) ?? -1).toBe(c['number']);
        return 'passed';
      case 'free_id':
        expect(
          freeAliasId(
            list(c['bindings']).map(binding),
            text(c['prefix']),
            text(c['wwid']),
            list(c['dm_maps']).map(dmName),
          ) ?? -1,
        ).toBe(c['number']);
        return 'passed';
      case 'choose_alias':
        runChoice(c);
        return 'passed';
      case 'parse_bindings':
        runParse(c);
        return 'passed';
      case 'wwid_of_alias':
        expect(wwidOfAlias(parseBindings(text(c['bindings_file'])).bindings, text(c['alias']))).toBe(c['wwid']);
        return 'passed';
      default:
        return { unsupported: text(c['op']) };
    }
  },
};
