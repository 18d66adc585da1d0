/**
 * Every keyword that carries a value: where it may stand, what its value can be, and whether mpathd has what it steers.
 */
import type { Keyword, Section, SettingValues } from '../settings';
import {
  account,
  alias,
  aliasPrefix,
  devLossTmo,
  flushOnLastDel,
  mode,
  pathSelector,
  pattern,
  reservationKey,
  uidAttrs,
  uxsockTimeout,
  wwid,
} from './specialValues';
import {
  anyText,
  counted,
  INT_MAX,
  integer,
  interval,
  nameOf,
  noSlash,
  offOrNumber,
  offOrUpTo,
  oneOf,
  prefixOf,
  words,
  wordOr,
  yesNo,
  zeroIsUnset,
  type Reader,
} from './values';

/** What is known of one keyword. */
export interface KeywordRule<T> {
  sections: readonly Section[];
  read: Reader<T>;
  /** `not yet`: its part of mpathd is not there, and whoever sets it is told so. */
  effect: 'yes' | 'not yet';
}

const D: readonly Section[] = ['defaults'];
const H: readonly Section[] = ['devices'];
const M: readonly Section[] = ['multipaths'];
const P: readonly Section[] = ['protocol'];
const DM: readonly Section[] = ['defaults', 'multipaths'];
const DHO: readonly Section[] = ['defaults', 'devices', 'overrides'];
const DHOM: readonly Section[] = ['defaults', 'devices', 'overrides', 'multipaths'];
const DHOP: readonly Section[] = ['defaults', 'devices', 'overrides', 'protocol'];

const PRIORITIZERS = [
  'const',
  'sysfs',
  'alua',
  'ana',
  'emc',
  'rdac',
  'ontap',
  'hp_sw',
  'hds',
  'datacore',
  'iet',
  'random',
  'weightedpath',
  'path_latency',
  'none',
];
const CHECKERS = ['tur', 'directio', 'readsector0', 'rdac', 'emc_clariion', 'hp_sw', 'cciss_tur', 'none'];

/** What `type` in a `protocol` section can be. */
export const PROTOCOLS = [
  ...['fcp', 'spi', 'ssa', 'sbp', 'srp', 'iscsi', 'sas', 'adt', 'ata', 'usb', 'unspec'].map((name) => `scsi:${name}`),
  ...['pcie', 'rdma', 'fc', 'tcp', 'loop', 'apple-nvme', 'unspec'].map((name) => `nvme:${name}`),
  'ccw',
  'cciss',
  'undef',
] as const;

const count = integer(0, INT_MAX);
const countAboveZero = zeroIsUnset(count);

const effective = <T>(sections: readonly Section[], read: Reader<T>): KeywordRule<T> => ({
  sections,
  read,
  effect: 'yes',
});
const notYet = <T>(sections: readonly Section[], read: Reader<T>): KeywordRule<T> => ({
  sections,
  read,
  effect: 'not yet',
});

