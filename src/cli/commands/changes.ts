/** `mpathctl resync`, `mpathctl reconfigure` and `mpathctl shutdown`. */
import { askOrRefuse, EXIT, jsonText, type Arguments, type Command, type CommandContext } from './command';
import { printable } from '../../model/printable';

async function ordered(context: CommandContext, { json }: Arguments, command: string, done: string): Promise<number> {
  const reply = (await askOrRefuse(context, command)).trim();
  const message = reply === 'ok' ? done : printable(reply);
  context.print(json ? jsonText({ ok: true, message }) : `${message}\n`);
  return EXIT.ok;
}

export const resync: Command = (context, args) => ordered(context, args, 'mpathd resync', 'resync done');

export const reconfigure: Command = (context, args) => ordered(context, args, 'mpathd reconfigure', 'reconfigured');

export const shutdown: Command = (context, args) =>
  ordered(context, args, 'shutdown', 'the daemon stops; maps and their I/O are left alone');
