/** From a line to its reply: grammar, rights, and the time that a reply may take. */
import { daemonSetting } from '../config/effective';
import type { AdminCommand, AdminResult } from '../engine/protocol';
import { printableLines } from '../model/printable';
import { CHANGES } from './changes';
import type { CommandName } from './commands';
import type { Answer, Session, SessionDependencies } from './control';
import { handleExtension, isExtension } from './extensions';
import { isOpenToAll, parseCommand } from './grammar';
import type { Handler, HandlerContext, ShowHandler } from './handler';
import { grammarReply } from './help';
import { failure, NOT_ROOT, orOk, UNSUPPORTED } from './replies';
import { SHOWS } from './shows';

/** These commands read every device again, which takes up to SURVEY_TIMEOUT_MS. */
const SURVEYS: ReadonlySet<AdminCommand['kind']> = new Set(['resync', 'audit', 'reconfigure']);
const SURVEY_TIMEOUT_MS = 120_000;

const SHOWING: Readonly<Partial<Record<CommandName, ShowHandler>>> = SHOWS;
const CHANGING: Readonly<Partial<Record<CommandName, Handler>>> = CHANGES;

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

  const context = (isRoot: boolean): HandlerContext => ({
    isRoot,
    tables: dependencies.tables(),
    configuration: dependencies.configuration(),
    rules: dependencies.rules(),
    control,
    submit,
  });

  const answer = (text: string, isRoot: boolean): Answer => {
    if (isExtension(text)) return handleExtension(text, isRoot, dependencies, submit);
    const parsed = parseCommand(text);
    if (!parsed.ok) return fixed(grammarReply(text, parsed.error, control.version));
    // If known words form no command, the reply is the one for a missing argument.
    if (parsed.command === null) return fixed(grammarReply(text, 'EINVAL', control.version));
    if (!isRoot && !isOpenToAll(parsed.keywords)) return fixed(NOT_ROOT);
    const show = SHOWING[parsed.command];
    if (show !== undefined) return fixed(orOk(show(context(isRoot), parsed.keywords)));
    const change = CHANGING[parsed.command];
    return change === undefined ? fixed(UNSUPPORTED) : changed(change(context(isRoot), parsed.keywords));
  };

  // A fault of mpathd's own must not end the connection or the daemon.
  const fault = (text: string, error: unknown): string => {
    control.log(
      'error',
      `answering ${JSON.stringify(text)}: ${error instanceof Error ? error.message : String(error)}`,
    );
    return failure('internal error, see the log');
  };

  return {
    handle: (text, isRoot) => {
      try {
        const given = answer(text, isRoot);
        return 'text' in given
          ? { ...given, text: printableLines(given.text) }
          : given.then(printableLines, (error: unknown) => fault(text, error));
      } catch (error) {
        return { text: fault(text, error), ofState: false };
      }
    },
  };
}

/** A reply that changes only with the engine's state. */
function fixed(text: string): Answer {
  return { text, ofState: true };
}

/** A promise even if the reply is there already: nobody else may get the reply to a change. */
async function changed(reply: string | Promise<string>): Promise<string> {
  return orOk(await reply);
}
