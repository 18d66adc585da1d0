/**
 * mpathctl for many questions in one process, since node takes seconds to start in the guest. Each line of the standard
 * input is a question, `{"argv": [], "env": {}}`; each line of output is an answer, `{"rc", "stdout", "stderr"}`.
 * Bundled by globalSetup.ts.
 */
import { createInterface } from 'node:readline';
import { realCheckSystem } from '../../../src/cli/check/realSystem';
import { realWwidsSystem } from '../../../src/cli/check/wwidsSystem';
import { runMpathctl } from '../../../src/cli/runMpathctl';
import { createConfigurationFiles, USUAL_PATHS } from '../../../src/daemon/configurationFiles';
import { loadAddon } from '../../../src/kernel/native';

interface Question {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const answer = async ({ argv, env }: Question): Promise<{ rc: number; stdout: string; stderr: string }> => {
  const said = { stdout: '', stderr: '' };
  const configuration = createConfigurationFiles(USUAL_PATHS);
  const rc = await runMpathctl({
    argv,
    env: { ...process.env, ...env },
    isTTY: false,
    version: 'test',
    stdout: (text) => void (said.stdout += text),
    stderr: (text) => void (said.stderr += text),
    native: loadAddon,
    uid: 0,
    checkSystem: (daemon) => realCheckSystem(loadAddon(), configuration, daemon),
    wwidsSystem: () => realWwidsSystem(loadAddon(), configuration),
    abandon: () => process.exit(1),
  });
  return { rc, ...said };
};

void (async () => {
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line) as Question))}\n`);
  }
})();
