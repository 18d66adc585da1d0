/** The output of `show config` is a configuration with the same settings. */
import fc from 'fast-check';
import { emptyConfiguration, type BlacklistRule, type Block, type Configuration } from '../../src/config/configuration';
import { keywordsAbout, MAP_KEYWORDS, PATH_KEYWORDS } from '../../src/config/defaults';
import {
  daemonSetting,
  mapSetting,
  mergeConfiguration,
  pathSetting,
  type EffectiveConfiguration,
} from '../../src/config/effective';
import { keywordsIn } from '../../src/config/parse/keywords';
import { parseConfiguration } from '../../src/config/parse/parse';
import type { Keyword, Section, SettingValues } from '../../src/config/settings';
import { showConfiguration } from '../../src/config/show';
import { block, configuration, device, FILE } from './configurations';

/** Some values of every keyword, as the parser gives them. */
const VALUES: { [K in Keyword]: ReadonlyArray<SettingValues[K]> } = {
  verbosity: [0, 4],
  polling_interval: [1, 7],
  max_polling_interval: [7, 60],
  reassign_maps: [true, false],
  path_selector: ['round-robin 0', 'queue-length 0'],
  path_grouping_policy: ['multibus', 'group_by_tpg'],
  detect_pgpolicy: [true, false],
  detect_pgpolicy_use_tpg: [true, false],
  uid_attrs: ['sd:ID_SERIAL nvme:ID_WWN'],
  uid_attribute: ['', 'ID_X'],
  prio: ['hds', 'emc'],
  prio_args: ['', 'a "quoted" word', 'hbtl #! {'],
  features: ['0', '1 queue_if_no_path', '2 pg_init_retries 5'],
  path_checker: ['directio', 'none'],
  alias_prefix: ['lun'],
  failback: ['manual', 'immediate', 'followover', 15],
  rr_min_io: [1, 99],
  rr_min_io_rq: [1, 99],
  max_fds: ['max', 8192],
  rr_weight: ['uniform', 'priorities'],
  no_path_retry: ['fail', 'queue', 12],
  queue_without_daemon: [true, false],
  checker_timeout: [60],
  allow_usb_devices: [true, false],
  flush_on_last_del: ['always', 'unused', 'never'],
  user_friendly_names: [true, false],
  mode: [0, 0o600, 0o777],
  uid: [0, 500],
  gid: [0, 500],
  fast_io_fail_tmo: ['off', 0, 10],
  dev_loss_tmo: ['infinity', 60],
  eh_deadline: ['off', 0, 10],
  max_retries: ['off', 0, 5],
  log_checker_err: ['once', 'always'],
  reservation_key: ['file'],
  all_tg_pt: [true, false],
  retain_attached_hw_handler: [true, false],
  detect_prio: [true, false],
  detect_checker: [true, false],
  force_sync: [true, false],
  strict_timing: [true, false],
  deferred_remove: [true, false],
  partition_delimiter: ['', '-p'],
  delay_watch_checks: ['off', 3],
  delay_wait_checks: ['off', 3],
  san_path_err_threshold: ['off', 3],
  san_path_err_forget_rate: ['off', 3],
  san_path_err_recovery_time: ['off', 3],
  marginal_path_err_sample_time: ['off', 130],
  marginal_path_err_rate_threshold: ['off', 3],
  marginal_path_err_recheck_gap_time: ['off', 3],
  marginal_path_double_failed_time: ['off', 3],
  marginal_pathgroups: ['off', 'on', 'fpin'],
  find_multipaths: ['off', 'on', 'strict', 'greedy', 'smart'],
  find_multipaths_timeout: [-1, 5],
  uxsock_timeout: [4000, 5000],
  retrigger_tries: [0, 5],
  retrigger_delay: [0, 5],
  missing_uev_wait_timeout: [0, 5],
  skip_kpartx: [true, false],
  purge_disconnected: [true, false],
  remove_retries: [0, 5],
  max_sectors_kb: [512],
  ghost_delay: ['off', 10],
  auto_resize: ['never', 'grow_only', 'grow_shrink'],
  enable_foreign: ['', 'NONE', '^nvme$'],
  recheck_wwid: [true, false],
  vendor: ['FOO', '^F(O|0)', 'A "b"'],
  product: ['BAR', '.*', 'B[A-Z]R'],
  revision: ['1', '^0'],
  product_blacklist: ['LUNZ', '!x'],
  hardware_handler: ['0', '1 alua'],
  vpd_vendor: ['hp3par'],
  wwid: ['3600a', '3600b'],
  alias: ['red', 'blue sky'],
  type: ['scsi:fcp', 'nvme:tcp'],
};

const DEVICES = [
  device('FOO', 'BAR'),
  device('FOO', 'BAR', { revision: '1', protocol: 'nvme:tcp' }),
  device('IBM', '2145'),
  device('A "b"', 'x'),
];

