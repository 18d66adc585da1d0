/** mpathctl as a function: it takes arguments, and gives texts and an exit code. */
import type { CheckSystem } from './check/system';
import type { WwidsSystem } from './check/wwidsSystem';
import { audit } from './commands/audit';
import { reconfigure, resync, shutdown } from './commands/changes';
import { check } from './commands/check';
import { EXIT, Refusal, type Command } from './commands/command';
import { config } from './commands/config';
import { explain } from './commands/explain';
import { journal } from './commands/journal';
import { maps, paths } from './commands/lists';
import { plan } from './commands/plan';
import { replay } from './commands/replay';
import { status } from './commands/status';
import { topology } from './commands/topology';
import { wwids } from './commands/wwids';
import type { CommandName } from './mpathctlCommands';
import { parseCommandLine } from './mpathctlOptions';
import { createStyle } from './style';
import { clientAddresses } from '../ipc/addresses';
import { ask, isImpostor, saysNobody, trustedUids } from '../ipc/client';
import type { NativeSockets } from '../ipc/nativeSockets';
import { MpathdError } from '../model/failure';

const COMMANDS: Record<CommandName, Command> = {
  status,
  paths,
  maps,
  topology,
  explain,
  plan,
  reconfigure,
  check,
  wwids,
  config,
  resync,
  audit,
  journal,
  replay,
  shutdown,
};

/** The process around mpathctl. */
export interface Surroundings {
  argv: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  isTTY: boolean;
  version: string;
  stdout(text: string): void;
  stderr(text: string): void;
  /** Loads the addon. */
  native(): NativeSockets;
  /** The uid of this process; undefined: the system has none. */
  uid: number | undefined;
  /** This machine, for `check`, with the addresses on which a daemon would listen, and the uids that may be one. */
  checkSystem(daemon: { addresses: readonly string[]; trusted: readonly number[] }): CheckSystem;
  /** This machine, for `wwids`. */
  wwidsSystem(): WwidsSystem;
  /** Ends the process at once, even if a thread hangs. */
  abandon(): void;
}

function noDaemon(error: MpathdError, addresses: readonly string[]): string {
  const { failure } = error;
  switch (failure.code) {
    case 'TIMED_OUT':
      return `the daemon on ${failure.device} does not answer: ${failure.detail ?? ''}\nwait longer with --timeout, or look at its log: journalctl -u mpathd`;
    case 'KERNEL_ERROR':
      if (saysNobody(error)) {
        return `no multipath daemon answers on ${addresses.join(' or ')} (${failure.errno ?? ''})\nstart it with \`systemctl start mpathd\`, or say where it listens with --socket`;
      }
      return failure.operation === 'connect'
        ? `the daemon on ${failure.device} cannot be reached (${failure.errno ?? ''})`
        : `the daemon on ${failure.device} hung up without a reply (${failure.errno ?? ''})\nits log may say why: journalctl -u mpathd`;
    default:
      return error.message;
  }
}

/** Runs one command and gives the exit code. Never rejects because of the daemon. */
export async function runMpathctl(around: Surroundings): Promise<number> {
  const { stdout, stderr } = around;
  const line = parseCommandLine(around.argv, around.version);
  if (line.kind === 'print') {
    stdout(line.text);
    return EXIT.ok;
  }
  if (line.kind === 'wrong') {
    stderr(`mpathctl: ${line.message}\nTry \`mpathctl --help\`.\n`);
    return EXIT.usage;
  }
  const { addresses, explicit } = clientAddresses(around.env, line.socket);
  const trusted = trustedUids(explicit, around.uid);
  const options = { addresses, trusted, timeoutMs: line.timeoutMs, native: around.native };
  try {
    return await COMMANDS[line.command](
      {
        ask: (command) => ask(command, options),
        print: stdout,
        note: stderr,
        env: around.env,
        checkSystem: () => around.checkSystem({ addresses, trusted }),
        wwidsSystem: around.wwidsSystem,
        abandon: around.abandon,
        style: createStyle(around.isTTY, around.env),
        version: around.version,
      },
      line.args,
    );
  } catch (error) {
    if (error instanceof Refusal) {
      stderr(`mpathctl: ${error.message}\n`);
      return EXIT.failed;
    }
    if (!(error instanceof MpathdError)) throw error;
    stderr(`mpathctl: ${noDaemon(error, addresses)}\n`);
    return error.failure.code === 'REFUSED' && !isImpostor(error) ? EXIT.usage : EXIT.noDaemon;
  }
}
