import { showConfiguration } from '../../../src/config/show';
import type { DeviceIdentity } from '../../../src/config/device';
import { configuredOfMap, configuredOfPath, type SettingDocument } from '../../../src/config/document';
import { daemonSetting, mergeConfiguration, type EffectiveConfiguration } from '../../../src/config/effective';
import { parseConfiguration } from '../../../src/config/parse/parse';
import type { SourceFile } from '../../../src/config/parse/findings';
import type { Origin } from '../../../src/config/settings';
import { uidAttributeOfDisk } from '../../../src/config/uidAttributes';
import { valueText } from '../../../src/config/valueText';
import type { Case } from './cases';
import type { Facts } from './facts';
import { configurationFacts } from './printed';

/*
 * The settings that mpathd derives from the files of a case without a kernel: they are parsed, merged and looked up for
 * the disks of the VM.
 */

const CONF_D = 'multipath/conf.d/';

const sourcesOf = ({ files }: Pick<Case, 'files'>): SourceFile[] => {
  const source = (path: string): SourceFile => ({
    file: `/etc/${path}`,
    main: path === 'multipath.conf',
    text: files[path] ?? '',
  });
  const dropIns = Object.keys(files).filter((path) => path.startsWith(CONF_D) && path.endsWith('.conf'));
  return [source('multipath.conf'), ...dropIns.sort().map(source)];
};

/** The configuration of a case in force. */
export const configurationOf = (one: Pick<Case, 'files'>): EffectiveConfiguration => {
  const { configuration, usable } = parseConfiguration(sourcesOf(one));
  if (!usable) throw new Error('the configuration is refused as a whole');
  return mergeConfiguration(configuration);
};

/** A path of the VM. Its name and its LUN differ from boot to boot. */
export interface KnownPath {
  readonly name: string;
  readonly device: DeviceIdentity;
  /** The WWID by this configuration; null: the path has none. */
  readonly wwid: string | null;
}

const scsi = { protocol: 'scsi:unspec', bus: 'scsi' } as const;
const DEBUG_DISK: DeviceIdentity = { ...scsi, vendor: 'Linux', product: 'scsi_debug', revision: '0191' };

/** The names that the LUNs of scsi_debug, lioLoop and nvmeDevices report, by their WWIDs under fastUdev. */
const DEVICES: ReadonlyMap<string, DeviceIdentity> = new Map([
  ['333333330000007d0', DEBUG_DISK],
  ['333333330000007d1', DEBUG_DISK],
  ['36001405ade0000000100000000000000', { ...scsi, vendor: 'LIO-ORG', product: 'FILEIO', revision: '4.0' }],
  [
    'nvme.1b36-4d504154484454455354-51454d55204e564d65204374726c-00000001',
    { protocol: 'nvme:pcie', bus: 'nvme', vendor: 'NVME', product: 'QEMU NVMe Ctrl', revision: null },
  ],
]);

const WWID_OF_PATH = /^(\S+) wwid$/;

/** The WWIDs of paths among facts, by name. */
export const wwidsIn = (facts: Facts): Map<string, string> =>
  new Map(
    [...facts].flatMap(([fact, value]) => {
      const [, name] = WWID_OF_PATH.exec(fact) ?? [];
      return name === undefined ? [] : [[name, value] as [string, string]];
    }),
  );

/** The paths, known by the WWIDs that the case `plain` gives them. */
export const pathsOf = (plain: ReadonlyMap<string, string>, wwids: ReadonlyMap<string, string>): KnownPath[] =>
  [...plain].map(([name, wwid]) => {
    const device = DEVICES.get(wwid);
    if (device === undefined) throw new Error(`${name} leads to a LUN that nobody made: ${wwid}`);
    return { name, device, wwid: wwids.get(name) ?? null };
  });

/** An origin in the words of theirs.ts. */
const originWord = (origin: Origin): string => {
  switch (origin.from) {
    case 'file':
      return origin.section;
    case 'hardware table':
      return 'devices';
    case 'detection':
    case 'default':
      return origin.from;
    case 'command line':
      throw new Error('no case has a command line');
  }
};

/** Facts that Debian's tool shows in another form, or not at all. */
const NOT_COMPARED: ReadonlySet<string> = new Set([
  'recheck_wwid',
  'vpd_vendor',
  'rr_min_io',
  'all_tg_pt',
  'detect_pgpolicy',
  'detect_pgpolicy_use_tpg',
  'purge_disconnected',
]);

const settingFact = (subject: string, { keyword, value, origin }: SettingDocument): Array<[string, string]> => {
  if (value === null || NOT_COMPARED.has(keyword)) return [];
  const text = valueText(keyword as never, { value: value as never });
  const plain = text === null ? 'a secret' : text.replace(/^"(.*)"$/, '$1').replaceAll('""', '"');
  return [[`${subject} setting ${keyword}`, `${plain} (${originWord(origin)})`]];
};

const pathSettings = (config: EffectiveConfiguration, { name, device, wwid }: KnownPath): SettingDocument[] => [
  ...configuredOfPath(config, device, wwid),
  // If uid_attrs names a property for the disk, this property counts.
  { keyword: 'uid_attribute', ...uidAttributeOfDisk(config, device, name) },
  { keyword: 'checker_timeout', ...daemonSetting(config, 'checker_timeout') },
];

/** The settings of the VM's disks by a configuration, and the configuration as `show config` prints it. */
export const configuredFacts = (one: Pick<Case, 'files'>, paths: readonly KnownPath[]): Facts => {
  const config = configurationOf(one);
  return new Map([
    ...paths.flatMap((path) => pathSettings(config, path).flatMap((setting) => settingFact(path.name, setting))),
    ...paths.flatMap(({ device, wwid }) =>
      wwid === null ? [] : configuredOfMap(config, device, wwid).flatMap((setting) => settingFact(wwid, setting)),
    ),
    ...configurationFacts(showConfiguration(config, config.rules)),
  ]);
};
