/**
 * The order in which `show config` prints keywords: multipathd's order, then the keywords that multipathd does not
 * have.
 */
import { ALL_KEYWORDS, KEYWORDS } from './keywords';
import type { Keyword, Section } from './settings';

const MARGINAL_PATH_KEYWORDS: readonly Keyword[] = [
  'delay_watch_checks',
  'delay_wait_checks',
  'san_path_err_threshold',
  'san_path_err_forget_rate',
  'san_path_err_recovery_time',
  'marginal_path_err_sample_time',
  'marginal_path_err_rate_threshold',
  'marginal_path_err_recheck_gap_time',
  'marginal_path_double_failed_time',
];

/** multipathd's order of `defaults`. */
const DEFAULTS_FIRST: readonly Keyword[] = [
  'verbosity',
  'polling_interval',
  'max_polling_interval',
  'reassign_maps',
  'path_selector',
  'path_grouping_policy',
  'uid_attrs',
  'uid_attribute',
  'prio',
  'prio_args',
  'features',
  'path_checker',
  'alias_prefix',
  'failback',
  'rr_min_io',
  'rr_min_io_rq',
  'max_fds',
  'rr_weight',
  'no_path_retry',
  'queue_without_daemon',
  'checker_timeout',
  'allow_usb_devices',
  'flush_on_last_del',
  'user_friendly_names',
  'mode',
  'uid',
  'gid',
  'fast_io_fail_tmo',
  'dev_loss_tmo',
  'eh_deadline',
  'max_retries',
  'log_checker_err',
  'reservation_key',
  'all_tg_pt',
  'retain_attached_hw_handler',
  'detect_prio',
  'detect_checker',
  'detect_pgpolicy',
  'detect_pgpolicy_use_tpg',
  'force_sync',
  'strict_timing',
  'deferred_remove',
  'partition_delimiter',
  ...MARGINAL_PATH_KEYWORDS,
  'find_multipaths',
  'uxsock_timeout',
  'retrigger_tries',
  'retrigger_delay',
  'missing_uev_wait_timeout',
  'skip_kpartx',
  'purge_disconnected',
  'remove_retries',
  'max_sectors_kb',
  'ghost_delay',
  'auto_resize',
  'find_multipaths_timeout',
  'enable_foreign',
  'marginal_pathgroups',
  'recheck_wwid',
];

/** The order in the other sections: first what a section concerns, then as multipathd prints device entries. */
const SECTION_FIRST: readonly Keyword[] = [
  'type',
  'wwid',
  'alias',
  'vendor',
  'product',
  'revision',
  'product_blacklist',
  'path_grouping_policy',
  'uid_attribute',
  'path_selector',
  'path_checker',
  'alias_prefix',
  'features',
  'hardware_handler',
  'prio',
  'prio_args',
  'failback',
  'rr_weight',
  'no_path_retry',
  'rr_min_io',
  'rr_min_io_rq',
  'flush_on_last_del',
  'fast_io_fail_tmo',
  'dev_loss_tmo',
  'eh_deadline',
  'mode',
  'uid',
  'gid',
  'reservation_key',
  'user_friendly_names',
  'retain_attached_hw_handler',
  'detect_prio',
  'detect_checker',
  'detect_pgpolicy',
  'detect_pgpolicy_use_tpg',
  'deferred_remove',
  ...MARGINAL_PATH_KEYWORDS,
  'skip_kpartx',
  'purge_disconnected',
  'max_sectors_kb',
  'ghost_delay',
  'all_tg_pt',
  'recheck_wwid',
  'vpd_vendor',
];

/** `all`, with the items of `first` in front. The others keep their order. */
export function inOrder<T>(first: readonly T[], all: readonly T[]): readonly T[] {
  return [...first.filter((one) => all.includes(one)), ...all.filter((one) => !first.includes(one))];
}

const thoseIn = (...sections: readonly Section[]): readonly Keyword[] =>
  ALL_KEYWORDS.filter((keyword) => sections.some((section) => KEYWORDS[keyword].sections.includes(section)));

/** The keywords of `defaults`. */
export const DEFAULTS_ORDER = inOrder(DEFAULTS_FIRST, thoseIn('defaults'));

/** The keywords of the other sections. */
export const SECTION_ORDER = inOrder(SECTION_FIRST, thoseIn('devices', 'overrides', 'protocol', 'multipaths'));
