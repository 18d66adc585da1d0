/**
 * Every keyword of multipath.conf that carries a value (multipath.conf(5)), one row each. All else that mpathd knows of
 * keywords is derived from this table.
 */
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
} from './parse/specialValues';
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
} from './parse/values';

/** The kinds of sections in which a value can stand. */
export type Section = 'defaults' | 'devices' | 'overrides' | 'protocol' | 'multipaths';

/**
 * The subject of a setting. `section`: the keyword sets nothing, but says which devices or maps its section concerns.
 */
export type Subject = 'daemon' | 'path' | 'map' | 'section';

/** The properties of one keyword. */
export interface KeywordRow<S extends Subject, T, D extends T | undefined> {
  about: S;
  sections: readonly Section[];
  read: Reader<T>;
  /** The value if nothing sets the keyword; undefined: the keyword is then unset. */
  default: D;
  /** `not yet`: the keyword's part of mpathd does not exist. mpathd reports this if a file sets the keyword. */
  effect: 'yes' | 'not yet';
}

/** Makes the rows of the table. Without a default D is undefined, which the compiler does not see. */
const rowOf =
  (effect: 'yes' | 'not yet') =>
  <S extends Subject, T, D extends T | undefined = undefined>(
    about: S,
    sections: readonly Section[],
    read: Reader<T>,
    standard?: D,
  ): KeywordRow<S, T, D> => ({ about, sections, read, default: standard as D, effect });

const effective = rowOf('yes');
const notYet = rowOf('not yet');

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

/** The possible values of `type` in a `protocol` section. */
export const PROTOCOLS = [
  ...['fcp', 'spi', 'ssa', 'sbp', 'srp', 'iscsi', 'sas', 'adt', 'ata', 'usb', 'unspec'].map((name) => `scsi:${name}`),
  ...['pcie', 'rdma', 'fc', 'tcp', 'loop', 'apple-nvme', 'unspec'].map((name) => `nvme:${name}`),
  'ccw',
  'cciss',
  'undef',
] as const;

const count = integer(0, INT_MAX);
const countAboveZero = zeroIsUnset(count);

/**
 * The table: for each keyword its subject, its sections, its values, its default, and whether it has an effect. A limit
 * that is switched off is `off`. The settings of a path or map are listed in this order. If two keywords are equally
 * near to a mistyped word, the upper one is suggested.
 */
