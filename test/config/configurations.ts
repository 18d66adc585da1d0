/** Configurations as the parser makes them, in a short notation. */
import { emptyConfiguration } from '../../src/config/configuration';
import type { BlacklistRule, Block, Configuration } from '../../src/config/configuration';
import type { DeviceIdentity } from '../../src/config/device';
import type { SettingValues } from '../../src/config/settings';

export const FILE = '/etc/multipath.conf';

/** A section. Its keywords stand on the lines from `line` on. */
export function block(values: Partial<SettingValues>, line = 1, file = FILE): Block {
  const stated = Object.entries(values).map(([keyword, value], index) => [
    keyword,
    { value, file, line: line + index },
  ]);
  return Object.fromEntries(stated);
}

export function configuration(sections: Partial<Configuration> = {}): Configuration {
  return { ...emptyConfiguration(), files: [FILE], ...sections };
}

/** A rule in the form in which a file has it. */
export function rule(text: string, line = 1): BlacklistRule {
  const inverted = text.startsWith('!');
  return { pattern: inverted ? text.slice(1) : text, inverted, file: FILE, line };
}

export function device(vendor: string, product: string, more: Partial<DeviceIdentity> = {}): DeviceIdentity {
  return { vendor, product, revision: '0001', protocol: 'scsi:fcp', bus: 'scsi', ...more };
}
