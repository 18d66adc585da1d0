/** The transport watcher's child program (docs/transport-hints.md). Started by mpathd only. */
import { runChild } from '../daemon/transportWatcher/child';
import { faultLines, writeError } from './output';

runChild().catch((error: unknown) => {
  writeError(`mpathd-transport: ${faultLines(error).join('\n')}\n`);
  process.exit(1);
});
