/** One call of mpathctl, without a process. */
import { runMpathctl, type Surroundings } from '../../src/cli/runMpathctl';
import { nativeWithUid } from '../ipc/sockets';

/** The exit code of the call, and its output. */
export interface Run {
  code: number;
  out: string;
  err: string;
}

/** Surroundings for commands that ask nothing of this machine. */
const NOTHING: Pick<Surroundings, 'checkSystem' | 'wwidsSystem' | 'abandon'> = {
  checkSystem: () => {
    throw new Error('no check');
  },
  wwidsSystem: () => {
    throw new Error('no wwids');
  },
  abandon: () => {
    throw new Error('not abandoned');
  },
};

/** Runs as root, not on a terminal and with an empty environment, unless `around` says otherwise. */
export async function runCommand(
  argv: readonly string[],
  around: Partial<Omit<Surroundings, 'argv' | 'stdout' | 'stderr'>> = {},
): Promise<Run> {
  const texts = { out: '', err: '' };
  const code = await runMpathctl({
    env: {},
    isTTY: false,
    version: '0.1.0',
    native: () => nativeWithUid(0),
    uid: 0,
    ...NOTHING,
    ...around,
    argv,
    stdout: (text) => (texts.out += text),
    stderr: (text) => (texts.err += text),
  });
  return { code, ...texts };
}
