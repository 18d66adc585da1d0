/**
 * The settings of a map in force, with detection. They are derived anew only when the facts of one of its paths change.
 */
import { type DeviceIdentity, deviceIdentityOf } from '../../config/device';
import { allMapSettings } from '../../config/effective';
import type { Setting } from '../../config/settings';
import type { BlockFacts } from '../../model/facts';
import type { Wwid } from '../../model/identity';
import type { DeviceFacts, MultipathMap } from '../../model/map';
import type { Path } from '../../model/path';
import { chooseGrouping, chooseHandler } from '../../policy/detect';
import { featureWords } from '../../policy/features';
import { DEFAULT_SELECTOR, readSelector } from '../../policy/selector';
import type { CoreContext } from '../core/core';
import { pathSettings, settingOf, warnOnce } from './pathSettings';
import type { MapSettings, SettingsContext } from './state';

/** A path of a map with known facts. */
interface Described extends Path {
  facts: BlockFacts;
}

const isDescribed = (path: Path): path is Described => path.facts !== null;

function work(
  ctx: SettingsContext,
  wwid: Wwid,
  paths: readonly Described[],
  device: DeviceIdentity | null,
): MapSettings {
  const configured = allMapSettings(ctx.configuration, device, wwid);
  const policy = configured.path_grouping_policy;
  const handler = configured.hardware_handler;
  const prioritizers = paths.map((path) => pathSettings(ctx, path)?.prioritizer.value.name ?? 'const');
  const detect = { groups: configured.detect_pgpolicy.value, useTpg: configured.detect_pgpolicy_use_tpg.value };
  return {
    grouping: settingOf(chooseGrouping(prioritizers, policy.value, detect), policy.origin),
    selector: soundSelector(ctx, configured.path_selector),
    features: soundFeatures(ctx, configured.features),
    handler: settingOf(
      chooseHandler(
        paths.map(({ facts }) => facts),
        handlerWords(ctx, handler),
      ),
      handler.origin,
    ),
    configured,
  };
}

/** With a wrong count the kernel would take paths for arguments, or refuse the table. */
function soundSelector(ctx: SettingsContext, { value, origin }: Setting<string>): Setting<string> {
  const selector = readSelector(value);
  if (selector !== null) return { value: selector, origin };
  warnOnce(ctx, `path_selector "${value}": the number is not that of the arguments; using "${DEFAULT_SELECTOR}"`);
  return { value: DEFAULT_SELECTOR, origin: { from: 'default' } };
}

function soundFeatures(ctx: SettingsContext, { value, origin }: Setting<string>): Setting<string> {
  if (featureWords(value) !== null) return { value, origin };
  warnOnce(ctx, `features "${value}": the number is not that of the words; using none`);
  return { value: '0', origin: { from: 'default' } };
}

function handlerWords(ctx: SettingsContext, { value }: Setting<string>): string[] {
  const words = featureWords(value);
  if (words === null) warnOnce(ctx, `hardware_handler "${value}": the number is not that of the words; using none`);
  return words ?? [];
}

function isSame(facts: readonly BlockFacts[], paths: readonly Described[]): boolean {
  return facts.length === paths.length && facts.every((one, at) => one === paths[at]?.facts);
}

/** `left`: the facts of a device that match a map after its last path is gone. */
export function mapSettings(
  ctx: SettingsContext,
  wwid: Wwid,
  all: Iterable<Path>,
  left: DeviceFacts | null,
): MapSettings {
  const paths = [...all].filter(isDescribed);
  const [first] = paths;
  if (first === undefined) return work(ctx, wwid, [], left === null ? null : deviceIdentityOf(left));
  const known = ctx.settingsCache.maps.get(first.facts);
  if (known !== undefined && known.wwid === wwid && isSame(known.facts, paths)) return known.settings;
  const settings = work(ctx, wwid, paths, deviceIdentityOf(first.facts));
  ctx.settingsCache.maps.set(first.facts, { wwid, facts: paths.map(({ facts }) => facts), settings });
  return settings;
}

function firstDevice(ctx: CoreContext, wwid: Wwid): DeviceFacts | null {
  for (const { facts } of ctx.store.pathsOfWwid(wwid)) {
    if (facts === null) continue;
    const { bus, vendor, model, revision, transport } = facts;
    return { bus, vendor, model, revision, transport };
  }
  return null;
}

/** The settings of a map that exists. */
export function settingsOfMap(ctx: SettingsContext, map: MultipathMap): MapSettings {
  if (map.device === null) map.device = firstDevice(ctx, map.wwid);
  return mapSettings(ctx, map.wwid, ctx.store.pathsOfWwid(map.wwid), map.device);
}
