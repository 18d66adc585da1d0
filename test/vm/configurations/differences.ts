import type { Wanted } from './compare';

/*
 * The wanted differences between mpathd and Debian 12's multipath-tools 0.9.4. mpathd follows 0.14.3, so most of them
 * are changes between these releases (their NEWS.md and manual pages list them).
 */

const printed = (keyword: string): RegExp => new RegExp(`^defaults ${keyword}$`);

/** The output of `multipath -t` and `show config` as a whole. */
const PRINTED: readonly Wanted[] = [
  {
    fact: printed('(bindings_file|wwids_file|prkeys_file|disable_changed_wwids)'),
    ours: null,
    because: 'keywords without effect are no longer printed',
  },
  {
    fact: printed('(auto_resize|purge_disconnected|max_retries)'),
    theirs: null,
    because: 'keywords that came after 0.9.4',
  },
  { fact: printed('detect_pgpolicy(_use_tpg)?'), theirs: null, because: 'detect_pgpolicy came with 0.9.6' },
  {
    fact: printed('flush_on_last_del'),
    theirs: /^no$/,
    ours: /^(unused|always)$/,
    because: 'since 0.10 the words are always, unused and never, and `no` means unused',
  },
  {
    fact: printed('(force_sync|retrigger_tries)'),
    theirs: /^(yes|0)$/,
    ours: /^(no|3)$/,
    because:
      'the multipath tool checks one path after the other and triggers nothing, whatever the file says; mpathd is the daemon',
  },
];

/** Settings of paths and maps with other values in 0.14.3. */
const NEWER: readonly Wanted[] = [
  {
    fact: / setting flush_on_last_del$/,
    theirs: /^(no|yes) /,
    ours: /^(unused|always) /,
    because: 'the words of flush_on_last_del were changed in 0.10',
  },
  {
    fact: /^multipaths\/.* flush_on_last_del$/,
    cases: ['multipaths'],
    theirs: /^yes$/,
    ours: /^always$/,
    because: 'the words of flush_on_last_del were changed in 0.10',
  },
  {
    fact: / setting detect_checker$/,
    theirs: /^(yes \(default\)|no \(defaults\))$/,
    ours: /^no \(devices\)$/,
    because:
      'since 0.10 the built-in entry of LIO switches the detection off and has the checker directio, as its TEST UNIT READY says nothing',
  },
  {
    cases: ['group-by-tpg'],
    fact: /path_grouping_policy$/,
    ours: /group_by_tpg/,
    because: 'group_by_tpg came with 0.9.6',
  },
  {
    cases: ['features', 'features-retain'],
    fact: / setting no_path_retry$/,
    theirs: null,
    ours: /^queue \(defaults\)$/,
    because:
      'since 0.10 queue_if_no_path among the features is no_path_retry queue of its section, which the features of another section do not undo',
  },
  {
    cases: ['features', 'features-retain'],
    fact: /^3333\S+ (loaded )?features$/,
    ours: /queue_if_no_path/,
    because: 'the same in the tables',
  },
  {
    cases: ['detect-pgpolicy', 'quoting'],
    fact: /^3333\S+ (loaded )?groups$/,
    // One of the groups has two paths.
    ours: /:\d+\([^)]*\) \d+:/,
    because:
      'where all paths tell their ALUA state, groups are made by priority unless detect_pgpolicy is off; it came with 0.9.6',
  },
  {
    cases: ['values'],
    fact: / setting (mode)$|^defaults mode$/,
    theirs: /^00/,
    ours: null,
    because: '0999 is no octal number; 0.9.4 takes it for 0, which nobody can have meant',
  },
];

/** The same value in another form. */
const TOLD_OTHERWISE: readonly Wanted[] = [
  {
    fact: / setting ghost_delay$/,
    theirs: /^no \(defaults\)$/,
    ours: /^no \(default\)$/,
    because: '0.9.4 takes its own default for one of the file',
  },
  {
    fact: / setting prio_args$/,
    theirs: /^ \(/,
    ours: /^ \(default\)$/,
    because: '0.9.4 tells of empty arguments as from where the prioritizer was from',
  },
  {
    fact: / setting no_path_retry$/,
    theirs: /^queue \(features\)$/,
    ours: /^queue \((defaults|multipaths)\)$/,
    because: 'the section that has the feature is told as the source',
  },
  {
    fact: / setting san_path_err_\w+$/,
    theirs: /\((delay_watch_checks|delay_wait_checks)\)$/,
    ours: /\((defaults|multipaths)\)$/,
    because: 'the section of the keyword that implies it is told as the source',
  },
  {
    fact: / setting san_path_err_\w+$/,
    theirs: /^no \(marginal_path\)$/,
    ours: /^no \(defaults\)$/,
    because: 'the section of the keyword that implies it is told as the source',
  },
  {
    cases: ['multipaths'],
    fact: / setting uid$|^multipaths\/.* uid$/,
    theirs: /^041/,
    ours: /^33/,
    because: '0.9.4 prints numbers of accounts as octal, and reads them as decimal',
  },
  {
    cases: ['multipaths'],
    fact: / setting reservation_key$|^multipaths\/.* reservation_key$/,
    theirs: /^0x123abc/,
    because: 'mpathd shows the key to nobody',
  },
  {
    cases: ['multipaths'],
    fact: /^multipaths\/.* prio_args$/,
    theirs: null,
    ours: /^$/,
    because: 'empty arguments are printed, as they undo those of another section',
  },
  {
    cases: ['aliases-clash'],
    fact: /^multipaths\/.* alias$/,
    theirs: /^twice$/,
    ours: null,
    because: 'the alias that does not count is not printed',
  },
  {
    cases: ['blacklist-device'],
    fact: /^blacklist\/device (Linux|:QEMU)/,
    because:
      '0.9.4 prints an entry with a vendor alone and the next one with a product alone as one; they do count one by one',
  },
  {
    cases: ['prio-none-of-these'],
    fact: /(^defaults| setting) prio$/,
    ours: /^const/,
    because: 'a prioritizer that does not exist is told and the default counts; 0.9.4 has no priorities then',
  },
];

/** What mpathd can do and 0.9.4 cannot. */
const BETTER: readonly Wanted[] = [
  {
    cases: ['aliases-swapped'],
    fact: /^3333\S+ alias$/,
    because: '0.9.4 cannot exchange two names and leaves both; mpathd does, by way of a WWID',
  },
  {
    cases: ['multipaths'],
    fact: /^multipaths\/.* gid$/,
    theirs: null,
    ours: /^\d+$/,
    because: 'the name of a group is looked up among groups; 0.9.4 looks among users',
  },
];

/** What mpathd does not do, or does at another time. */
const OTHER: readonly Wanted[] = [
  {
    cases: ['multipaths', 'udev-and-nodes'],
    fact: / max_sectors_kb$/,
    theirs: /^(128|64|32)$/,
    because: 'max_sectors_kb has no effect yet, which is told in the log',
  },
  {
    cases: ['detection-off'],
    fact: /^3333\S+ (loaded )?groups$/,
    because:
      'a standby path cannot be read: 0.9.4 finds that before it makes the map and puts its group last; mpathd makes the map first, and the kernel passes over a failed group wherever it is',
  },
];

export const WANTED: readonly Wanted[] = [...PRINTED, ...NEWER, ...TOLD_OTHERWISE, ...BETTER, ...OTHER];