/** A section with these keywords, and perhaps some of the others. */
function blockArb(section: Section, ...needed: Keyword[]): fc.Arbitrary<Block> {
  const others = keywordsIn(section).filter(
    (keyword): keyword is Keyword => keyword in VALUES && !needed.some((name) => name === keyword),
  );
  const valueOf = (keyword: Keyword): fc.Arbitrary<[Keyword, unknown]> =>
    fc.constantFrom<unknown>(...VALUES[keyword]).map((value) => [keyword, value]);
  const chosen = fc.subarray(others).chain((keywords) => fc.tuple(...[...needed, ...keywords].map(valueOf)));
  return chosen.map((entries) => block(Object.fromEntries(entries)));
}

const ruleArb: fc.Arbitrary<BlacklistRule> = fc.record({
  pattern: fc.constantFrom('^sd', '!odd', 'a "b"', 'x#y', '[[:alpha:]]'),
  inverted: fc.boolean(),
  file: fc.constant(FILE),
  line: fc.constant(1),
});

const rulesArb = fc.record({
  devnode: fc.array(ruleArb, { maxLength: 2 }),
  wwid: fc.array(ruleArb, { maxLength: 2 }),
  property: fc.array(ruleArb, { maxLength: 2 }),
  protocol: fc.array(ruleArb, { maxLength: 2 }),
  device: fc.array(
    fc.oneof(
      fc.record({ vendor: ruleArb, product: ruleArb }),
      fc.record({ vendor: ruleArb, product: fc.constant(null) }),
    ),
    { maxLength: 2 },
  ),
});

const configurationArb: fc.Arbitrary<Configuration> = fc
  .record({
    defaults: blockArb('defaults'),
    blacklist: rulesArb,
    exceptions: rulesArb,
    devices: fc.array(blockArb('devices', 'vendor', 'product'), { maxLength: 3 }),
    overrides: blockArb('overrides'),
    protocols: fc.array(blockArb('protocol', 'type'), { maxLength: 2 }),
    multipaths: fc.uniqueArray(blockArb('multipaths', 'wwid'), {
      maxLength: 2,
      selector: ({ alias, wwid }) => alias?.value ?? wwid?.value,
    }),
  })
  .map((sections) => configuration({ ...sections, multipaths: sections.multipaths.slice(0, 1) }));

/** The values of all possible look-ups. */
function everything(config: EffectiveConfiguration): unknown[] {
  const wwids = ['3600a', '3600b', 'other'];
  return [
    ...keywordsAbout('daemon').map((keyword) => daemonSetting(config, keyword).value),
    ...DEVICES.flatMap((one) =>
      wwids.flatMap((wwid) => PATH_KEYWORDS.map((keyword) => pathSetting(config, one, keyword, wwid).value)),
    ),
    ...DEVICES.flatMap((one) =>
      wwids.flatMap((wwid) => MAP_KEYWORDS.map((keyword) => mapSetting(config, one, wwid, keyword).value)),
    ),
  ];
}

function readBack(text: string): { config: EffectiveConfiguration; complaints: string[] } {
  const { configuration: source, findings, usable } = parseConfiguration([{ file: FILE, text, main: true }]);
  const complaints = findings
    .filter(({ code }) => code !== 'no-effect' && code !== 'unknown-name')
    .map(({ code, message }) => `${code}: ${message}`);
  expect(usable).toBe(true);
  return { config: mergeConfiguration(source), complaints };
}

test('every keyword has its place in the output', () => {
  for (const section of ['defaults', 'devices', 'overrides', 'protocol', 'multipaths'] as const) {
    for (const keyword of keywordsIn(section).filter((name): name is Keyword => name in VALUES)) {
      const names: Partial<SettingValues> =
        { devices: { vendor: 'V', product: 'P' }, protocol: { type: 'scsi:fcp' }, multipaths: { wwid: 'w' } }[
          section as string
        ] ?? {};
      const said = block({ ...names, [keyword]: VALUES[keyword][0] });
      const sections = {
        defaults: { defaults: said },
        devices: { devices: [said] },
        overrides: { overrides: said },
        protocol: { protocols: [said] },
        multipaths: { multipaths: [said] },
      };
      const config = mergeConfiguration(configuration(sections[section]));
      const text = showConfiguration(config, config.rules);
      const printed = text.slice(`\n${text}`.indexOf(`\n${section === 'protocol' ? 'overrides' : section} {\n`));
      expect(`${section}: ${printed.match(new RegExp(`^\\t+${keyword} `, 'm'))?.[0].trim()}`).toBe(
        `${section}: ${keyword}`,
      );
    }
  }
});

test('the output has the same settings when it is read back, and gives the same output again', () => {
  fc.assert(
    fc.property(configurationArb, (source) => {
      const config = mergeConfiguration(source);
      const text = showConfiguration(config, config.rules);
      const again = readBack(text);
      expect(again.complaints).toEqual([]);
      expect(everything(again.config)).toEqual(everything(config));
      expect(showConfiguration(again.config, again.config.rules)).toBe(text);
    }),
    { numRuns: 40 },
  );
});

test('the output of an empty configuration reads back without findings and with the same settings', () => {
  const config = mergeConfiguration(emptyConfiguration());
  const again = readBack(showConfiguration(config, config.rules));
  expect(again.complaints).toEqual([]);
  expect(everything(again.config)).toEqual(everything(config));
});
