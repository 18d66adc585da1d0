import { blacklisted } from '../../src/config/blacklist';
import type { DeviceIdentity } from '../../src/config/device';
import { mapSetting, matchingEntries, mergeConfiguration, pathSetting } from '../../src/config/effective';
import type { EffectiveConfiguration } from '../../src/config/effective';
import type { SourceFile } from '../../src/config/parse/findings';
import { parseConfiguration } from '../../src/config/parse/parse';
import {
  flag,
  list,
  number,
  optional,
  record,
  text,
  type Fields,
  type VectorCase,
  type VectorOutcome,
  type VectorRunner,
} from './runner';

function filesOf(c: VectorCase): SourceFile[] {
  const files = Object.entries(record(c['files'])).map(([name, content]) => ({
    file: `/etc/${name}`,
    text: text(content),
    main: name === 'multipath.conf',
  }));
  return files.sort((a, b) => Number(b.main) - Number(a.main));
}

function identityOf(device: Fields): DeviceIdentity {
  const vendor = text(device['vendor']);
  return {
    vendor,
    product: text(device['product']),
    revision: vendor === 'NVME' ? null : text(device['revision']),
    protocol: 'scsi:unspec',
    bus: 'scsi',
  };
}

function isSkipped(config: EffectiveConfiguration, device: Fields, identity: DeviceIdentity, wwid: string): boolean {
  const properties = flag(device['has_whitelisted_property']) ? ['ID_SERIAL', 'SCSI_IDENT_SERIAL'] : ['ID_SERIAL'];
  const subject = {
    devnode: 'sda',
    properties,
    uidAttribute: pathSetting(config, identity, 'uid_attribute').value,
    device: identity,
    protocol: identity.protocol,
    wwid,
  };
  return flag(device['hidden']) || blacklisted(config.rules, subject).verdict === 'blacklisted';
}

function checkDevice(config: EffectiveConfiguration, device: Fields): void {
  const identity = identityOf(device);
  const wwid = text(device['wwid']);
  expect(isSkipped(config, device, identity, wwid)).toBe(flag(device['skipped']));
  if (flag(device['skipped'])) return;
  expect(pathSetting(config, identity, 'prio', wwid).value).toBe(text(device['prio']));
  expect(pathSetting(config, identity, 'path_checker').value).toBe(text(device['path_checker']));
  expect(pathSetting(config, identity, 'uid_attribute').value).toBe(text(device['uid_attribute']));
  expect(pathSetting(config, identity, 'vpd_vendor').value).toBe(optional(device['vpd_vendor'], text));
  expect(matchingEntries(config, identity)).toHaveLength(number(device['hw_entries_matched']));
}

/** In a case `null` means that nothing is set. */
function checkMap(config: EffectiveConfiguration, map: Fields, devices: readonly Fields[]): void {
  const wwid = text(map['map_wwid']);
  const first = devices.find((device) => device['wwid'] === wwid);
  const identity = first === undefined ? null : identityOf(first);
  expect(mapSetting(config, identity, wwid, 'alias').value ?? wwid).toBe(text(map['alias']));
  expect(mapSetting(config, identity, wwid, 'path_grouping_policy').value).toBe(text(map['path_grouping_policy']));
  expect(mapSetting(config, identity, wwid, 'no_path_retry').value).toBe(map['no_path_retry']);
  expect(mapSetting(config, identity, wwid, 'rr_min_io_rq').value).toBe(number(map['rr_min_io_rq']));
}

export const hwtable: VectorRunner = {
  file: 'hwtable',
  run(c): VectorOutcome {
    const config = mergeConfiguration(parseConfiguration(filesOf(c)).configuration);
    const devices = list(c['devices']).map(record);
    for (const device of devices) checkDevice(config, device);
    for (const map of optional(c['maps'], list) ?? []) checkMap(config, record(map), devices);
    return 'passed';
  },
};
