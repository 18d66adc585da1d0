/** The administrator's program. It loads little code, because it must answer at once. */
import { realCheckSystem } from './check/realSystem';
import { realWwidsSystem } from './check/wwidsSystem';
import { faultLines, writeError, writeOut } from './output';
import { runMpathctl } from './runMpathctl';
import { VERSION } from './version';
import { createConfigurationFiles, USUAL_PATHS } from '../daemon/configurationFiles';
import { loadAddon } from '../kernel/native';

// `mpathctl paths | head` closes the pipe early. This must not print a stack trace.
process.stdout.on('error', () => process.exit());

const configuration = createConfigurationFiles(USUAL_PATHS);

runMpathctl({
  argv: process.argv.slice(2),
  env: process.env,
  isTTY: process.stdout.isTTY === true,
  version: VERSION,
  stdout: writeOut,
  stderr: writeError,
  native: loadAddon,
  uid: process.getuid?.(),
  checkSystem: (daemon) => realCheckSystem(loadAddon(), configuration, daemon),
  wwidsSystem: () => realWwidsSystem(loadAddon(), configuration),
  // exit() would wait for a hanging thread.
  abandon: () => void process.kill(process.pid, 'SIGKILL'),
}).then(
  // process.exit() would cut off output that stdout still holds for a pipe.
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    writeError(`mpathctl: ${faultLines(error).join('\n')}\n`);
    process.exitCode = 1;
  },
);
