/** The blacklist and its exceptions in a form that can be matched: the files' rules and the built-in rules. */
import type { BlacklistRule, BlacklistRules, Configuration } from './configuration';
import { compileEre } from './ere';
import type { CompiledEre } from './ere';
import type { Layer } from './layers';
import type { Origin } from './settings';

/** The criteria of a blacklist, in the order in which they are tried (multipath.conf(5)). */
export const CRITERIA = ['property', 'devnode', 'device', 'protocol', 'wwid'] as const;

export type Criterion = (typeof CRITERIA)[number];

/** The origin of a rule. */
export type RuleOrigin =
  | { from: 'file'; file: string; line: number }
  | { from: 'built-in' }
  /** `product_blacklist` of a `device` entry, with the origin of that value. */
  | { from: 'product_blacklist'; of: Origin };

/** One pattern. */
export interface Pattern {
  /** The text as it stands in a file, with the `!` that inverts it. */
  readonly text: string;
  matches(text: string): boolean;
}

/** A rule over one text. */
export interface Rule extends Pattern {
  readonly origin: RuleOrigin;
}

/** A rule over vendor and product. A missing pattern matches anything. */
export interface DeviceRule {
  readonly vendor: Pattern | null;
  readonly product: Pattern | null;
  readonly origin: RuleOrigin;
}

/** The rules by criterion, in the order of the files. */
export interface Rules {
  readonly property: readonly Rule[];
  readonly devnode: readonly Rule[];
  readonly device: readonly DeviceRule[];
  readonly protocol: readonly Rule[];
  readonly wwid: readonly Rule[];
}

/** Number of texts for which a matcher keeps the answer. */
const REMEMBERED = 256;

/**
 * A function that says whether a text matches the pattern. If the pattern is invalid (the parser reports this), it
 * matches nothing, inverted or not. It is compiled at the first question, because a host needs only few of the hundreds
 * of patterns.
 */
export function matcherOf(pattern: string, inverted = false): (text: string) => boolean {
  let compiled: CompiledEre | null = null;
  const answers = new Map<string, boolean>();
  return (text) => {
    const known = answers.get(text);
    if (known !== undefined) return known;
    compiled ??= compileEre(pattern);
    const answer = compiled.ok && compiled.ere.matches(text) !== inverted;
    // Thousands of paths have the same vendors and the same sixty udev properties.
    if (answers.size >= REMEMBERED) answers.clear();
    answers.set(text, answer);
    return answer;
  };
}

/** The blacklist and its exceptions. */
export interface RuleBook {
  readonly blacklist: Rules;
  readonly exceptions: Rules;
}

function patternOf(pattern: string, inverted: boolean): Pattern {
  const literal = !inverted && pattern.startsWith('!') ? '\\' : '';
  return { text: `${inverted ? '!' : literal}${pattern}`, matches: matcherOf(pattern, inverted) };
}

/** Reads a pattern as it stands in a file: `!` inverts it, `\!` is that character. */
function readPattern(text: string): Pattern {
  if (text.startsWith('!')) return patternOf(text.slice(1), true);
  return patternOf(text.startsWith('\\!') ? text.slice(1) : text, false);
}

function ruleOf({ pattern, inverted, file, line }: BlacklistRule): Rule {
  return { ...patternOf(pattern, inverted), origin: { from: 'file', file, line } };
}

/** `vendor:product` as they stand in a file, with `.*` for a missing pattern. */
export function deviceRuleText({ vendor, product }: DeviceRule): string {
  return `${vendor?.text ?? '.*'}:${product?.text ?? '.*'}`;
}

function firstOfEach<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  const byKey = new Map<string, T>();
  for (const item of items) {
    const key = keyOf(item);
    if (!byKey.has(key)) byKey.set(key, item);
  }
  return [...byKey.values()];
}

function rulesOf(rules: readonly BlacklistRule[]): Rule[] {
  return firstOfEach(rules.map(ruleOf), ({ text }) => text);
}

/**
 * Two rules with the same strings are the same rule. The length of the first string comes first, so the parts of the
 * key cannot run into one another.
 */
function deviceKey({ vendor, product }: DeviceRule): string {
  return `${vendor?.text.length ?? 'none'} ${vendor?.text ?? ''} ${product === null ? '' : `=${product.text}`}`;
}

function deviceRulesOf(rules: BlacklistRules): DeviceRule[] {
  return rules.device.flatMap(({ vendor, product }) => {
    const first = vendor ?? product;
    // A rule without both would match everything. multipath-tools ignores it.
    if (first === null) return [];
    const origin: RuleOrigin = { from: 'file', file: first.file, line: first.line };
    return [{ vendor: vendor && ruleOf(vendor), product: product && ruleOf(product), origin }];
  });
}

/** The rule of a device entry's `product_blacklist`, which keeps out management LUNs and the like. */
export function productBlacklist({ vendor, product_blacklist: product }: Layer): DeviceRule | null {
  if (vendor === undefined || product === undefined) return null;
  return {
    vendor: readPattern(vendor.value),
    product: readPattern(product.value),
    origin: { from: 'product_blacklist', of: product.origin },
  };
}

function compiled(rules: BlacklistRules): Rules {
  return {
    property: rulesOf(rules.property),
    devnode: rulesOf(rules.devnode),
    device: firstOfEach(deviceRulesOf(rules), deviceKey),
    protocol: rulesOf(rules.protocol),
    wwid: rulesOf(rules.wwid),
  };
}

function builtIn(text: string): Rule {
  return { ...readPattern(text), origin: { from: 'built-in' } };
}

/** Only disks of these drivers can be paths. */
const DEVNODE = builtIn('!^(sd[a-z]|dasd[a-z]|nvme[0-9])');
/** For a kernel that multipaths NVMe itself. */
const DEVNODE_NATIVE_NVME = builtIn('!^(sd[a-z]|dasd[a-z])');
/** Properties that udev gives a device after it has identified it. */
const IDENTIFIED = builtIn('(SCSI_IDENT_|ID_WWN)');

/**
 * Adds the built-in rules, and the rules of `product_blacklist` in device entries, after the rules of the files.
 * `rulesNativeNvme`: the rules if `/sys/module/nvme_core/parameters/multipath` is Y.
 */
export function withBuiltIn(
  { blacklist, exceptions }: RuleBook,
  products: readonly DeviceRule[],
): { rules: RuleBook; rulesNativeNvme: RuleBook } {
  const device = firstOfEach([...blacklist.device, ...products], deviceKey);
  const allowed: Rules = { ...exceptions, property: withLast(exceptions.property, IDENTIFIED) };
  const besides = (devnode: Rule): RuleBook => ({
    blacklist: { ...blacklist, devnode: withLast(blacklist.devnode, devnode), device },
    exceptions: allowed,
  });
  return { rules: besides(DEVNODE), rulesNativeNvme: besides(DEVNODE_NATIVE_NVME) };
}

/** The rules that the files contain, and no others. */
export function statedRules({ blacklist, exceptions }: Pick<Configuration, 'blacklist' | 'exceptions'>): RuleBook {
  return { blacklist: compiled(blacklist), exceptions: compiled(exceptions) };
}

function withLast(rules: readonly Rule[], last: Rule): Rule[] {
  return firstOfEach([...rules, last], ({ text }) => text);
}
