/** Layers of settings: what one section says, each value with where it came from; the nearer layer wins. */
import type { Block } from './configuration';
import type { HardwareEntry } from './hardwareTable';
import type { Keyword, Origin, Section, Setting, SettingValues } from './settings';

/** The values that one section sets. Layers are never changed once they are made. */
export type Layer = { readonly [K in Keyword]?: Setting<SettingValues[K]> };

/** The keywords that are set. */
export function keywordsOf(values: Block | Partial<SettingValues> | Layer): Keyword[] {
  // Object.keys forgets the type; what is read from a file went through the parser, which knows every keyword.
  return Object.keys(values) as Keyword[];
}

/** Values that all came from one place. */
export function layerOf(values: Partial<SettingValues>, origin: Origin): Layer {
  return Object.fromEntries(keywordsOf(values).map((keyword) => [keyword, { value: values[keyword], origin }]));
}

/** What one section of a file says. */
export function layerOfBlock(section: Section, block: Block): Layer {
  const settings = keywordsOf(block).flatMap((keyword) => {
    const stated = block[keyword];
    if (stated === undefined) return [];
    const origin: Origin = { from: 'file', section, file: stated.file, line: stated.line };
    return [[keyword, { value: stated.value, origin }]];
  });
  return Object.fromEntries(settings);
}

/** What an entry of the hardware table says. */
export function layerOfEntry({ vendor, product, values }: HardwareEntry): Layer {
  return layerOf({ vendor, product, ...values }, { from: 'hardware table', vendor, product });
}
