/** Whether the configuration lets a device be a path, and by which line (multipath.conf(5): blacklist). */
import type { BlockFacts } from '../model/facts';
import { propertyNames } from '../model/propertyNames';
import { deviceIdentityOf } from './device';
import { CRITERIA, deviceRuleText } from './rules';
import type { Criterion, DeviceRule, Rule, RuleBook, RuleOrigin } from './rules';

/** What the rules look at. What is not known (null) no rule speaks of. */
export interface BlacklistSubject {
  /** The kernel's name: `sda`. */
  devnode: string;
  /** The names in the udev record, in its order; null: there is no record. */
  properties: readonly string[] | null;
  /** The property that holds the WWID; '' or null: none does. */
  uidAttribute: string | null;
  device: { vendor: string; product: string } | null;
  protocol: string | null;
  wwid: string | null;
}

/** A disk as the rules see it. */
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

/** What one criterion says; `rule` is null where udev lacks what a path must have, which no rule names. */
export type CriterionVerdict =
  | { verdict: 'nothing' }
  | { verdict: 'excepted'; criterion: Criterion; rule: Rule | DeviceRule }
  | { verdict: 'blacklisted'; criterion: Criterion; rule: Rule | DeviceRule | null };

/** What all of them say; an allowed device has the exceptions that spoke for it. */
export type BlacklistVerdict =
  | Extract<CriterionVerdict, { verdict: 'blacklisted' }>
  | { verdict: 'allowed'; excepted: Array<Extract<CriterionVerdict, { verdict: 'excepted' }>> };

const NOTHING: CriterionVerdict = { verdict: 'nothing' };

/** Within one criterion exceptions beat the blacklist. */
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

/** The first name that a rule speaks of decides; a device that udev could not identify is none to build on. */
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

/** What one criterion alone says of the device. */
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

/** The criteria in their order; the first that blacklists the device ends it. */
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

/** The rule as it is written, and where: `wwid "^3600" (/etc/multipath.conf line 3)`. */
export function describeRule(criterion: Criterion, rule: Rule | DeviceRule): string {
  const text = 'text' in rule ? rule.text : deviceRuleText(rule);
  return `${criterion} "${text}" (${place(rule.origin)})`;
}

/** Why it is blacklisted, fit for the log. */
export function describeBlacklisted({
  criterion,
  rule,
}: Extract<BlacklistVerdict, { verdict: 'blacklisted' }>): string {
  if (rule === null) return 'blacklisted: no udev property of those that an identified device has';
  return `blacklisted by ${describeRule(criterion, rule)}`;
}
