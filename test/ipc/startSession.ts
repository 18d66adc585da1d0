/** A session over hand-made tables. */
import { createSession } from '../../src/ipc/session';
import type { Session } from '../../src/ipc/control';
import { fakeDaemon, scsiDebug, type FakeDaemon } from './fixtures';

/** The text of a session's answer. */
export async function reply(session: Session, text: string, isRoot: boolean): Promise<string> {
  const answer = await session.handle(text, isRoot);
  return typeof answer === 'string' ? answer : answer.text;
}

/** `ask` sends a command as root. */
export function startSession(
  tables = scsiDebug(),
  options = {},
): { session: Session; daemon: FakeDaemon; ask(text: string): Promise<string> } {
  const daemon = fakeDaemon(tables, options);
  const session = createSession(daemon.dependencies);
  return { session, daemon, ask: (text) => reply(session, text, true) };
}
