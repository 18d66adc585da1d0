import { DEFAULTS, keywordsAbout, MAP_KEYWORDS, PATH_KEYWORDS } from '../../../src/config/defaults';
import { KEYWORDS } from '../../../src/config/keywords';
import { DEPRECATED, keywordOf, keywordsIn } from '../../../src/config/parse/keywords';
import type { Keyword, Section, SettingValues } from '../../../src/config/settings';
import { blockIn, effective, parse, textOf, told } from './parsing';

const LETTERS: ReadonlyArray<[letter: string, section: Section]> = [
  ['D', 'defaults'],
  ['H', 'devices'],
  ['O', 'overrides'],
  ['M', 'multipaths'],
  ['P', 'protocol'],
];

/** multipath.conf(5) of multipath-tools 0.14.3: where each keyword may stand. */
const MANUAL: Record<string, string> = {
  D: 'verbosity polling_interval max_polling_interval reassign_maps multipath_dir config_dir bindings_file wwids_file prkeys_file disable_changed_wwids uid_attrs max_fds queue_without_daemon checker_timeout allow_usb_devices max_retries log_checker_err force_sync strict_timing partition_delimiter marginal_pathgroups find_multipaths find_multipaths_timeout uxsock_timeout retrigger_tries retrigger_delay missing_uev_wait_timeout remove_retries auto_resize enable_foreign',
  DHM: 'pg_timeout',
  DHO: 'getuid_callout detect_pgpolicy detect_pgpolicy_use_tpg uid_attribute path_checker checker alias_prefix all_tg_pt retain_attached_hw_handler detect_prio detect_checker recheck_wwid',
  DHOM: 'path_selector path_grouping_policy prio prio_args features failback rr_min_io rr_min_io_rq rr_weight no_path_retry flush_on_last_del user_friendly_names deferred_remove delay_watch_checks delay_wait_checks san_path_err_threshold san_path_err_forget_rate san_path_err_recovery_time marginal_path_err_sample_time marginal_path_err_rate_threshold marginal_path_err_recheck_gap_time marginal_path_double_failed_time skip_kpartx purge_disconnected max_sectors_kb ghost_delay',
  DM: 'mode uid gid reservation_key',
  DHOP: 'fast_io_fail_tmo dev_loss_tmo eh_deadline',
  H: 'vendor product revision product_blacklist hardware_handler vpd_vendor',
  M: 'wwid alias',
  P: 'type',
};

const PLACES = Object.entries(MANUAL).flatMap(([letters, names]) =>
  names.split(' ').map((name): [string, string] => [name, letters]),
);

test('the keywords are those of the manual', () => {
  const ours = [...Object.keys(KEYWORDS), ...DEPRECATED.keys(), 'checker'];
  expect(ours.sort()).toEqual(PLACES.map(([name]) => name).sort());
});

test.each(PLACES)('%s may stand in %s and nowhere else', (name, letters) => {
  for (const [letter, section] of LETTERS) {
    const value = name === 'wwid' || name === 'type' ? '' : `${name} x`;
    const unknown = parse(textOf(section, value)).findings.filter(({ code }) => code === 'unknown-keyword');
    expect([section, keywordsIn(section).includes(name)]).toEqual([section, letters.includes(letter)]);
    if (value !== '') expect([section, unknown.length]).toEqual([section, letters.includes(letter) ? 0 : 1]);
  }
});

test('every setting of the daemon, of paths and of maps has a place', () => {
  for (const keyword of [...keywordsAbout('daemon'), ...PATH_KEYWORDS, ...MAP_KEYWORDS])
    expect(keywordOf(keyword)).toBe(keyword);
});

test.each(['constructor', '__proto__', 'toString', 'Verbosity', ''])('%j is no keyword', (name) => {
  expect(keywordOf(name)).toBeNull();
});

/** The line as it is written, in the first section where the keyword may stand; its value; the findings. */
type Row = [written: string, value: unknown, ...told: string[]];

const KEPT = undefined;
const INVALID = (keyword: string, text: string, hint: string): string =>
  `bad-value: invalid value for ${keyword}: "${text}"; ${hint}`;

