/**
 * The keywords of multipath.conf that carry a value, with the type of that value, and what a value
 * that is in force came from (multipath.conf(5)).
 */

/** How paths are put into groups (`path_grouping_policy`). */
export type GroupingPolicy =
  | 'failover'
  | 'multibus'
  | 'group_by_serial'
  | 'group_by_prio'
  | 'group_by_node_name'
  | 'group_by_tpg';

/** `find_multipaths`. */
export type FindMultipaths = 'off' | 'on' | 'strict' | 'greedy' | 'smart';

/** `no_path_retry`: `fail` is 0 checks; a number is that many checks. */
export type NoPathRetry = 'fail' | 'queue' | number;

/** `failback`; a number is seconds, above 0. */
export type Failback = 'manual' | 'immediate' | 'followover' | number;

/** Every keyword with the type of its value as the rest of mpathd sees it. A limit that is switched off is `off`. */
export interface SettingValues {
  verbosity: number;
  /** s */
  polling_interval: number;
  /** s */
  max_polling_interval: number;
  reassign_maps: boolean;
  /** With its count of arguments: `service-time 0`. */
  path_selector: string;
  path_grouping_policy: GroupingPolicy;
  detect_pgpolicy: boolean;
  detect_pgpolicy_use_tpg: boolean;
  /** `sd:ID_SERIAL nvme:ID_WWN` */
  uid_attrs: string;
  /** '' : no property, only what the device itself says. */
  uid_attribute: string;
  prio: string;
  prio_args: string;
  /** With its count of words: `1 queue_if_no_path`. */
  features: string;
  path_checker: string;
  alias_prefix: string;
  failback: Failback;
  rr_min_io: number;
  rr_min_io_rq: number;
  max_fds: 'max' | number;
  rr_weight: 'uniform' | 'priorities';
  no_path_retry: NoPathRetry;
  queue_without_daemon: boolean;
  /** s */
  checker_timeout: number;
  allow_usb_devices: boolean;
  flush_on_last_del: 'always' | 'unused' | 'never';
  user_friendly_names: boolean;
  /** Permission bits of the map's node. */
  mode: number;
  uid: number;
  gid: number;
  /** s */
  fast_io_fail_tmo: 'off' | number;
  /** s */
  dev_loss_tmo: 'infinity' | number;
  /** s */
  eh_deadline: 'off' | number;
  max_retries: 'off' | number;
  log_checker_err: 'once' | 'always';
  /** The key itself is a secret and is not kept here: `set` says that there is one. */
  reservation_key: 'file' | 'set';
  all_tg_pt: boolean;
  retain_attached_hw_handler: boolean;
  detect_prio: boolean;
  detect_checker: boolean;
  force_sync: boolean;
  strict_timing: boolean;
  deferred_remove: boolean;
  partition_delimiter: string;
  delay_watch_checks: 'off' | number;
  delay_wait_checks: 'off' | number;
  san_path_err_threshold: 'off' | number;
  san_path_err_forget_rate: 'off' | number;
  san_path_err_recovery_time: 'off' | number;
  marginal_path_err_sample_time: 'off' | number;
  marginal_path_err_rate_threshold: 'off' | number;
  marginal_path_err_recheck_gap_time: 'off' | number;
  marginal_path_double_failed_time: 'off' | number;
  marginal_pathgroups: 'off' | 'on' | 'fpin';
  find_multipaths: FindMultipaths;
  /** s; negative: the whole time only for hardware in the table, 1 s for others. */
  find_multipaths_timeout: number;
  /** ms */
  uxsock_timeout: number;
  retrigger_tries: number;
  /** s */
  retrigger_delay: number;
  /** s */
  missing_uev_wait_timeout: number;
  skip_kpartx: boolean;
  purge_disconnected: boolean;
  remove_retries: number;
  max_sectors_kb: number;
  /** s */
  ghost_delay: 'off' | number;
  auto_resize: 'never' | 'grow_only' | 'grow_shrink';
  /** A regular expression. */
  enable_foreign: string;
  recheck_wwid: boolean;
  /** Regular expressions. */
  vendor: string;
  product: string;
  revision: string;
  product_blacklist: string;
  /** With its count of words: `1 alua`. */
  hardware_handler: string;
  vpd_vendor: 'hp3par';
  wwid: string;
  alias: string;
  /** A protocol: `scsi:fcp`. */
  type: string;
}

export type Keyword = keyof SettingValues;

/** When a path is marginal, and how long it is then kept out of use; in the order in which multipathd prints them. */
export const MARGINAL_PATH_KEYWORDS = [
  'delay_watch_checks',
  'delay_wait_checks',
  'san_path_err_threshold',
  'san_path_err_forget_rate',
  'san_path_err_recovery_time',
  'marginal_path_err_sample_time',
  'marginal_path_err_rate_threshold',
  'marginal_path_err_recheck_gap_time',
  'marginal_path_double_failed_time',
] as const satisfies readonly Keyword[];

/** The kinds of sections in which a value can stand. */
export type Section = 'defaults' | 'devices' | 'overrides' | 'protocol' | 'multipaths';

/** Where a value that is in force came from. */
export type Origin =
  /** A line of a file. */
  | { from: 'file'; section: Section; file: string; line: number }
  /** An entry of the built-in hardware table: its vendor and product. */
  | { from: 'hardware table'; vendor: string; product: string }
  /** What the device says of itself beats what is configured; `why` is fit for the log. */
  | { from: 'detection'; why: string }
  | { from: 'command line' }
  | { from: 'default' };

/** A value in force, and where it came from. */
export interface Setting<T> {
  value: T;
  origin: Origin;
}
