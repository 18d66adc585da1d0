/** The parts of the machine for `mpathctl wwids`: the file, disks, and the existing maps. */
import type { Reading } from '../../model/failure';
import { wwidOfUuid, type Wwid } from '../../model/identity';
import type { ConfigurationSource } from '../../daemon/configurationSource';
import { createWwidsStore, type WwidsStore } from '../../daemon/wwidsStore';
import { dmFailure, notAsked } from '../../kernel/dmFailure';
import type { Addon } from '../../kernel/native';
import { createStateFile } from '../../kernel/stateFiles';
import { pathRulesOf } from './pathRules';
import { realCheckSystem, WWIDS_FILE } from './realSystem';
import type { CheckSystem } from './system';

export interface WwidsSystem {
  store: WwidsStore;
  /** The WWID of a disk, by its name, number or node; a failure says why the disk has none. */
  wwidOf(device: string): Promise<Reading<Wwid>>;
  /** The WWIDs of the existing multipath maps. */
  mapped(): Promise<Reading<Wwid[]>>;
}

/** A disk's WWID by the configuration. A blacklisted disk has no WWID for the list. */
async function wwidOfDevice(system: CheckSystem, device: string): Promise<Reading<Wwid>> {
  const [found, configuration, nativeNvme] = await Promise.all([
    system.find(device),
    system.configuration(),
    system.nativeNvme(),
  ]);
  if (!found.ok) return found;
  if (!configuration.ok) return configuration;
  const rules = pathRulesOf(configuration.value, nativeNvme);
  const facts = await system.facts(found.value.name, rules.properties);
  if (!facts.ok) return facts;
  const probe = rules.probe(facts.value);
  if (probe.kind === 'ok' && probe.wwid !== null) return { ok: true, value: probe.wwid };
  const detail = probe.kind === 'ok' ? 'it has no WWID' : probe.reason;
  return { ok: false, failure: { code: 'REFUSED', operation: 'identify', device, errno: null, detail } };
}

async function mappedWwids(addon: Pick<Addon, 'dmList'>): Promise<Reading<Wwid[]>> {
  try {
    const listing = await addon.dmList(null);
    if (listing.errno !== null) return { ok: false, failure: dmFailure('maps', listing) };
    return { ok: true, value: listing.devices.flatMap(({ uuid }) => wwidOfUuid(uuid) ?? []) };
  } catch (error) {
    return { ok: false, failure: notAsked('maps', error) };
  }
}

/** The parts of this machine. */
export function realWwidsSystem(addon: Addon, configuration: ConfigurationSource): WwidsSystem {
  return {
    store: createWwidsStore(createStateFile(addon, WWIDS_FILE)),
    wwidOf: (device) => wwidOfDevice(realCheckSystem(addon, configuration, { addresses: [], trusted: [] }), device),
    mapped: () => mappedWwids(addon),
  };
}
