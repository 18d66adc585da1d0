/** Every setting in force for a path or a map, with its origin. The origin may also be what the devices report. */
import { type DeviceIdentity, deviceIdentityOf } from '../../config/device';
import { configuredOfMap, configuredOfPath, type SettingDocument } from '../../config/document';
import type { Keyword, Setting } from '../../config/settings';
import type { BlockFacts } from '../../model/facts';
import type { Wwid } from '../../model/identity';
import { findMap, findPath } from '../../model/lookup';
import type { MultipathMap } from '../../model/map';
import type { Path } from '../../model/path';
import { settingsOfMap } from '../settings/mapSettings';
import { pathSettings } from '../settings/pathSettings';
import type { SettingsContext } from '../settings/state';

/** The settings of a path, without the settings of its map. */
export interface PathSettingsReport {
  kind: 'path';
  name: string;
  wwid: Wwid | null;
  /** The name of the map that holds the path. */
  map: string | null;
  /**
   * The properties by which the configuration matches the path; null: nothing is known of the path yet, so it has no
   * settings either.
   */
  device: DeviceIdentity | null;
  settings: SettingDocument[];
}

/** The settings of a map, and the settings of its paths. */
export interface MapSettingsReport {
  kind: 'map';
  name: string;
  wwid: Wwid;
  /** The properties by which device entries match: those of the map's first path. */
  device: DeviceIdentity | null;
  settings: SettingDocument[];
  /** Settings that all paths have in common. */
  common: SettingDocument[];
  /** For each path the settings that not all paths have in common. */
  paths: Array<{ name: string; settings: SettingDocument[] }>;
}

export type SettingsReport = PathSettingsReport | MapSettingsReport;

/** `what`: a path (kernel name or dev_t) or a map (alias, WWID, dm-N); null: there is no such device. */
export function settingsReport(ctx: SettingsContext, what: string): SettingsReport | null {
  const path = findPath(ctx.store, what);
  if (path !== undefined) return reportOfPath(ctx, path);
  const map = findMap(ctx.store, what);
  return map === undefined ? null : reportOfMap(ctx, map);
}

type InForce = Partial<Record<Keyword, Setting<SettingDocument['value']>>>;

/**
 * The configured settings, with those replaced that are not in force: detection chose another value, or the configured
 * value is unsound.
 */
function withInForce(settings: readonly SettingDocument[], inForce: InForce): SettingDocument[] {
  return settings.map((setting) => ({
    keyword: setting.keyword,
    ...(inForce[setting.keyword] ?? { value: setting.value, origin: setting.origin }),
  }));
}

const wordsOf = ({ value, origin }: Setting<string[]>): Setting<string> => ({
  value: [value.length, ...value].join(' '),
  origin,
});

function settingsOfPath(ctx: SettingsContext, path: Path, facts: BlockFacts): SettingDocument[] {
  const configured = configuredOfPath(ctx.configuration, deviceIdentityOf(facts), path.wwid);
  const inForce = pathSettings(ctx, path);
  if (inForce === null) return configured;
  const { prioritizer, checker } = inForce;
  const part = (value: string): Setting<string> => ({ value, origin: prioritizer.origin });
  const isDetected = prioritizer.origin.from === 'detection';
  return withInForce(configured, {
    ...(isDetected ? { prio: part(prioritizer.value.name), prio_args: part(prioritizer.value.args) } : {}),
    path_checker: checker,
  });
}

function reportOfPath(ctx: SettingsContext, path: Path): PathSettingsReport {
  const { name, wwid, facts } = path;
  return {
    kind: 'path',
    name,
    wwid,
    map: path.map === null ? null : (ctx.store.maps.get(path.map)?.facts.name ?? null),
    device: facts === null ? null : deviceIdentityOf(facts),
    settings: facts === null ? [] : settingsOfPath(ctx, path, facts),
  };
}

function mapSettingsOf(ctx: SettingsContext, map: MultipathMap, device: DeviceIdentity | null): SettingDocument[] {
  const { grouping, handler, selector, features } = settingsOfMap(ctx, map);
  return withInForce(configuredOfMap(ctx.configuration, device, map.wwid), {
    path_grouping_policy: grouping,
    hardware_handler: wordsOf(handler),
    path_selector: selector,
    features,
  });
}

function reportOfMap(ctx: SettingsContext, map: MultipathMap): MapSettingsReport {
  const { wwid } = map;
  const known = [...ctx.store.pathsOfWwid(wwid)].flatMap((path) =>
    path.facts === null ? [] : [{ path, facts: path.facts }],
  );
  const device = known[0] === undefined ? null : deviceIdentityOf(known[0].facts);
  const paths = known.map(({ path, facts }) => ({ name: path.name, settings: settingsOfPath(ctx, path, facts) }));
  const isCommon = commonIn(paths.map(({ settings }) => settings));
  return {
    kind: 'map',
    name: map.facts.name,
    wwid,
    device,
    settings: mapSettingsOf(ctx, map, device),
    common: (paths[0]?.settings ?? []).filter(isCommon),
    paths: paths.map(({ name, settings }) => ({ name, settings: settings.filter((setting) => !isCommon(setting)) })),
  };
}

/** True if a setting has the same value and the same origin on every path. */
function commonIn(paths: ReadonlyArray<readonly SettingDocument[]>): (setting: SettingDocument) => boolean {
  const seen = new Map<string, Set<string>>();
  for (const { keyword, ...rest } of paths.flat())
    seen.set(keyword, (seen.get(keyword) ?? new Set()).add(JSON.stringify(rest)));
  return ({ keyword }) => seen.get(keyword)?.size === 1;
}
