import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Agent, agentOver } from './agent';
import { allowedCpus, cpuOfWorker } from './cpus';
import { type Guest, type GuestOptions, type HostDevices, lastWords, machineFiles } from './guest';
import { whatHangs } from './hangs';
import { holdForShell } from './hold';
import { type MachineKind, machineFor, type Need } from './needs';
import { startQemu } from './qemu';
import { startUml } from './uml';

/** What a machine may have besides the plain machine. */
export interface MachineOptions {
  /** What the scenario needs. It runs on the cheapest machine that has this. */
  readonly needs?: readonly Need[];
  /** The machine itself, if one scenario runs on several. */
  readonly kind?: MachineKind;
  /** The program with PID 1. `quick`: only a shell, udevd and the agent. `systemd` takes twice as long to boot. */
  readonly init?: 'quick' | 'systemd';
  readonly memoryMiB?: number;
  /** Disks on QEMU's side, see topologies.ts. */
  readonly devices?: readonly HostDevices[];
}

/** How a command in the guest ended. */
export interface CommandResult {
  /** Minus the signal's number if a signal killed it; null if even SIGKILL did not end it. */
  readonly rc: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/** A command that runs in the background of the guest. */
export interface Background {
  readonly pid: number;
  /** Its output so far, both streams. */
  log(): Promise<string>;
  /** null while it runs; minus the signal's number if a signal killed it. */
  exitCode(): Promise<number | null>;
  /** Sends a signal to this process only. It is no error if the process is gone already. */
  kill(signal: string): Promise<void>;
}

/** A running guest. The checkout is at /project (read-only). */
export interface Machine {
  readonly kind: MachineKind;
  /** The folder of the host that the guest has at /out, read-write. */
  readonly out: string;
  /** Runs a bash command as root and waits for its end. */
  run(command: string, options?: { timeoutMs?: number; stdin?: string }): Promise<CommandResult>;
  /** Like run, but returns the trimmed output, and throws with the whole output if the command fails. */
  ok(command: string, options?: { timeoutMs?: number; stdin?: string }): Promise<string>;
  /** Starts a bash command that goes on in the background. */
  start(command: string): Promise<Background>;
  /** The text of a file in the guest; null: there is no such file. */
  read(path: string): Promise<string | null>;
  /** Puts a text into a file in the guest, completely or not at all. */
  write(path: string, text: string): Promise<void>;
  /** A raw request to guest/agent.py. */
  request(body: object, timeoutMs: number): Promise<Record<string, unknown>>;
  /** A command of QEMU's human monitor, such as `device_del hba1`. */
  monitor(line: string): Promise<string>;
  /** Everything that the kernel has written to the console. */
  consoleLog(): string;
  stop(): Promise<void>;
}

const LOCK_WAIT_MS = 3_600_000;
const BOOT_MS = 240_000;
const COMMAND_MS = 60_000;
/** Time for the way to the guest and back, in addition to the command's own limit. */
const ANSWER_SLACK_MS = 30_000;

const environment = (name: string): string => {
  const value = process.env[name];
  if (value === undefined)
    throw new Error(`${name} is not set: run the VM tests through jest (test/vm/globalSetup.ts)`);
  return value;
};

const asResult = (answer: Record<string, unknown>): CommandResult => ({
  rc: typeof answer.rc === 'number' ? answer.rc : null,
  stdout: String(answer.stdout),
  stderr: String(answer.stderr),
  timedOut: answer.timedOut === true,
});

/** The commands that need only the agent. */
const commandsOf = (agent: Agent): Pick<Machine, 'run' | 'ok' | 'start' | 'read' | 'write' | 'request'> => {
  let logs = 0;
  const run: Machine['run'] = async (command, { timeoutMs = COMMAND_MS, stdin = '' } = {}) =>
    asResult(await agent.request({ run: command, timeout: timeoutMs / 1000, stdin }, timeoutMs + ANSWER_SLACK_MS));
  const ok: Machine['ok'] = async (command, options) => {
    const result = await run(command, options);
    if (result.rc === 0 && !result.timedOut) return result.stdout.trim();
    const end = result.timedOut ? `took too long\n${await whatHangs({ run })}` : `ended with ${result.rc}`;
    throw new Error(`in the guest: ${command}\n${end}\n${result.stdout}${result.stderr}`);
  };
  const read: Machine['read'] = async (path) => {
    const { text } = await agent.request({ read: path }, ANSWER_SLACK_MS);
    return typeof text === 'string' ? text : null;
  };
  return {
    run,
    ok,
    request: (body, timeoutMs) => agent.request(body, timeoutMs),
    write: async (path, text) => void (await agent.request({ write: path, text }, ANSWER_SLACK_MS)),
    read,
    start: async (command) => {
      const log = `/run/background-${++logs}.log`;
      const { pid } = await agent.request({ start: command, log }, ANSWER_SLACK_MS);
      return {
        pid: Number(pid),
        log: async () => (await read(log)) ?? '',
        exitCode: async () => {
          const { rc } = await agent.request({ poll: pid }, ANSWER_SLACK_MS);
          return typeof rc === 'number' ? rc : null;
        },
        kill: async (signal) => void (await agent.request({ kill: pid, signal }, ANSWER_SLACK_MS)),
      };
    },
  };
};

/** Waits until a machine has the lock and runs. */
const awaitStart = async (guest: Guest): Promise<void> => {
  const deadline = Date.now() + LOCK_WAIT_MS;
  while (!guest.started()) {
    if (guest.ended()) throw new Error('the machine did not start');
    if (Date.now() > deadline) throw new Error('another test machine keeps the lock');
    await sleep(20);
  }
};

/** For the summary of scripts/test: the machine of a test file, the time of its boot, and its cost. */
const record = (figures: { kind: MachineKind; bootMs: number; cpuSeconds: number }): void => {
  const file = process.env.MPATHD_VM_MACHINES;
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ file: expect.getState().testPath, ...figures })}\n`);
};

const worker = (): number => Number(process.env.JEST_WORKER_ID ?? 1);

const optionsOf = (directory: string, options: MachineOptions): GuestOptions => ({
  image: environment('MPATHD_VM_IMAGE'),
  registerLibrary: environment('MPATHD_VM_REGISTERS'),
  lockFile: `${environment('MPATHD_VM_LOCK')}.${worker()}`,
  directory,
  init: options.init ?? 'quick',
  memoryMiB: options.memoryMiB ?? 2048,
  cpus: options.needs?.includes('smp') === true ? 2 : 1,
  hostCpu: cpuOfWorker(worker(), allowedCpus()),
  devices: options.devices ?? [],
});

/** Boots a guest. Rejects with the last lines of the console if it does not come up. */
export const bootMachine = async (options: MachineOptions = {}): Promise<Machine> => {
  const kind = options.kind ?? machineFor(options.needs ?? []);
  const directory = mkdtempSync(join(tmpdir(), 'mpathd-vm-'));
  const files = machineFiles(directory);
  mkdirSync(files.out);
  cpSync(environment('MPATHD_VM_FAULTS'), join(files.out, 'ioctl_fault.so'));
  const guest = { qemu: startQemu, uml: startUml }[kind](optionsOf(directory, options));
  const kill = async (): Promise<void> => {
    await guest.kill();
    rmSync(directory, { recursive: true, force: true });
  };
  const explain = (what: string): Error => new Error(`${what}; its last words:\n${lastWords(directory)}`);
  try {
    await awaitStart(guest);
    const since = Date.now();
    const agent = agentOver(await guest.agentPort());
    void guest.exit.then(() => agent.fail(explain('the guest died')));
    const late = setTimeout(() => agent.fail(explain(`the guest was not up after ${BOOT_MS} ms`)), BOOT_MS);
    await agent.ready.finally(() => clearTimeout(late));
    const monitor = await guest.monitor();
    const commands = commandsOf(agent);
    // The library is copied off the share, so that preloading it does not depend on the host.
    await commands.ok('cp /out/ioctl_fault.so /usr/local/lib/ && modprobe -a dm_mod dm_multipath');
    const bootMs = Date.now() - since;
    return {
      ...commands,
      kind,
      out: files.out,
      monitor: (line) => monitor.command(line),
      consoleLog: () => readFileSync(files.console, 'utf8'),
      stop: async () => {
        record({ kind, bootMs, cpuSeconds: guest.cpuSeconds() });
        if (!guest.ended()) await holdForShell(commands, guest.shell, directory);
        agent.fail(new Error('the machine was stopped'));
        agent.close();
        monitor.close();
        await kill();
      },
    };
  } catch (error) {
    const failure = guest.ended() ? explain(error instanceof Error ? error.message : String(error)) : error;
    await kill();
    throw failure;
  }
};

/** One machine for all tests of a file: boots it before them, stops it after them. */
export const machineForFile = (options: MachineOptions = {}): (() => Machine) => {
  let machine: Machine | undefined;
  beforeAll(async () => {
    machine = await bootMachine(options);
  }, LOCK_WAIT_MS + BOOT_MS);
  afterAll(async () => machine?.stop(), LOCK_WAIT_MS);
  return () => {
    if (machine === undefined) throw new Error('the machine is not up');
    return machine;
  };
};

/**
 * Repeats `attempt` until it returns something other than undefined. After the time it throws with the last error and
 * everything that may show the reason: the guest's console, what hangs, and the daemon's log.
 */
export const waitFor = async <T>(
  machine: Pick<Machine, 'consoleLog' | 'run'>,
  description: string,
  attempt: () => Promise<T | undefined>,
  timeoutMs: number,
): Promise<T> => {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    let last = '';
    try {
      const result = await attempt();
      if (result !== undefined) return result;
    } catch (error) {
      last = `: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (Date.now() > deadline) {
      const console = machine.consoleLog().trimEnd().split(/\r?\n/).slice(-5).join('\n');
      throw new Error(
        `waited ${timeoutMs} ms in vain for ${description}${last}\nConsole:\n${console}\n${await whatHangs(machine)}`,
      );
    }
    await sleep(100);
  }
};
