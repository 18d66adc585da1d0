/** The facts about a path, with their sources. */
import { blacklistSubjectOf, type CriterionVerdict, describeRule, judgeCriterion } from '../../../config/blacklist';
import { deviceIdentityOf } from '../../../config/device';
import { CRITERIA, type Criterion } from '../../../config/rules';
import { uidAttributeOfDisk } from '../../../config/uidAttributes';
import type { BlockFacts } from '../../../model/facts';
import { describeFailure } from '../../../model/failure';
import type { Wwid } from '../../../model/identity';
import type { Path } from '../../../model/path';
import { wwidFromSysfs, wwidFromUdev } from '../../../policy/wwid';
import { factsOf } from '../../health/rules';
import type { SettingsContext } from '../../settings/state';
import { fact, type Fact, type Section } from './explanation';

export function pathSections(ctx: SettingsContext, path: Path): Section[] {
  return [identitySection(ctx, path), ...rulesSection(ctx, path), stateSection(ctx, path)];
}

function identitySection(ctx: SettingsContext, path: Path): Section {
  const facts: Fact[] = [
    fact('device', `${path.name}, ${path.devt}, disk sequence number ${path.diskseq ?? 'unknown'}`, 'sysfs'),
  ];
  if (path.facts !== null) facts.push(...deviceFacts(path.facts), wwidFact(ctx, path, path.facts));
  if (path.live.otherWwid !== null)
    facts.push(fact("WWID by the disk's own answer", path.live.otherWwid, 'INQUIRY, page 0x83'));
  return { title: 'identity', facts };
}

function deviceFacts(facts: BlockFacts): Fact[] {
  const { vendor, product, revision, protocol } = deviceIdentityOf(facts);
  return [
    fact('vendor, product', [vendor, product, revision].filter((text) => text !== null).join(', '), 'sysfs'),
    fact('protocol', `${protocol}${facts.hcil === null ? '' : `, ${facts.hcil}`}`, 'sysfs'),
    fact('size', `${facts.sizeSectors} sectors`, 'sysfs'),
  ];
}

function wwidFact(ctx: SettingsContext, path: Path, facts: BlockFacts): Fact {
  const attribute = attributeOf(ctx, facts);
  const asked = attribute === '' ? 'no udev property is used' : `udev property ${attribute}`;
  const source = path.wwidSource === 'sysfs' ? 'the device itself, as sysfs shows it' : asked;
  return fact('WWID', path.wwid ?? wwidSeen(facts, attribute) ?? 'none', source);
}

function attributeOf(ctx: SettingsContext, facts: BlockFacts): string {
  return uidAttributeOfDisk(ctx.configuration, deviceIdentityOf(facts), facts.name).value;
}

/** The WWID that the sources show, also for an excluded path. */
function wwidSeen(facts: BlockFacts, attribute: string): Wwid | null {
  return wwidFromUdev(facts, attribute) ?? wwidFromSysfs(facts);
}

/** The criteria in the order in which they are asked, up to the criterion that decides. */
function rulesSection(ctx: SettingsContext, path: Path): Section[] {
  if (path.facts === null) return [];
  const attribute = attributeOf(ctx, path.facts);
  const subject = blacklistSubjectOf(path.facts, attribute, path.wwid ?? wwidSeen(path.facts, attribute));
  const rules = ctx.nativeNvme ? ctx.configuration.rulesNativeNvme : ctx.configuration.rules;
  const facts: Fact[] = [];
  for (const criterion of CRITERIA) {
    const verdict = judgeCriterion(rules, criterion, subject);
    facts.push(criterionFact(criterion, verdict));
    if (verdict.verdict === 'blacklisted') break;
  }
  return [{ title: 'blacklist', facts }];
}

function criterionFact(criterion: Criterion, verdict: CriterionVerdict): Fact {
  switch (verdict.verdict) {
    case 'nothing':
      return fact(criterion, 'no rule matches');
    case 'excepted':
      return fact(criterion, 'let in by an exception', describeRule(criterion, verdict.rule));
    case 'blacklisted':
      return fact(
        criterion,
        'blacklisted',
        verdict.rule === null ? 'udev has not identified it' : describeRule(criterion, verdict.rule),
      );
  }
}

function stateSection(ctx: SettingsContext, path: Path): Section {
  const { check } = path;
  const facts = [
    fact(
      'checker',
      `${check.state} (${check.message})`,
      check.lastAt === null ? null : `${seconds(ctx.store.now - check.lastAt)} ago`,
    ),
  ];
  if (path.map !== null) facts.push(fact('in the map', path.dmState, 'device-mapper'));
  facts.push(...factsOf(ctx, path).map(([label, text]) => fact(label, text)));
  if (path.stale !== null)
    facts.push(fact('stale', describeFailure(path.stale.failure), `for ${seconds(ctx.store.now - path.stale.since)}`));
  return { title: 'state', facts };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}
