/** Layers of settings: the values of one section, each with its origin. The nearer layer wins. */
import type { Block } from './configuration';
import type { HardwareEntry } from './hardwareTable';
import type { Keyword, Origin, Section, Setting, SettingValues } from './settings';

/** The values that one section sets. A layer never changes after it was made. */
export type Layer = { readonly [K in Keyword]?: Setting<SettingValues[K]> };

/** The keywords that have a value. */
export function keywordsOf(values: Block | Partial<SettingValues> | Layer): Keyword[] {
  // Object.keys forgets the type. Values from files went through the parser, which knows every keyword.
  return Object.keys(values) as Keyword[];
}

/** A layer of values that all have one origin. */
export function layerOf(values: Partial<SettingValues>, origin: Origin): Layer {
  return Object.fromEntries(keywordsOf(values).map((keyword) => [keyword, { value: values[keyword], origin }]));
}

/** The layer of one section of a file. */
export function layerOfBlock(section: Section, block: Block): Layer {
  const settings = keywordsOf(block).flatMap((keyword) => {
    const stated = block[keyword];
    if (stated === undefined) return [];
    const origin: Origin = { from: 'file', section, file: stated.file, line: stated.line };
    return [[keyword, { value: stated.value, origin }]];
  });
  return Object.fromEntries(settings);
}

/** The layer of an entry of the hardware table. */
export function layerOfEntry({ vendor, product, values }: HardwareEntry): Layer {
  return layerOf({ vendor, product, ...values }, { from: 'hardware table', vendor, product });
}