const ROWS: Row[] = [
  // Numbers.
  ['verbosity 3', 3],
  ['verbosity " 3 "', 3],
  ['verbosity +3', 3],
  ['verbosity -0', 0],
  ['verbosity 9', 4, 'capped: value for verbosity too large, capping at 4'],
  ['verbosity -1', 0, 'capped: value for verbosity too small, capping at 0'],
  ['verbosity 0x2', KEPT, INVALID('verbosity', '0x2', 'it is a number from 0 to 4')],
  ['verbosity ""', KEPT, INVALID('verbosity', '', 'it is a number from 0 to 4')],
  ['verbosity " "', KEPT, INVALID('verbosity', ' ', 'it is a number from 0 to 4')],
  ['verbosity 99999999999999999999', 4, 'capped: value for verbosity too large, capping at 4'],
  ['verbosity 2.5', KEPT, INVALID('verbosity', '2.5', 'it is a number from 0 to 4')],
  ['remove_retries 99999999999', 2147483647, 'capped: value for remove_retries too large, capping at 2147483647'],
  ['retrigger_tries x', KEPT, INVALID('retrigger_tries', 'x', 'it is a number, 0 or more')],
  ['rr_min_io 0', KEPT, 'zero-is-unset: rr_min_io 0 counts as not set'],
  ['max_sectors_kb 512', 512],
  ['find_multipaths_timeout -30', -30],
  ['find_multipaths_timeout 0', KEPT, 'zero-is-unset: find_multipaths_timeout 0 counts as not set'],
  ['polling_interval 5', 5],
  ['polling_interval 0', KEPT, INVALID('polling_interval', '0', 'it is a number of seconds, 1 or more')],
  ['polling_interval -5', KEPT, INVALID('polling_interval', '-5', 'it is a number of seconds, 1 or more')],
  [
    'polling_interval 4294967296',
    KEPT,
    INVALID('polling_interval', '4294967296', 'it is a number of seconds, 1 or more'),
  ],
  ['uxsock_timeout 5000', 5000],
  [
    'uxsock_timeout 100',
    4000,
    'raised: uxsock_timeout "100" is raised to 4000; it is a number of milliseconds, 4000 or more',
  ],
  [
    'uxsock_timeout soon',
    4000,
    'raised: uxsock_timeout "soon" is raised to 4000; it is a number of milliseconds, 4000 or more',
  ],
  // Yes and no.
  ['user_friendly_names yes', true],
  ['user_friendly_names 1', true],
  ['user_friendly_names no', false],
  ['user_friendly_names 0', false],
  ['user_friendly_names on', KEPT, INVALID('user_friendly_names', 'on', 'did you mean no?')],
  ['user_friendly_names YES', KEPT, INVALID('user_friendly_names', 'YES', 'it is one of: 0, 1, yes, no')],
  // Words, and words or numbers.
  ['failback manual', 'manual'],
  ['failback followover', 'followover'],
  ['failback 30', 30],
  ['failback 0', KEPT, 'zero-is-unset: failback 0 counts as not set; to go back at once, write failback immediate'],
  ['failback later', KEPT, INVALID('failback', 'later', 'it is manual, immediate, followover, or a number of seconds')],
  ['no_path_retry fail', 'fail'],
  ['no_path_retry 0', 'fail'],
  ['no_path_retry queue', 'queue'],
  ['no_path_retry 12', 12],
  ['no_path_retry -3', 1, 'capped: value for no_path_retry too small, capping at 1'],
  ['max_fds max', 'max'],
  ['max_fds 8192', 8192],
  ['rr_weight priorities', 'priorities'],
  ['rr_weight priority', KEPT, INVALID('rr_weight', 'priority', 'did you mean priorities?')],
  ['fast_io_fail_tmo off', 'off'],
  ['fast_io_fail_tmo 0', 0],
  ['dev_loss_tmo infinity', 'infinity'],
  ['dev_loss_tmo 60', 60],
  ['dev_loss_tmo 0', KEPT, 'zero-is-unset: dev_loss_tmo 0 counts as not set'],
  ['eh_deadline off', 'off'],
  ['max_retries off', 'off'],
  ['max_retries 9', 5, 'capped: value for max_retries too large, capping at 5'],
  ['log_checker_err once', 'once'],
  ['ghost_delay no', 'off'],
  ['ghost_delay 0', 'off'],
  ['ghost_delay 10', 10],
  ['ghost_delay -1', 1, 'capped: value for ghost_delay too small, capping at 1'],
  ['marginal_path_err_sample_time 60', 60],
  ['marginal_pathgroups yes', 'on'],
  ['marginal_pathgroups fpin', 'fpin'],
  ['auto_resize grow_only', 'grow_only'],
  ['auto_resize grow', KEPT, INVALID('auto_resize', 'grow', 'it is one of: never, grow_only, grow_shrink')],
  ['flush_on_last_del always', 'always'],
  [
    'flush_on_last_del yes',
    'always',
    'deprecated-value: "yes" is a deprecated value for flush_on_last_del and is treated as "always"; write flush_on_last_del always',
  ],
  [
    'flush_on_last_del no',
    'unused',
    'deprecated-value: "no" is a deprecated value for flush_on_last_del and is treated as "unused"; write flush_on_last_del unused',
  ],
  ['flush_on_last_del 1', KEPT, INVALID('flush_on_last_del', '1', 'it is one of: always, unused, never')],
  ['find_multipaths yes', 'on'],
  ['find_multipaths 0', 'off'],
  ['find_multipaths smart', 'smart'],
  ['find_multipaths smrt', KEPT, INVALID('find_multipaths', 'smrt', 'did you mean smart?')],
  ['path_grouping_policy group_by_tpg', 'group_by_tpg'],
  [
    'path_grouping_policy multibusX',
    'multibus',
    'unknown-name: "multibusX" is taken for path_grouping_policy multibus',
  ],
  [
    'path_grouping_policy multi',
    KEPT,
    INVALID(
      'path_grouping_policy',
      'multi',
      'it is one of: failover, multibus, group_by_serial, group_by_prio, group_by_node_name, group_by_tpg',
    ),
  ],
  [
    'path_grouping_policy group_by_prios',
    'group_by_prio',
    'unknown-name: "group_by_prios" is taken for path_grouping_policy group_by_prio',
  ],
  // Names of parts.
  ['prio alua', 'alua'],
  ['prio allua', KEPT, 'unknown-name: prio: there is no prioritizer "allua"; did you mean alua?'],
  ['path_checker tur', 'tur'],
  [
    'path_checker turbo',
    KEPT,
    'unknown-name: path_checker: there is no checker "turbo"; it is one of: tur, directio, readsector0, rdac, emc_clariion, hp_sw, cciss_tur, none',
  ],
  ['path_selector "service-time 0"', 'service-time 0'],
  ['path_selector "round-robin 1 x"', 'round-robin 1 x'],
  [
    'path_selector service-time',
    KEPT,
    'argument-count: missing argument count for path_selector. Ignoring; its second word is the number of those after it',
  ],
  [
    'path_selector "service-time x"',
    KEPT,
    'argument-count: missing argument count for path_selector. Ignoring; its second word is the number of those after it',
  ],
  [
    'path_selector "service-time 1"',
    KEPT,
    'argument-count: mismatched argument count for path_selector. Ignoring; its second word is 1, but 0 follow',
  ],
  [
    'path_selector "service-tme 0"',
    KEPT,
    'unknown-name: path_selector: there is no selector "service-tme"; did you mean service-time?',
  ],
  ['features "2 pg_init_retries 50"', '2 pg_init_retries 50'],
  ['features 0', '0'],
  [
    'features "1 a b"',
    KEPT,
    'argument-count: mismatched argument count for features. Ignoring; its first word is 1, but 2 follow',
  ],
  [
    'features ""',
    KEPT,
    'argument-count: missing argument count for features. Ignoring; its first word is the number of those after it',
  ],
  [
    'features "-1"',
    KEPT,
    'argument-count: missing argument count for features. Ignoring; its first word is the number of those after it',
  ],
  ['hardware_handler "1 alua"', '1 alua'],
  ['vpd_vendor hp3par', 'hp3par'],
  ['vpd_vendor hp', KEPT, INVALID('vpd_vendor', 'hp', 'it is one of: hp3par')],
  ['type scsi:fcp', 'scsi:fcp'],
  ['type scsi:fc', KEPT, INVALID('type', 'scsi:fc', 'did you mean scsi:fcp?')],
  // Texts and names.
  ['uid_attribute ""', ''],
  ['uid_attribute ID_WWN', 'ID_WWN'],
  ['prio_args "hbtl 1:.:.:. 2"', 'hbtl 1:.:.:. 2'],
  ['alias_prefix lun', 'lun'],
  ['alias_prefix a/b', KEPT, 'slash: a/b cannot contain a slash. Ignoring'],
  [
    `alias_prefix ${'x'.repeat(128)}`,
    KEPT,
    `unusable-name: alias_prefix "${'x'.repeat(128)}" cannot begin the name of a map: it is longer than 127 bytes`,
  ],
  ['alias red', 'red'],
  ['alias "my disk"', 'my disk'],
  ['alias a/b', KEPT, 'slash: a/b cannot contain a slash. Ignoring'],
  ['alias ..', KEPT, 'unusable-name: alias ".." cannot be the name of a map: it is the name of a folder'],
  ['alias ""', KEPT, 'unusable-name: alias "" cannot be the name of a map: it is empty'],
  ['partition_delimiter -part', '-part'],
  ['partition_delimiter ""', ''],
  ['partition_delimiter /UNSET/', KEPT, 'slash: /UNSET/ cannot contain a slash. Ignoring'],
  ['uid_attrs "sd:ID_SERIAL  nvme:ID_WWN "', 'sd:ID_SERIAL nvme:ID_WWN'],
  [
    'uid_attrs "sd:ID_SERIAL nvme"',
    'sd:ID_SERIAL',
    'uid-attrs: error parsing uid_attrs: "sd:ID_SERIAL nvme"; its words are like sd:ID_SERIAL',
  ],
  ['uid_attrs ""', KEPT, 'uid-attrs: error parsing uid_attrs: ""; its words are like sd:ID_SERIAL'],
  // Patterns.
  ['product_blacklist "^LUN"', '^LUN'],
  [
    'revision "*"',
    '*',
    'bad-pattern: revision matches nothing: nothing to repeat before *; did you mean ".*"? It is an extended regular expression',
  ],
  ['enable_foreign "nvme("', 'nvme(', 'bad-pattern: enable_foreign matches nothing: ( without )'],
  // Owners and modes.
  ['mode 0640', 0o640],
  ['mode 777', 0o777],
  ['mode 1777', KEPT, INVALID('mode', '1777', 'it is octal, 0777 at most')],
  ['mode 8', KEPT, INVALID('mode', '8', 'it is octal, 0777 at most')],
  ['uid 0', 0],
  ['uid alice', 1000],
  ['uid bob', KEPT, INVALID('uid', 'bob', 'it is a number, or a name in /etc/passwd')],
  ['uid 4294967295', KEPT, INVALID('uid', '4294967295', 'it is a number, or a name in /etc/passwd')],
  ['gid disk', 6],
  ['gid -1', KEPT, INVALID('gid', '-1', 'it is a number, or a name in /etc/group')],
  // The keys themselves are not kept.
  ['reservation_key file', 'file'],
  ['reservation_key 0x123abc', 'set'],
  ['reservation_key 123abc:aptpl', 'set'],
];

