/** Every setting in force for a path or a map, each with where it came from: also from what the devices say of themselves. */
import { deviceIdentityOf, type DeviceIdentity } from '../config/device';
import { configuredOfMap, configuredOfPath, type SettingDocument } from '../config/document';
import { mapSetting, pathSetting } from '../config/effective';
import type { Keyword } from '../config/settings';
import type { BlockFacts } from '../model/facts';
import type { Wwid } from '../model/identity';
import type { MultipathMap } from '../model/map';
import type { Path } from '../model/path';
import { chooseChecker, chooseGrouping, chooseHandler, choosePrioritizer, type Detected } from '../policy/detect';
import { featureWords } from '../policy/features';
import type { Context } from './context';
import { findMap, findPath } from './lookup';

/** The settings of a path; those of its map are the map's. */
export interface PathSettingsReport {
  kind: 'path';
  name: string;
  wwid: Wwid | null;
  /** The name of the map that holds it. */
  map: string | null;
  /** What it is told by in the configuration; null: nothing is known of it yet, and no settings either. */
  device: DeviceIdentity | null;
  settings: SettingDocument[];
}

/** The settings of a map, and those of its paths. */
export interface MapSettingsReport {
  kind: 'map';
  name: string;
  wwid: Wwid;
  /** By which device entries are matched: its first path's. */
  device: DeviceIdentity | null;
  settings: SettingDocument[];
  /** Settings of paths that are the same for all of them. */
  common: SettingDocument[];
  /** By path, what is not the same for all. */
  paths: Array<{ name: string; settings: SettingDocument[] }>;
}

export type SettingsReport = PathSettingsReport | MapSettingsReport;

/** `what`: a path (kernel name or dev_t) or a map (alias, WWID, dm-N); null: there is none. */
export function settingsReport(ctx: Context, what: string): SettingsReport | null {
  const path = findPath(ctx, what);
  if (path !== undefined) return reportOfPath(ctx, path);
  const map = findMap(ctx, what);
  return map === undefined ? null : reportOfMap(ctx, map);
}

/** The settings with those replaced that detection decided. */
function withDetected(settings: readonly SettingDocument[], detected: Partial<Record<Keyword, Detected<SettingDocument['value']>>>): SettingDocument[] {
  return settings.map((setting) => {
    const found = detected[setting.keyword];
    if (found === undefined || found.why === null) return setting;
    return { keyword: setting.keyword, value: found.value, origin: { from: 'detection', why: found.why } };
  });
}

function prioritizerOf(ctx: Context, facts: BlockFacts, wwid: Wwid | null): ReturnType<typeof choosePrioritizer> {
  const device = deviceIdentityOf(facts);
  const [name, args] = [pathSetting(ctx.configuration, device, 'prio', wwid).value, pathSetting(ctx.configuration, device, 'prio_args', wwid).value];
  return choosePrioritizer(facts, { name, args }, pathSetting(ctx.configuration, device, 'detect_prio').value);
}

function settingsOfPath(ctx: Context, facts: BlockFacts, wwid: Wwid | null): SettingDocument[] {
  const device = deviceIdentityOf(facts);
  const { value, why } = prioritizerOf(ctx, facts, wwid);
  const checker = pathSetting(ctx.configuration, device, 'path_checker').value;
  return withDetected(configuredOfPath(ctx.configuration, device, wwid), {
    prio: { value: value.name, why },
    prio_args: { value: value.args, why },
    path_checker: chooseChecker(facts, checker, pathSetting(ctx.configuration, device, 'detect_checker').value),
  });
}

function reportOfPath(ctx: Context, path: Path): PathSettingsReport {
  const { name, wwid, facts } = path;
  return {
    kind: 'path',
    name,
    wwid,
    map: path.map === null ? null : (ctx.store.maps.get(path.map)?.facts.name ?? null),
    device: facts === null ? null : deviceIdentityOf(facts),
    settings: facts === null ? [] : settingsOfPath(ctx, facts, wwid),
  };
}

function settingsOfMap(ctx: Context, wwid: Wwid, paths: readonly BlockFacts[], device: DeviceIdentity | null): SettingDocument[] {
  const { configuration } = ctx;
  const handler = mapSetting(configuration, device, wwid, 'hardware_handler').value;
  const policy = mapSetting(configuration, device, wwid, 'path_grouping_policy').value;
  const groups = mapSetting(configuration, device, wwid, 'detect_pgpolicy').value;
  const useTpg = mapSetting(configuration, device, wwid, 'detect_pgpolicy_use_tpg').value;
  const prioritizers = paths.map((facts) => prioritizerOf(ctx, facts, wwid).value.name);
  const chosen = chooseHandler(paths, featureWords(handler) ?? []);
  return withDetected(configuredOfMap(configuration, device, wwid), {
    path_grouping_policy: chooseGrouping(prioritizers, policy, { groups, useTpg }),
    hardware_handler: { value: [chosen.value.length, ...chosen.value].join(' '), why: chosen.why },
  });
}

function reportOfMap(ctx: Context, { wwid, facts }: MultipathMap): MapSettingsReport {
  const known = [...ctx.store.pathsOfWwid(wwid)].flatMap((path) => (path.facts === null ? [] : [{ name: path.name, facts: path.facts }]));
  const device = known[0] === undefined ? null : deviceIdentityOf(known[0].facts);
  const paths = known.map((path) => ({ name: path.name, settings: settingsOfPath(ctx, path.facts, wwid) }));
  const isCommon = commonIn(paths.map(({ settings }) => settings));
  return {
    kind: 'map',
    name: facts.name,
    wwid,
    device,
    settings: settingsOfMap(ctx, wwid, known.map((path) => path.facts), device),
    common: (paths[0]?.settings ?? []).filter(isCommon),
    paths: paths.map(({ name, settings }) => ({ name, settings: settings.filter((setting) => !isCommon(setting)) })),
  };
}

/** Whether a setting is the same, and of the same origin, on every path. */
function commonIn(paths: ReadonlyArray<readonly SettingDocument[]>): (setting: SettingDocument) => boolean {
  const seen = new Map<string, Set<string>>();
  for (const { keyword, ...rest } of paths.flat()) seen.set(keyword, (seen.get(keyword) ?? new Set()).add(JSON.stringify(rest)));
  return ({ keyword }) => seen.get(keyword)?.size === 1;
}
