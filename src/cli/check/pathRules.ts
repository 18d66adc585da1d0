/** The configuration's part in the check of a disk. */
import { blacklisted, describeBlacklisted } from '../../config/blacklist';
import type { Configuration } from '../../config/configuration';
import { deviceIdentityOf } from '../../config/device';
import {
  daemonSetting,
  matchingEntries,
  mergeConfiguration,
  type EffectiveConfiguration,
} from '../../config/effective';
import type { RuleBook } from '../../config/rules';
import type { FindMultipaths } from '../../config/settings';
import { uidAttributeOfDisk, uidAttributesOf } from '../../config/uidAttributes';
import type { Probe } from '../../config/validPath';
import type { BlockFacts } from '../../model/facts';
import type { Wwid } from '../../model/identity';
import { propertyNames } from '../../model/propertyNames';
import { eligibility } from '../../policy/eligibility';
import { isContradicted, mayFallBack, wwidFromSysfs, wwidOf } from '../../policy/wwid';

export interface PathRules {
  mode: FindMultipaths;
  /** `find_multipaths_timeout`, s. */
  timeout: number;
  /** Properties of udev's records that may hold a WWID. */
  properties: ReadonlySet<string>;
  probe(facts: BlockFacts): Probe;
  /** True if the built-in table or a file has an entry for hardware of this kind. */
  isKnownHardware(facts: BlockFacts): boolean;
}

/** If the disk's own page contradicts udev's record, the record is that of an earlier disk. */
function identityOf(facts: BlockFacts, attribute: string): Wwid | null {
  const { wwid } = wwidOf(facts, attribute);
  if (wwid === null || !isContradicted(wwid, facts)) return wwid;
  return mayFallBack(facts.bus, attribute) ? wwidFromSysfs(facts) : null;
}

function probe(config: EffectiveConfiguration, rules: RuleBook, facts: BlockFacts): Probe {
  const device = deviceIdentityOf(facts);
  const uidAttribute = uidAttributeOfDisk(config, device, facts.name).value;
  const wwid = identityOf(facts, uidAttribute);
  const verdict = blacklisted(rules, {
    devnode: facts.name,
    properties: facts.udev === null ? null : propertyNames(facts),
    uidAttribute,
    device,
    protocol: facts.transport.protocol,
    wwid,
  });
  if (verdict.verdict === 'blacklisted') return { kind: 'skipped', reason: describeBlacklisted(verdict) };
  const eligible = eligibility(facts, { allowUsbDevices: daemonSetting(config, 'allow_usb_devices').value });
  return eligible.eligible ? { kind: 'ok', wwid } : { kind: 'skipped', reason: eligible.reason.text };
}

/** The rules of a configuration. `nativeNvme`: the kernel multipaths NVMe itself, so NVMe disks are no paths. */
export function pathRulesOf(configuration: Configuration, nativeNvme: boolean): PathRules {
  const config = mergeConfiguration(configuration);
  return {
    mode: daemonSetting(config, 'find_multipaths').value,
    timeout: daemonSetting(config, 'find_multipaths_timeout').value,
    properties: uidAttributesOf(config),
    probe: (facts) => probe(config, nativeNvme ? config.rulesNativeNvme : config.rules, facts),
    isKnownHardware: (facts) => matchingEntries(config, deviceIdentityOf(facts)).length > 0,
  };
}