describe('values', () => {
  test.each(ROWS)('%s', (written, value, ...expected) => {
    const [name = ''] = written.split(' ');
    const keyword = keywordOf(name);
    if (keyword === null) throw new Error(name);
    const [section = 'defaults'] = KEYWORDS[keyword].sections;
    const text = name === 'type' ? `overrides {\nprotocol {\n${written}\n}\n}\n` : textOf(section, written);
    const parsed = parse(text);
    const without = name === 'type' && value === KEPT;
    expect(blockIn(section, parsed)[keyword]?.value).toEqual(value);
    const shown = effective(parsed.findings).map((finding) => told(finding).replace(/^\S+ /, ''));
    expect(shown).toEqual(
      without
        ? [...expected, 'no-type: protocol section in /etc/multipath.conf missing type; it is ignored']
        : expected,
    );
    expect(parsed.usable).toBe(true);
  });

  test('every keyword has a row', () => {
    const rows = new Set(
      ROWS.map(([written]) => KEYWORDS_OF_SAME_KIND[written.split(' ')[0] ?? ''] ?? written.split(' ')[0]),
    );
    const missing = Object.keys(KEYWORDS).filter((keyword) => !rows.has(KEYWORDS_OF_SAME_KIND[keyword] ?? keyword));
    expect(missing).toEqual([]);
  });

  test('a default is a value that its keyword can have', () => {
    for (const [keyword, value] of Object.entries(DEFAULTS) as Array<[Keyword, SettingValues[Keyword]]>) {
      const [section = 'defaults'] = KEYWORDS[keyword].sections;
      const shown =
        value === true
          ? 'yes'
          : value === false
            ? 'no'
            : value === 'off' && keyword !== 'marginal_pathgroups'
              ? 'no'
              : value;
      const parsed = parse(textOf(section, `${keyword} "${String(shown)}"`));
      expect([keyword, blockIn(section, parsed)[keyword]?.value]).toEqual([keyword, value]);
      expect(effective(parsed.findings)).toEqual([]);
    }
  });
});

