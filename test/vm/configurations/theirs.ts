import { type Facts, stateFacts, type StepAnswer, tableFacts } from './facts';
import { configurationFacts } from './printed';

/*
 * The results of Debian's multipath-tools, from the log of `multipath -v3` (0.9.4: `52.56 | mpatha: failback = "manual"
 * (setting: multipath internal)`), the output of `multipath -t`, and the state of the kernel.
 */

/** The origin of a setting, in the words of the log and in ours. */
const ORIGINS: Readonly<Record<string, string>> = {
  'multipath internal': 'default',
  'multipath.conf defaults/devices section': 'defaults',
  'multipath.conf defaults section / uid_attrs': 'defaults',
  // The built-in table and the file's entries are one list.
  'storage device configuration': 'devices',
  'storage device autodetected': 'detection',
  'autodetected from TPGS': 'detection',
  'retained by kernel driver': 'detection',
  'implied in kernel >= 4.3.0': 'detection',
  'kernel sysfs': 'detection',
  'multipath.conf overrides section': 'overrides',
  'multipath.conf overrides protocol section': 'protocol',
  'multipath.conf multipaths section': 'multipaths',
  'implied by delay_watch_checks': 'delay_watch_checks',
  'implied by delay_wait_checks': 'delay_wait_checks',
  'implied by marginal_path check': 'marginal_path',
  features: 'features',
  user_friendly_name: 'user_friendly_names',
  'default to WWID': 'default',
};

const KEYWORDS: Readonly<Record<string, string>> = {
  minio: 'rr_min_io_rq',
  'prio args': 'prio_args',
  'checker timeout': 'checker_timeout',
};

/** Facts that are not from the configuration, or are not shown as they count. */
const NO_SETTINGS: ReadonlySet<string> = new Set([
  // This number decides whether the vendor page is read. The keyword's own value is in the printed configuration.
  'vpd_vendor_id',
  // It is logged as the numbers 1 and 2, and always with the file as its origin.
  'recheck_wwid',
]);

const LINE = /^\s*[\d.]+ \| (.*)$/;
const SETTING = /^(.*?): ([a-z_ ]+) = (.*) \(setting: (.*)\)$/;
/** A setting from `features`, in the words of 0.9.4. */
const INHERITED = /^(.*?): (no_path_retry) = "(queue)" \(inherited setting from feature 'queue_if_no_path'\)$/;
const LOADED = /^(.*): (?:addmap|reload) \[0 \d+ multipath (.*)\]$/;
const PRIORITY = /^(\S+): \S+ prio = (-?\d+)$/;
const WWID_OF_PATH = /^(\S+): uid = (\S+) \(\w+\)$/;

const plain = (text: string): string => text.replace(/^"(.*)"$/, '$1').replace(/ s$/, '');

const settingFact = (subject: string, keyword: string, value: string, origin: string): Array<[string, string]> => {
  if (NO_SETTINGS.has(keyword) || value === 'undef') return [];
  const ours = ORIGINS[origin];
  if (ours === undefined) throw new Error(`where a setting came from is not known: ${origin}`);
  return [[`${subject} setting ${KEYWORDS[keyword] ?? keyword}`, `${plain(value)} (${ours})`]];
};

const lineFacts = (line: string, wwidOf: ReadonlyMap<string, string>): Array<[string, string]> => {
  const [, subject, keyword, value, origin = 'features'] = SETTING.exec(line) ?? INHERITED.exec(line) ?? [];
  const named = (name: string): string => wwidOf.get(name) ?? name;
  if (subject !== undefined) return settingFact(named(subject), keyword ?? '', value ?? '', origin);
  const [, name, params] = LOADED.exec(line) ?? [];
  if (name !== undefined) return tableFacts(params ?? '').map(([key, text]) => [`${named(name)} loaded ${key}`, text]);
  const [, path, priority] = PRIORITY.exec(line) ?? [];
  if (path !== undefined) return [[`${path} priority`, priority ?? '']];
  const [, disk, wwid] = WWID_OF_PATH.exec(line) ?? [];
  return disk === undefined ? [] : [[`${disk} wwid`, wwid ?? '']];
};

const messagesOf = (log: string): string[] =>
  log.split('\n').flatMap((line) => {
    const [, message] = LINE.exec(line) ?? [];
    return message === undefined ? [] : [message];
  });

/** The log names maps by their aliases. */
const wwidsByAlias = (messages: readonly string[]): Map<string, string> => {
  const found = new Map<string, string>();
  for (const message of messages) {
    const [, wwid, keyword, alias] = SETTING.exec(message) ?? [];
    if (keyword === 'alias' && wwid !== undefined && alias !== undefined) found.set(alias, wwid);
  }
  return found;
};

/** The facts of a step that `multipath -q -v3` carried out. */
export const theirFacts = (answer: StepAnswer): Facts => {
  const messages = messagesOf(answer.log);
  const wwidOf = wwidsByAlias(messages);
  // The last line in the log counts, because a refused map is tried again.
  return new Map([
    ...messages.flatMap((message) => lineFacts(message, wwidOf)),
    ...configurationFacts(answer.config),
    ...stateFacts(answer),
  ]);
};
