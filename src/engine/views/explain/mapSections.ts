/** The facts about a LUN's map: its name, its paths and its table, with their sources. */
import { daemonSetting } from '../../../config/effective';
import { describeOrigin } from '../../../config/origin';
import { describeFailure } from '../../../model/failure';
import { uuidOfWwid, type Wwid } from '../../../model/identity';
import type { MultipathMap } from '../../../model/map';
import type { CoreContext } from '../../core/core';
import { decisionOn } from '../../reconcile/createMap';
import { nameRule } from '../../reconcile/naming';
import type { ReconcileContext } from '../../reconcile/state';
import type { SettingsContext } from '../../settings/state';
import { fact, type Fact, type Section } from './explanation';

/** The sections about a LUN, with or without a map. */
export function lunSections(ctx: ReconcileContext, wwid: Wwid): Section[] {
  const map = ctx.store.maps.get(uuidOfWwid(wwid));
  return [
    ruleSection(ctx, wwid),
    nameSection(ctx, wwid, map),
    ...(map === undefined ? [] : [mapSection(ctx, map)]),
    pathsSection(ctx, wwid),
  ];
}

function ruleSection(ctx: ReconcileContext, wwid: Wwid): Section {
  const mode = daemonSetting(ctx.configuration, 'find_multipaths');
  const decision = decisionOn(ctx, wwid);
  const facts = [
    fact('find_multipaths', mode.value, describeOrigin(mode.origin)),
    fact('may have a map', decision.multipath ? 'yes' : 'no', decision.reason),
  ];
  if (ctx.takenOutMaps.has(wwid))
    facts.push(fact('taken away', 'its map was removed by an administrator or another program'));
  return { title: 'is it multipathed?', facts };
}

function nameSection(ctx: ReconcileContext, wwid: Wwid, map: MultipathMap | undefined): Section {
  const rule = nameRule(ctx, wwid);
  const facts: Fact[] = [];
  if (map !== undefined) facts.push(fact('name', map.facts.name, 'device-mapper'));
  switch (rule.by) {
    case 'alias':
      facts.push(fact('by the configuration', rule.name, aliasOrigin(ctx, wwid)));
      break;
    case 'bindings':
      facts.push(
        fact(
          'by the configuration',
          ctx.bindings.get(wwid) ?? `${rule.prefix}… (none bound yet)`,
          'user_friendly_names yes: the bindings file',
        ),
      );
      break;
    case 'wwid':
      facts.push(fact('by the configuration', wwid, 'user_friendly_names no, and no alias: its WWID'));
      break;
  }
  const wanted = ctx.wantedNames.get(uuidOfWwid(wwid));
  if (wanted !== undefined && map !== undefined && wanted !== map.facts.name)
    facts.push(fact('is to be renamed', wanted));
  return { title: 'name', facts };
}

function aliasOrigin(ctx: SettingsContext, wwid: Wwid): string {
  const alias = ctx.configuration.multipaths.get(wwid)?.layer.alias;
  return alias === undefined ? 'alias' : `alias, ${describeOrigin(alias.origin)}`;
}

function mapSection(ctx: ReconcileContext, map: MultipathMap): Section {
  const [target] = map.facts.targets;
  const facts = [
    fact('device', `dm-${map.facts.devt.slice(map.facts.devt.indexOf(':') + 1)}, ${map.facts.devt}`, 'device-mapper'),
    fact(
      'table',
      target === undefined ? 'none' : `0 ${target.lengthSectors} ${target.type} ${target.table}`,
      'device-mapper',
    ),
  ];
  if (ctx.reloadedByOthers.has(map.uuid))
    facts.push(
      fact('reloaded by someone else', 'its grouping is left as it is until its paths change, or a reconfigure'),
    );
  if (map.operation !== null) facts.push(fact('under way', `${map.operation.kind}: ${map.operation.reason}`));
  if (map.lastFailure !== null) facts.push(fact('last write failed', map.lastFailure));
  if (map.stale !== null) facts.push(fact('stale', describeFailure(map.stale.failure)));
  return { title: 'map', facts };
}

function pathsSection(ctx: CoreContext, wwid: Wwid): Section {
  const uuid = uuidOfWwid(wwid);
  const facts = Array.from(ctx.store.pathsOfWwid(wwid), (path) => {
    const where =
      path.map === uuid
        ? path.dmState
        : path.map === null
          ? 'in no map'
          : `in ${ctx.store.maps.get(path.map)?.facts.name ?? 'another map'}`;
    return fact(
      path.name,
      `${where}, checker ${path.check.state}${path.priority >= 0 ? `, priority ${path.priority}` : ''}`,
      path.reason?.text ?? null,
    );
  });
  return { title: 'paths', facts: facts.length === 0 ? [fact('none', 'no disk with this WWID is known')] : facts };
}