/** Keywords with exactly the same reader as another keyword that has rows. */
const KEYWORDS_OF_SAME_KIND: Readonly<Record<string, string>> = Object.fromEntries([
  ...[
    'reassign_maps',
    'queue_without_daemon',
    'allow_usb_devices',
    'force_sync',
    'strict_timing',
    'detect_pgpolicy',
    'detect_pgpolicy_use_tpg',
    'all_tg_pt',
    'retain_attached_hw_handler',
    'detect_prio',
    'detect_checker',
    'deferred_remove',
    'recheck_wwid',
    'skip_kpartx',
    'purge_disconnected',
  ].map((name) => [name, 'user_friendly_names']),
  ...[
    'delay_watch_checks',
    'delay_wait_checks',
    'san_path_err_threshold',
    'san_path_err_forget_rate',
    'san_path_err_recovery_time',
    'marginal_path_err_rate_threshold',
    'marginal_path_err_recheck_gap_time',
    'marginal_path_double_failed_time',
  ].map((name) => [name, 'ghost_delay']),
  ...['retrigger_delay', 'missing_uev_wait_timeout'].map((name) => [name, 'retrigger_tries']),
  ...['checker_timeout', 'rr_min_io_rq'].map((name) => [name, 'rr_min_io']),
  ['max_polling_interval', 'polling_interval'],
  ...['vendor', 'product'].map((name) => [name, 'revision']),
  // The keywords that say what a section concerns are tested with the sections.
  ['wwid', 'alias'],
]);

