import { FAULT_ENVIRONMENT } from './faults';
import { type Background, type CommandResult, type Machine, waitFor } from './machine';

/** A daemon in the guest: ours, or the one that it is compared with. Both speak the same protocol. */
export interface Daemon {
  readonly process: Background;
  log(): Promise<string>;
  /** Sends SIGTERM. Returns the exit code. */
  stop(): Promise<number>;
  /** Sends SIGKILL, so that the daemon cannot clean up. */
  kill(): Promise<void>;
}

/** How a daemon is started. */
export interface DaemonOptions {
  /** Preloads the fault library, see faults.ts. */
  readonly faults?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

const READY_MS = 120_000;
const STOP_MS = 60_000;
const ASK_MS = 30_000;

/** Every LUN gets a map with its WWID as its name. */
export const PLAIN_CONFIG = `defaults {
	find_multipaths no
	user_friendly_names no
}
`;

/** Two paths make a map, and it has a friendly name. Most tests use this. */
export const USUAL_CONFIG = `defaults {
	find_multipaths on
	user_friendly_names yes
}
`;

/** USUAL_CONFIG with a check every two seconds, or every four if all is well, for tests that wait for checks. */
export const OFTEN_CHECKED_CONFIG = USUAL_CONFIG.replace('}', '\tpolling_interval 2\n\tmax_polling_interval 4\n}');

/** Writes /etc/multipath.conf; without text, USUAL_CONFIG. */
export const writeConfig = (machine: Machine, text = USUAL_CONFIG): Promise<void> =>
  machine.write('/etc/multipath.conf', text);

/** Sends a command over the daemon's socket, without starting a program. */
export const ask = async (machine: Machine, command: string, timeoutMs = ASK_MS): Promise<string> => {
  const answer = await machine.request({ ask: command, timeout: timeoutMs / 1000 }, timeoutMs + ASK_MS);
  return String(answer.reply);
};

const exited = (machine: Machine, process: Background): Promise<number> =>
  waitFor(machine, 'the daemon to end', async () => (await process.exitCode()) ?? undefined, STOP_MS);

const startDaemon = async (machine: Machine, command: string, options: DaemonOptions): Promise<Daemon> => {
  const environment = { ...(options.faults === true ? FAULT_ENVIRONMENT : {}), ...options.env };
  const variables = Object.entries(environment).map(([name, value]) => `${name}='${value}'`);
  const process = await machine.start(`exec env ${variables.join(' ')} ${command}`);
  const attempt = async (): Promise<'up' | 'ended' | undefined> => {
    if ((await process.exitCode()) !== null) return 'ended';
    return (await ask(machine, 'show daemon', 5000)).startsWith('pid ') ? 'up' : undefined;
  };
  const state = await waitFor(machine, `${command} to answer`, attempt, READY_MS);
  if (state === 'ended') throw new Error(`${command} ended with ${await process.exitCode()}:\n${await process.log()}`);
  return {
    process,
    log: () => process.log(),
    stop: async () => {
      await process.kill('TERM');
      return exited(machine, process);
    },
    kill: async () => {
      await process.kill('KILL');
      await exited(machine, process);
    },
  };
};

/** Starts the product and waits until it answers on its socket. Its maps may not be complete yet. */
export const startMpathd = (machine: Machine, args = '', options: DaemonOptions = {}): Promise<Daemon> =>
  startDaemon(machine, `node /project/dist/mpathd.js ${args}`.trimEnd(), options);

/** Starts Debian's multipathd, for a comparison. */
export const startMultipathd = (machine: Machine, options: DaemonOptions = {}): Promise<Daemon> =>
  startDaemon(machine, 'multipathd -d -v2', options);

/** Runs the product's command line tool. ask() is quicker if only the answer counts. */
export const ctl = (machine: Machine, args: string): Promise<CommandResult> =>
  machine.run(`node /project/dist/mpathctl.js ${args}`);

/** Runs mpathctl's own code in a process that already runs: for many questions, because node takes long to start. */
export const ctlAtOnce = async (
  machine: Machine,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CommandResult> => {
  const { rc, stdout, stderr } = await machine.request({ mpathctl: args, env }, ASK_MS);
  return { rc: Number(rc), stdout: String(stdout), stderr: String(stderr), timedOut: false };
};
