/** mpathctl's commands and options: their arguments, and their lines in the help. */

/** An option of some commands only. */
interface OptionShape {
  type: 'string' | 'boolean' | 'integer';
  describe: string;
}

/** Options that not every command has. */
export const OWN_OPTIONS = {
  from: { type: 'integer', describe: 'replay: shows nothing, and stops nowhere, before this input' },
  until: { type: 'integer', describe: 'replay: stops after this input' },
  path: { type: 'string', describe: 'replay: stops when this path (name, dev_t or key) changes' },
  map: { type: 'string', describe: 'replay: stops when this map (alias, WWID or UUID) changes' },
  quiet: { type: 'boolean', describe: 'replay: only where it stops, and the end' },
  tables: { type: 'boolean', describe: 'replay: the whole tables before and after each input that is shown' },
  config: { type: 'string', describe: 'plan: a configuration file in the place of /etc/multipath.conf' },
  udev: { type: 'boolean', describe: "check: as udev's rules ask; a daemon must run, and only an error is a failure" },
  'ignore-wwids': { type: 'boolean', describe: 'check: find_multipaths on and strict are smart, off is greedy' },
  'config-dir': {
    type: 'string',
    describe: 'config: where drop-ins are, in the place of /etc/multipath/conf.d; none are read with a FILE',
  },
  changed: { type: 'boolean', describe: 'config show: only the settings that differ from their defaults' },
} as const satisfies Record<string, OptionShape>;

export type OwnOption = keyof typeof OWN_OPTIONS;

interface CommandShape {
  about: string;
  /** The arguments after the name on the command line. */
  words?: string;
  options?: readonly OwnOption[];
  /** The allowed values of `<action>`, and the message that lists them. */
  actions?: {
    allowed: readonly string[];
    usage: string;
    /** Options that only one of the actions has. */
    options?: Readonly<Record<string, readonly OwnOption[]>>;
  };
  /** How long mpathctl waits for the answer, s; 10 if absent. */
  timeout?: number;
}

/** The timeout for a full reading, s: it may take long on a host with thousands of disks. */
const SURVEY = 120;

export const COMMANDS = {
  status: { about: 'how sure the daemon is of its tables, and what it is doing' },
  paths: { about: 'all disks the daemon knows, with their state' },
  maps: { about: 'all multipath maps' },
  topology: { about: 'maps with their path groups and paths, as a tree', words: '[map]' },
  explain: { about: 'why a path, map or WWID is multipathed, or not, and what would change that', words: '<device>' },
  plan: { about: 'what a reconfigure would do, map by map; does nothing (root)', options: ['config'], timeout: SURVEY },
  reconfigure: { about: 'read the configuration files anew, and do what `plan` shows (root)', timeout: SURVEY },
  check: {
    about: 'is it a path that only multipath may use? 0 yes or maybe, 1 no, 2 not answerable; needs no daemon',
    words: '[device]',
    options: ['udev', 'ignore-wwids'],
  },
  config: {
    about:
      'check [FILE]: all faults of the configuration files; needs no daemon; 0 nothing or notices only, 1 warnings or errors. show: the settings in force; show DEVICE: every setting of a path or map and where it comes from',
    words: '<action> [what]',
    options: ['config-dir', 'changed'],
    actions: {
      allowed: ['check', 'show'],
      usage: 'config check [FILE], config show [DEVICE]',
      options: { check: ['config-dir'], show: ['changed'] },
    },
  },
  wwids: {
    about:
      'the wwids file: list, add DEVICE, remove DEVICE|WWID, reset (the maps that there are); needs no daemon (root)',
    words: '<action> [device]',
    actions: {
      allowed: ['list', 'add', 'remove', 'reset'],
      usage: 'wwids list, wwids add DEVICE, wwids remove DEVICE, wwids reset',
    },
  },
  resync: { about: 'read everything from the kernel anew (root)', timeout: SURVEY },
  audit: {
    about: 'compare the tables with the kernel: 0 equal, 1 different, 2 not answerable (root)',
    timeout: SURVEY,
  },
  journal: {
    about: "save: write the daemon's latest inputs to FILE, for replay (root)",
    words: '<action> <file>',
    actions: { allowed: ['save'], usage: 'journal save FILE' },
    timeout: SURVEY,
  },
  replay: {
    about: 'step through a saved journal; needs no daemon',
    words: '<file>',
    options: ['from', 'until', 'path', 'map', 'quiet', 'tables'],
  },
  shutdown: { about: 'stop the daemon; maps stay as they are (root)' },
} as const satisfies Record<string, CommandShape>;

export type CommandName = keyof typeof COMMANDS;

export function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

/** The entry of a command, with all its optional fields. */
export function shapeOf(command: CommandName): CommandShape {
  return COMMANDS[command];
}
