/** mpathctl against the real socket server and session, over hand-made tables. */
import { join } from 'node:path';
import { createSession } from '../../src/ipc/session';
import { startServer } from '../../src/ipc/server';
import type { Configuration } from '../../src/config/configuration';
import type { AdminResult } from '../../src/engine/protocol';
import type { TableStore } from '../../src/engine/core/tableStore';
import { fakeDaemon, scsiDebug, type FakeDaemon } from '../ipc/fixtures';
import { inFolder, nativeWithUid, openAccepted } from '../ipc/sockets';
import { runCommand, type Run } from './runCommand';

export interface DaemonOptions {
  tables?: TableStore;
  configuration?: Configuration;
  result?: AdminResult;
  uid?: number;
  isTTY?: boolean;
  env?: Record<string, string>;
}

/** Calls mpathctl while a daemon with these tables listens. */
export async function withDaemon(
  options: DaemonOptions,
  body: (mpathctl: (...argv: string[]) => Promise<Run>, daemon: FakeDaemon) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    const path = join(folder, 'socket');
    const daemon = fakeDaemon(
      options.tables ?? scsiDebug(),
      options.configuration === undefined ? { timeoutMs: 20 } : {},
      options.configuration,
    );
    if (options.result !== undefined) daemon.answer(options.result);
    const server = await startServer({
      session: createSession(daemon.dependencies),
      native: nativeWithUid(options.uid ?? 0),
      open: openAccepted,
      inputs: () => 1,
      clients: { all: 10, reservedForRoot: 2, perUser: 4 },
      addresses: [path],
      log: () => undefined,
    });
    try {
      await body(
        (...argv) => runCommand([...argv, '--socket', path], { env: options.env ?? {}, isTTY: options.isTTY ?? false }),
        daemon,
      );
    } finally {
      await server.close();
    }
  });
}