test('checker is another word for path_checker', () => {
  const parsed = parse(textOf('devices', 'checker rdac'));
  expect(blockIn('devices', parsed).path_checker).toEqual({ value: 'rdac', file: '/etc/multipath.conf', line: 3 });
});

test('a keyword without effect is reported once', () => {
  const parsed = parse('defaults {\n force_sync yes\n}\ndefaults {\n force_sync no\n}\n', {
    b: 'defaults {\n force_sync yes\n}\n',
  });
  expect(
    parsed.findings.filter(({ code }) => code === 'no-effect').map(({ line, message }) => [line, message]),
  ).toEqual([[2, '/etc/multipath.conf line 2, force_sync has no effect in mpathd yet']]);
  expect(parsed.configuration.defaults.force_sync).toEqual({ value: true, file: 'b', line: 2 });
});

test.each([...DEPRECATED])('%s is ignored, with one warning', (name, { sections, instead }) => {
  const text = sections.map((section) => textOf(section, `${name} x`)).join('');
  const parsed = parse(text);
  expect(parsed.findings.map(({ message }) => message)).toEqual([
    expect.stringMatching(
      new RegExp(`^/etc/multipath.conf line \\d: ignoring deprecated option "${name}", using built-in value: "`),
    ),
  ]);
  expect(parsed.findings[0]?.message).toContain(`"${instead}"`);
});
