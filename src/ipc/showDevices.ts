/** `show devices`, and the present devices for `show config local`. */
import { judgeCriterion } from '../config/blacklist';
import { deviceIdentityOf } from '../config/device';
import type { RuleBook } from '../config/rules';
import type { Present } from '../config/show';
import { printable } from '../model/printable';
import type { Path } from '../model/path';
import type { Tables } from '../model/tables';
import { sysfsName } from './mapWildcards';
import { mapRows } from './rows';

/** The status of a device by its name alone, as multipathd judges devices that it does not monitor. */
function unmonitored(rules: RuleBook, devnode: string): string {
  const nothing = { properties: null, uidAttribute: null, device: null, protocol: null, wwid: null };
  const { verdict } = judgeCriterion(rules, 'devnode', { devnode, ...nothing });
  return `devnode ${verdict === 'blacklisted' ? 'blacklisted' : 'whitelisted'}, unmonitored`;
}

/** The blank before the last text is multipathd's. */
function deviceStatus(rules: RuleBook, path: Readonly<Path>): string {
  if (path.facts?.hidden === true) return 'hidden, unmonitored';
  return path.init === 'excluded' ? unmonitored(rules, path.name) : ' devnode whitelisted, monitored';
}

/** All disks and multipath maps that mpathd knows. */
export function showDevices(tables: Tables, rules: RuleBook): string {
  const disks = [...tables.paths.values()].map((path) => `    ${printable(path.name)} ${deviceStatus(rules, path)}\n`);
  const maps = mapRows(tables).map((row) => `    ${printable(sysfsName(row))} ${unmonitored(rules, sysfsName(row))}\n`);
  return `available block devices:\n${disks.join('')}${maps.join('')}`;
}

/** The kinds of devices that the paths have, and the maps. */
export function presentIn(tables: Tables): Present {
  const paths = [...tables.paths.values()].filter(({ init }) => init !== 'excluded');
  const devices = paths.flatMap(({ facts }) => (facts === null ? [] : [deviceIdentityOf(facts)]));
  // One device of each kind, because there may be thousands of paths.
  const kinds = new Map(devices.map((device) => [JSON.stringify(device), device]));
  const maps = [...tables.maps.values()].map(({ wwid, facts }) => ({ wwid, alias: facts.name }));
  return { devices: [...kinds.values()], maps };
}