/** The table: of each keyword the sections, the values, and whether there is an effect. */
export const KEYWORDS: { readonly [K in Keyword]: KeywordRule<SettingValues[K]> } = {
  // The daemon.
  verbosity: effective(D, integer(0, 4)),
  polling_interval: effective(D, interval),
  max_polling_interval: effective(D, interval),
  reassign_maps: notYet(D, yesNo),
  uid_attrs: effective(D, uidAttrs),
  max_fds: notYet(D, wordOr({ max: 'max' } as const, zeroIsUnset(integer(0, INT_MAX, 'it is max, or a number')))),
  queue_without_daemon: effective(D, yesNo),
  checker_timeout: effective(D, countAboveZero),
  allow_usb_devices: effective(D, yesNo),
  max_retries: notYet(D, offOrUpTo(5)),
  log_checker_err: notYet(D, words('once', 'always')),
  force_sync: notYet(D, yesNo),
  strict_timing: notYet(D, yesNo),
  partition_delimiter: notYet(D, noSlash),
  find_multipaths: effective(
    D,
    oneOf({
      off: 'off',
      no: 'off',
      0: 'off',
      on: 'on',
      yes: 'on',
      1: 'on',
      strict: 'strict',
      greedy: 'greedy',
      smart: 'smart',
    } as const),
  ),
  find_multipaths_timeout: effective(D, zeroIsUnset(integer(-INT_MAX - 1, INT_MAX, 'it is a number of seconds'))),
  uxsock_timeout: effective(D, uxsockTimeout),
  retrigger_tries: notYet(D, count),
  retrigger_delay: notYet(D, count),
  missing_uev_wait_timeout: notYet(D, count),
  remove_retries: notYet(D, count),
  auto_resize: notYet(D, words('never', 'grow_only', 'grow_shrink')),
  enable_foreign: notYet(D, pattern),
  marginal_pathgroups: notYet(
    D,
    oneOf({ off: 'off', no: 'off', 0: 'off', on: 'on', yes: 'on', 1: 'on', fpin: 'fpin' } as const),
  ),

  // Paths.
  uid_attribute: effective(DHO, anyText),
  prio: effective(DHOM, nameOf('prioritizer', PRIORITIZERS)),
  prio_args: effective(DHOM, anyText),
  detect_prio: effective(DHO, yesNo),
  path_checker: effective(DHO, nameOf('checker', CHECKERS)),
  detect_checker: effective(DHO, yesNo),
  fast_io_fail_tmo: notYet(DHOP, offOrUpTo(INT_MAX)),
  dev_loss_tmo: notYet(DHOP, zeroIsUnset(devLossTmo)),
  eh_deadline: notYet(DHOP, offOrUpTo(INT_MAX)),
  max_sectors_kb: notYet(DHOM, countAboveZero),
  recheck_wwid: notYet(DHO, yesNo),
  purge_disconnected: notYet(DHOM, yesNo),

  // Maps.
  alias_prefix: effective(DHO, aliasPrefix),
  user_friendly_names: effective(DHOM, yesNo),
  path_grouping_policy: effective(
    DHOM,
    prefixOf('failover', 'multibus', 'group_by_serial', 'group_by_prio', 'group_by_node_name', 'group_by_tpg'),
  ),
  detect_pgpolicy: effective(DHO, yesNo),
  detect_pgpolicy_use_tpg: effective(DHO, yesNo),
  path_selector: effective(DHOM, pathSelector),
  features: effective(DHOM, counted(0)),
  failback: effective(
    DHOM,
    wordOr(
      { manual: 'manual', immediate: 'immediate', followover: 'followover' } as const,
      zeroIsUnset(
        integer(0, INT_MAX, 'it is manual, immediate, followover, or a number of seconds'),
        'to go back at once, write failback immediate',
      ),
    ),
  ),
  rr_min_io: effective(DHOM, countAboveZero),
  rr_min_io_rq: effective(DHOM, countAboveZero),
  rr_weight: effective(DHOM, words('uniform', 'priorities')),
  no_path_retry: effective(
    DHOM,
    wordOr(
      { fail: 'fail', 0: 'fail', queue: 'queue' } as const,
      integer(1, INT_MAX, 'it is fail, queue, or a number, 1 or more'),
    ),
  ),
  flush_on_last_del: effective(DHOM, flushOnLastDel),
  deferred_remove: notYet(DHOM, yesNo),
  retain_attached_hw_handler: effective(DHO, yesNo),
  skip_kpartx: effective(DHOM, yesNo),
  ghost_delay: notYet(DHOM, offOrNumber),
  mode: notYet(DM, mode),
  uid: notYet(DM, account('uid')),
  gid: notYet(DM, account('gid')),
  reservation_key: notYet(DM, reservationKey),
  all_tg_pt: notYet(DHO, yesNo),

  // Paths that come and go.
  delay_watch_checks: notYet(DHOM, offOrNumber),
  delay_wait_checks: notYet(DHOM, offOrNumber),
  san_path_err_threshold: notYet(DHOM, offOrNumber),
  san_path_err_forget_rate: notYet(DHOM, offOrNumber),
  san_path_err_recovery_time: notYet(DHOM, offOrNumber),
  marginal_path_err_sample_time: notYet(DHOM, offOrNumber),
  marginal_path_err_rate_threshold: notYet(DHOM, offOrNumber),
  marginal_path_err_recheck_gap_time: notYet(DHOM, offOrNumber),
  marginal_path_double_failed_time: notYet(DHOM, offOrNumber),

  // What a section is about.
  vendor: effective(H, pattern),
  product: effective(H, pattern),
  revision: effective(H, pattern),
  product_blacklist: effective(H, pattern),
  hardware_handler: effective(H, counted(0)),
  vpd_vendor: effective(H, words('hp3par')),
  wwid: effective(M, wwid),
  alias: effective(M, alias),
  type: effective(P, words(...PROTOCOLS)),
};

/** Other names of keywords. */
const SYNONYMS: ReadonlyMap<string, Keyword> = new Map([['checker', 'path_checker']]);

/** The keyword of that name, wherever it may stand. */
export function keywordOf(name: string): Keyword | null {
  // Object.hasOwn does not narrow.
  return Object.hasOwn(KEYWORDS, name) ? (name as Keyword) : (SYNONYMS.get(name) ?? null);
}

/** A keyword of former times. */
export interface DeprecatedKeyword {
  sections: readonly Section[];
  /** What multipathd says that it uses instead. */
  instead: string;
}

/** Accepted, and without effect in multipathd as well. */
export const DEPRECATED: ReadonlyMap<string, DeprecatedKeyword> = new Map([
  ['multipath_dir', { sections: D, instead: '/lib64/multipath' }],
  ['config_dir', { sections: D, instead: '/etc/multipath/conf.d' }],
  ['bindings_file', { sections: D, instead: '/etc/multipath/bindings' }],
  ['wwids_file', { sections: D, instead: '/etc/multipath/wwids' }],
  ['prkeys_file', { sections: D, instead: '/etc/multipath/prkeys' }],
  ['disable_changed_wwids', { sections: D, instead: 'yes' }],
  ['pg_timeout', { sections: ['defaults', 'devices', 'multipaths'], instead: '(not set)' }],
  ['getuid_callout', { sections: DHO, instead: '(not set)' }],
]);

/** The keywords that may stand in a section, with synonyms and those of former times. */
export function keywordsIn(section: Section): readonly string[] {
  return BY_SECTION[section];
}

function namesIn(section: Section): string[] {
  const present = [...Object.keys(KEYWORDS), ...SYNONYMS.keys()].filter((name) => {
    const keyword = keywordOf(name);
    return keyword !== null && KEYWORDS[keyword].sections.includes(section);
  });
  return [
    ...present,
    ...[...DEPRECATED].filter(([, { sections }]) => sections.includes(section)).map(([name]) => name),
  ];
}

const BY_SECTION: Readonly<Record<Section, readonly string[]>> = {
  defaults: namesIn('defaults'),
  devices: namesIn('devices'),
  overrides: namesIn('overrides'),
  protocol: namesIn('protocol'),
  multipaths: namesIn('multipaths'),
};
