/** The transport watcher's child program (docs/transport-hints.md). Started by mpathd only. */
import { runChild } from '../daemon/transportWatcher/child';

runChild().catch((error: unknown) => {
  process.stderr.write(`mpathd-transport: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
