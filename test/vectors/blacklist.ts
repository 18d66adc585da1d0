import { blacklisted, judgeCriterion } from '../../src/config/blacklist';
import type { BlacklistSubject, CriterionVerdict } from '../../src/config/blacklist';
import { emptyConfiguration } from '../../src/config/configuration';
import type { BlacklistDevice, BlacklistRule, BlacklistRules } from '../../src/config/configuration';
import { CRITERIA, statedRules } from '../../src/config/rules';
import type { Criterion, RuleBook } from '../../src/config/rules';
import { list, optional, record, text, type VectorCase, type VectorOutcome, type VectorRunner } from './runner';

function ruleOf(value: unknown): BlacklistRule {
  const written = text(value);
  const inverted = written.startsWith('!');
  return { pattern: inverted ? written.slice(1) : written, inverted, file: '/f', line: 1 };
}

const rulesOf = (value: unknown): BlacklistRule[] => (optional(value, list) ?? []).map(ruleOf);

function devicesOf(value: unknown): BlacklistDevice[] {
  return (optional(value, list) ?? []).map((entry) => {
    const { vendor, product } = record(entry);
    return { vendor: optional(vendor, ruleOf), product: optional(product, ruleOf) };
  });
}

/** The lists of a single criterion are called `blacklist` and `exceptions`. The lists of a path have its name. */
function rules(c: VectorCase, side: 'blacklist' | 'exceptions', op: string): BlacklistRules {
  const of = (criterion: Criterion): unknown =>
    op === 'path' ? c[`${side}_${criterion}`] : op === criterion ? c[side] : null;
  return {
    devnode: rulesOf(of('devnode')),
    wwid: rulesOf(of('wwid')),
    property: rulesOf(of('property')),
    protocol: rulesOf(of('protocol')),
    device: devicesOf(of('device')),
  };
}

function subjectOf(c: VectorCase): BlacklistSubject {
  const vendor = optional(c['vendor'], text);
  const product = optional(c['product'], text);
  return {
    devnode: optional(c['dev'], text) ?? '',
    properties: optional(c['udev_properties'], list)?.map(text) ?? null,
    uidAttribute: optional(c['uid_attribute'], text),
    device: vendor === null || product === null ? null : { vendor, product },
    protocol: optional(c['protocol'], text),
    wwid: optional(c['wwid'], text),
  };
}

function worded(verdict: CriterionVerdict): string {
  switch (verdict.verdict) {
    case 'nothing':
      return 'nothing';
    case 'excepted':
      return `excepted:${verdict.criterion}`;
    case 'blacklisted':
      return `blacklisted:${verdict.criterion}${verdict.rule === null ? '_missing' : ''}`;
  }
}

/** For a path multipath-tools answers with its last criterion, unless an earlier one blacklists the path. */
function pathResult(book: RuleBook, subject: BlacklistSubject): string {
  const verdict = blacklisted(book, subject);
  if (verdict.verdict === 'blacklisted') return worded(verdict);
  return worded(verdict.excepted.find(({ criterion }) => criterion === 'wwid') ?? { verdict: 'nothing' });
}

export const blacklist: VectorRunner = {
  file: 'blacklist',
  run(c): VectorOutcome {
    const op = text(c['op']);
    const sides = { blacklist: rules(c, 'blacklist', op), exceptions: rules(c, 'exceptions', op) };
    const book = statedRules({ ...emptyConfiguration(), ...sides });
    const criterion = CRITERIA.find((name) => name === op);
    const subject = subjectOf(c);
    expect(criterion === undefined ? pathResult(book, subject) : worded(judgeCriterion(book, criterion, subject))).toBe(
      c['result'],
    );
    return 'passed';
  },
};
