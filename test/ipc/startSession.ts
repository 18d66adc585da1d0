/** A session over hand-made tables. */
import { createSession } from '../../src/ipc/session';
import type { Session } from '../../src/ipc/control';
import { fakeDaemon, scsiDebug, type FakeDaemon } from './fixtures';

/** `ask` sends a command as root. */
export function startSession(
  tables = scsiDebug(),
  options = {},
): { session: Session; daemon: FakeDaemon; ask(text: string): Promise<string> } {
  const daemon = fakeDaemon(tables, options);
  const session = createSession(daemon.dependencies);
  return { session, daemon, ask: (text) => session.handle(text, true) };
}