export const KEYWORDS = {
  // The daemon.
  verbosity: effective('daemon', D, integer(0, 4), 2),
  /** s */
  polling_interval: effective('daemon', D, interval, 5),
  /** s */
  max_polling_interval: effective('daemon', D, interval, 20),
  reassign_maps: notYet('daemon', D, yesNo, false),
  /** `sd:ID_SERIAL nvme:ID_WWN` */
  uid_attrs: effective('daemon', D, uidAttrs),
  max_fds: notYet(
    'daemon',
    D,
    wordOr({ max: 'max' } as const, zeroIsUnset(integer(0, INT_MAX, 'it is max, or a number'))),
    'max',
  ),
  queue_without_daemon: effective('daemon', D, yesNo, false),
  /** s */
  checker_timeout: effective('daemon', D, countAboveZero),
  allow_usb_devices: effective('daemon', D, yesNo, false),
  max_retries: notYet('daemon', D, offOrUpTo(5)),
  log_checker_err: notYet('daemon', D, words('once', 'always'), 'always'),
  force_sync: notYet('daemon', D, yesNo, false),
  strict_timing: notYet('daemon', D, yesNo, false),
  partition_delimiter: notYet('daemon', D, noSlash),
  find_multipaths: effective(
    'daemon',
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
    'strict',
  ),
  /** s; a negative number: the whole time holds only for hardware in the table, and 1 s for other hardware. */
  find_multipaths_timeout: effective(
    'daemon',
    D,
    zeroIsUnset(integer(-INT_MAX - 1, INT_MAX, 'it is a number of seconds')),
    -10,
  ),
  /** ms */
  uxsock_timeout: effective('daemon', D, uxsockTimeout, 4000),
  retrigger_tries: notYet('daemon', D, count, 3),
  /** s */
  retrigger_delay: notYet('daemon', D, count, 10),
  /** s */
  missing_uev_wait_timeout: notYet('daemon', D, count, 30),
  remove_retries: notYet('daemon', D, count, 0),
  auto_resize: notYet('daemon', D, words('never', 'grow_only', 'grow_shrink'), 'never'),
  /** A regular expression. */
  enable_foreign: notYet('daemon', D, pattern, 'NONE'),
  marginal_pathgroups: notYet(
    'daemon',
    D,
    oneOf({ off: 'off', no: 'off', 0: 'off', on: 'on', yes: 'on', 1: 'on', fpin: 'fpin' } as const),
    'off',
  ),

  // The devices that a device section concerns: regular expressions.
  vendor: effective('section', H, pattern),
  product: effective('section', H, pattern),
  revision: effective('section', H, pattern),
  product_blacklist: effective('section', H, pattern),

  // Paths.
  /** '' : no property. Only the device itself gives the WWID. */
  uid_attribute: effective('path', DHO, anyText, 'ID_SERIAL'),
  recheck_wwid: notYet('path', DHO, yesNo, false),
  path_checker: effective('path', DHO, nameOf('checker', CHECKERS), 'tur'),
  detect_checker: effective('path', DHO, yesNo, true),
  prio: effective('path', DHOM, nameOf('prioritizer', PRIORITIZERS), 'const'),
  prio_args: effective('path', DHOM, anyText, ''),
  detect_prio: effective('path', DHO, yesNo, true),
  vpd_vendor: effective('path', H, words('hp3par')),
  /** s */
  fast_io_fail_tmo: notYet('path', DHOP, offOrUpTo(INT_MAX), 5),
  /** s */
  dev_loss_tmo: notYet('path', DHOP, zeroIsUnset(devLossTmo)),
  /** s */
  eh_deadline: notYet('path', DHOP, offOrUpTo(INT_MAX)),

  // Maps.
  alias: effective('map', M, alias),
  alias_prefix: effective('map', DHO, aliasPrefix, 'mpath'),
  user_friendly_names: effective('map', DHOM, yesNo, false),
  path_grouping_policy: effective(
    'map',
    DHOM,
    prefixOf('failover', 'multibus', 'group_by_serial', 'group_by_prio', 'group_by_node_name', 'group_by_tpg'),
    'failover',
  ),
  detect_pgpolicy: effective('map', DHO, yesNo, true),
  detect_pgpolicy_use_tpg: effective('map', DHO, yesNo, false),
  /** With its count of arguments. */
  path_selector: effective('map', DHOM, pathSelector, 'service-time 0'),
  /** With its count of words: `1 queue_if_no_path`. */
  features: effective('map', DHOM, counted(0), '0'),
  /** With its count of words: `1 alua`. */
  hardware_handler: effective('map', H, counted(0), '0'),
  retain_attached_hw_handler: effective('map', DHO, yesNo, true),
  /** A number is seconds, above 0. */
  failback: effective(
    'map',
    DHOM,
    wordOr(
      { manual: 'manual', immediate: 'immediate', followover: 'followover' } as const,
      zeroIsUnset(
        integer(0, INT_MAX, 'it is manual, immediate, followover, or a number of seconds'),
        'to go back at once, write failback immediate',
      ),
    ),
    'manual',
  ),
  /** `fail` is 0 checks; a number is that many checks. */
  no_path_retry: effective(
    'map',
    DHOM,
    wordOr(
      { fail: 'fail', 0: 'fail', queue: 'queue' } as const,
      integer(1, INT_MAX, 'it is fail, queue, or a number, 1 or more'),
    ),
  ),
  rr_min_io: effective('map', DHOM, countAboveZero, 1000),
  rr_min_io_rq: effective('map', DHOM, countAboveZero, 1),
  rr_weight: effective('map', DHOM, words('uniform', 'priorities'), 'uniform'),
  flush_on_last_del: effective('map', DHOM, flushOnLastDel, 'unused'),
  deferred_remove: notYet('map', DHOM, yesNo, false),
  skip_kpartx: effective('map', DHOM, yesNo, false),
  purge_disconnected: notYet('map', DHOM, yesNo, false),
  max_sectors_kb: notYet('map', DHOM, countAboveZero),
  /** s */
  ghost_delay: notYet('map', DHOM, offOrNumber, 'off'),
  /** Permission bits of the map's node. */
  mode: notYet('map', DM, mode),
  uid: notYet('map', DM, account('uid')),
  gid: notYet('map', DM, account('gid')),
  /** The key itself is a secret and is not kept here. `set` says only that there is a key. */
  reservation_key: notYet('map', DM, reservationKey),
  all_tg_pt: notYet('map', DHO, yesNo, false),

  // Paths that come and go: when such a path is marginal, and how long it then stays out of use.
  delay_watch_checks: notYet('map', DHOM, offOrNumber, 'off'),
  delay_wait_checks: notYet('map', DHOM, offOrNumber, 'off'),
  san_path_err_threshold: notYet('map', DHOM, offOrNumber, 'off'),
  san_path_err_forget_rate: notYet('map', DHOM, offOrNumber, 'off'),
  san_path_err_recovery_time: notYet('map', DHOM, offOrNumber, 'off'),
  marginal_path_err_sample_time: notYet('map', DHOM, offOrNumber, 'off'),
  marginal_path_err_rate_threshold: notYet('map', DHOM, offOrNumber, 'off'),
  marginal_path_err_recheck_gap_time: notYet('map', DHOM, offOrNumber, 'off'),
  marginal_path_double_failed_time: notYet('map', DHOM, offOrNumber, 'off'),

  // The map or the protocol that a section concerns.
  wwid: effective('section', M, wwid),
  /** A protocol: `scsi:fcp`. */
  type: effective('section', P, words(...PROTOCOLS)),
};

/** In the order of the table. */
export const ALL_KEYWORDS = Object.keys(KEYWORDS) as ReadonlyArray<keyof typeof KEYWORDS>;
