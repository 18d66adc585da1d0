/** From a line to its reply: grammar, rights, and the time that a reply may take. */
import { daemonSetting } from '../config/effective';
import type { AdminCommand, AdminResult } from '../engine/protocol';
import { printableLines } from '../model/printable';
import { CHANGES } from './changes';
import type { CommandName } from './commands';
import type { Session, SessionDependencies } from './control';
import { handleExtension, isExtension } from './extensions';
import { isOpenToAll, parseCommand } from './grammar';
import type { Handler } from './handler';
import { grammarReply } from './help';
import { failure, NOT_ROOT, orOk, UNSUPPORTED } from './replies';
import { SHOWS } from './shows';

/** These commands read every device again, which takes up to SURVEY_TIMEOUT_MS. */
const SURVEYS: ReadonlySet<AdminCommand['kind']> = new Set(['resync', 'audit', 'reconfigure']);
const SURVEY_TIMEOUT_MS = 120_000;

const HANDLERS: Readonly<Partial<Record<CommandName, Handler>>> = { ...SHOWS, ...CHANGES };

/** The result, or `timeout` after `ms`. The work itself goes on. Never rejects. */
async function within(ms: number, result: Promise<AdminResult>): Promise<AdminResult> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<AdminResult>((resolve) => {
    timer = setTimeout(() => resolve({ outcome: 'fail', reason: 'timeout', message: 'timeout' }), ms).unref();
  });
  try {
    return await Promise.race([result, late]);
  } catch (error) {
    return { outcome: 'fail', reason: 'other', message: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}

/** Answers the commands to one daemon. One session serves all clients. */
export function createSession(dependencies: SessionDependencies): Session {
  const { control } = dependencies;

  const submit = (command: AdminCommand): Promise<AdminResult> => {
    const survey = SURVEYS.has(command.kind);
    return within(
      survey ? SURVEY_TIMEOUT_MS : daemonSetting(dependencies.configuration(), 'uxsock_timeout').value,
      dependencies.submit(command),
    );
  };

  const answer = async (text: string, isRoot: boolean): Promise<string> => {
    if (isExtension(text)) return handleExtension(text, isRoot, dependencies, submit);
    const parsed = parseCommand(text);
    if (!parsed.ok) return grammarReply(text, parsed.error, control.version);
    // If known words form no command, the reply is the one for a missing argument.
    if (parsed.command === null) return grammarReply(text, 'EINVAL', control.version);
    if (!isRoot && !isOpenToAll(parsed.keywords)) return NOT_ROOT;
    const handler = HANDLERS[parsed.command];
    if (handler === undefined) return UNSUPPORTED;
    const context = {
      isRoot,
      tables: dependencies.tables(),
      configuration: dependencies.configuration(),
      rules: dependencies.rules(),
      control,
      submit,
    };
    return orOk(await handler(context, parsed.keywords));
  };

  return {
    handle: async (text, isRoot) => {
      try {
        return printableLines(await answer(text, isRoot));
      } catch (error) {
        // A fault of mpathd's own must not end the connection or the daemon.
        control.log(
          'error',
          `answering ${JSON.stringify(text)}: ${error instanceof Error ? error.message : String(error)}`,
        );
        return failure('internal error, see the log');
      }
    },
  };
}
