/** The rules of the blacklist as `multipathd show blacklist` reports them. */
import { deviceRuleText } from './rules';
import type { DeviceRule, Rule, RuleBook, RuleOrigin, Rules } from './rules';

const INDENT = ' '.repeat(8);

/** multipathd counts rules from the hardware table and from `product_blacklist` among the default rules. */
function originWords(origin: RuleOrigin): string {
  return (origin.from === 'file' ? '(config file rule)' : '(default rule)').padEnd('(config file rule)'.length);
}

const line = (origin: RuleOrigin, text: string): string => `${INDENT}${originWords(origin)} ${text}`;

function ruleLines(rules: readonly Rule[]): string[] {
  return rules.map(({ origin, text }) => line(origin, text));
}

function deviceLines(rules: readonly DeviceRule[]): string[] {
  return rules.map((rule) => line(rule.origin, deviceRuleText(rule)));
}

function orEmpty(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [`${INDENT}<empty>`] : lines;
}

/** The report, criterion by criterion. */
export function showBlacklist({ blacklist, exceptions }: RuleBook): string {
  const criteria: Array<[string, (rules: Rules) => string[]]> = [
    ['device node', (rules) => ruleLines(rules.devnode)],
    ['udev property', (rules) => ruleLines(rules.property)],
    ['protocol', (rules) => ruleLines(rules.protocol)],
    ['wwid', (rules) => ruleLines(rules.wwid)],
    ['device', (rules) => deviceLines(rules.device)],
  ];
  const lines = criteria.flatMap(([name, linesOf]) => [
    `${name} rules:`,
    '- blacklist:',
    ...orEmpty(linesOf(blacklist)),
    '- exceptions:',
    ...orEmpty(linesOf(exceptions)),
  ]);
  return lines.map((text) => `${text}\n`).join('');
}
