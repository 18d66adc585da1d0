/** Decides whether the configuration lets a device be a path, and by which line (multipath.conf(5): blacklist). */
import type { BlockFacts } from '../model/facts';
import { propertyNames } from '../model/propertyNames';
import { deviceIdentityOf } from './device';
import { CRITERIA, deviceRuleText } from './rules';
import type { Criterion, DeviceRule, Rule, RuleBook, RuleOrigin } from './rules';

/** The properties of a device that rules look at. No rule matches an unknown property (null). */
export interface BlacklistSubject {
  /** The kernel's name: `sda`. */
  devnode: string;
  /** The names in the udev record, in the order of the record; null: there is no record. */
  properties: readonly string[] | null;
  /** The property that has the WWID; '' or null: no property has it. */
  uidAttribute: string | null;
  device: { vendor: string; product: string } | null;
  protocol: string | null;
  wwid: string | null;
}

/** The properties of a disk that rules look at. */
export function blacklistSubjectOf(facts: BlockFacts, uidAttribute: string, wwid: string | null): BlacklistSubject {
  const { vendor, product, protocol } = deviceIdentityOf(facts);
  return {
    devnode: facts.name,
    properties: facts.udev === null ? null : propertyNames(facts),
    uidAttribute,
    device: { vendor, product },
    protocol,
    wwid,
  };
}

/** The verdict of one criterion. `rule` is null if udev lacks a property that a path must have; no rule names it. */
export type CriterionVerdict =
  | { verdict: 'nothing' }
  | { verdict: 'excepted'; criterion: Criterion; rule: Rule | DeviceRule }
  | { verdict: 'blacklisted'; criterion: Criterion; rule: Rule | DeviceRule | null };

/** The verdict of all criteria. An allowed device has the exceptions that matched it. */
export type BlacklistVerdict =
  | Extract<CriterionVerdict, { verdict: 'blacklisted' }>
  | { verdict: 'allowed'; excepted: Array<Extract<CriterionVerdict, { verdict: 'excepted' }>> };

const NOTHING: CriterionVerdict = { verdict: 'nothing' };

/** Within one criterion an exception goes before the blacklist. */
function byRules<R extends Rule | DeviceRule>(
  criterion: Criterion,
  exceptions: readonly R[],
  blacklist: readonly R[],
  matches: (rule: R) => boolean,
): CriterionVerdict {
  const exception = exceptions.find(matches);
  if (exception !== undefined) return { verdict: 'excepted', criterion, rule: exception };
  const rule = blacklist.find(matches);
  return rule === undefined ? NOTHING : { verdict: 'blacklisted', criterion, rule };
}

function byText(book: RuleBook, criterion: 'devnode' | 'protocol' | 'wwid', text: string | null): CriterionVerdict {
  if (text === null) return NOTHING;
  return byRules<Rule>(criterion, book.exceptions[criterion], book.blacklist[criterion], (rule) => rule.matches(text));
}

function byDevice(book: RuleBook, device: BlacklistSubject['device']): CriterionVerdict {
  if (device === null) return NOTHING;
  const matches = ({ vendor, product }: DeviceRule): boolean =>
    (vendor === null || vendor.matches(device.vendor)) && (product === null || product.matches(device.product));
  return byRules('device', book.exceptions.device, book.blacklist.device, matches);
}

/** The first name that a rule matches decides. mpathd does not use a device that udev could not identify. */
function byProperties(book: RuleBook, subject: BlacklistSubject): CriterionVerdict {
  const { properties, uidAttribute } = subject;
  if (properties === null) return NOTHING;
  for (const name of properties) {
    const verdict = byRules<Rule>('property', book.exceptions.property, book.blacklist.property, (rule) =>
      rule.matches(name),
    );
    if (verdict.verdict !== 'nothing') return verdict;
  }
  const named = uidAttribute !== null && uidAttribute !== '' && properties.includes(uidAttribute);
  return named ? { verdict: 'blacklisted', criterion: 'property', rule: null } : NOTHING;
}

/** The verdict of one criterion alone. */
export function judgeCriterion(book: RuleBook, criterion: Criterion, subject: BlacklistSubject): CriterionVerdict {
  switch (criterion) {
    case 'property':
      return byProperties(book, subject);
    case 'devnode':
      return byText(book, criterion, subject.devnode);
    case 'device':
      return byDevice(book, subject.device);
    case 'protocol':
    case 'wwid':
      return byText(book, criterion, subject[criterion]);
  }
}

/** Asks the criteria in their order. The first criterion that blacklists the device decides. */
export function blacklisted(book: RuleBook, subject: BlacklistSubject): BlacklistVerdict {
  const excepted: Extract<BlacklistVerdict, { verdict: 'allowed' }>['excepted'] = [];
  for (const criterion of CRITERIA) {
    const verdict = judgeCriterion(book, criterion, subject);
    if (verdict.verdict === 'blacklisted') return verdict;
    if (verdict.verdict === 'excepted') excepted.push(verdict);
  }
  return { verdict: 'allowed', excepted };
}

function place(origin: RuleOrigin): string {
  switch (origin.from) {
    case 'file':
      return `${origin.file} line ${origin.line}`;
    case 'built-in':
      return 'built-in rule';
    case 'product_blacklist':
      return origin.of.from === 'file'
        ? `product_blacklist in ${origin.of.file} line ${origin.of.line}`
        : 'hardware table';
  }
}

/** A rule as it is written, with its place: `wwid "^3600" (/etc/multipath.conf line 3)`. */
export function describeRule(criterion: Criterion, rule: Rule | DeviceRule): string {
  const text = 'text' in rule ? rule.text : deviceRuleText(rule);
  return `${criterion} "${text}" (${place(rule.origin)})`;
}

/** Why the device is blacklisted, as a text for the log. */
export function describeBlacklisted({
  criterion,
  rule,
}: Extract<BlacklistVerdict, { verdict: 'blacklisted' }>): string {
  if (rule === null) return 'blacklisted: no udev property of those that an identified device has';
  return `blacklisted by ${describeRule(criterion, rule)}`;
}
