/** Every command of the language (multipathd(8)), in the order in which help lists them. */

/** Each command is written as its keywords. */
export const COMMANDS = [
  'list paths',
  'list paths format',
  'list paths raw format',
  'list path',
  'list maps',
  'list status',
  'list daemon',
  'list maps status',
  'list maps stats',
  'list maps format',
  'list maps raw format',
  'list maps topology',
  'list topology',
  'list maps json',
  'list map topology',
  'list map format',
  'list map raw format',
  'list map json',
  'list config local',
  'list config',
  'list blacklist',
  'list devices',
  'list wildcards',
  'reset maps stats',
  'reset map stats',
  'add path',
  'remove path',
  'add map',
  'remove map',
  'remove maps',
  'switch map group',
  'reconfigure',
  'reconfigure all',
  'suspend map',
  'resume map',
  'resize map',
  'reload map',
  'reset map',
  'reinstate path',
  'fail path',
  'disablequeueing map',
  'restorequeueing map',
  'disablequeueing maps',
  'restorequeueing maps',
  'quit',
  'shutdown',
  'getprstatus map',
  'setprstatus map',
  'setprstatus map pathlist',
  'unsetprstatus map',
  'forcequeueing daemon',
  'restorequeueing daemon',
  'getprkey map',
  'setprkey map key',
  'unsetprkey map',
  'setmarginal path',
  'unsetmarginal path',
  'unsetmarginal map',
  'getprhold map',
  'setprhold map',
  'unsetprhold map',
] as const;

/** One of {@link COMMANDS}. */
export type CommandName = (typeof COMMANDS)[number];

const BY_NAME: ReadonlyMap<string, CommandName> = new Map(COMMANDS.map((name) => [name, name]));

/** The command that these keywords form in this order; null: they form none. */
export function findCommand(keys: readonly string[]): CommandName | null {
  return BY_NAME.get(keys.join(' ')) ?? null;
}
