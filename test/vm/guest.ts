import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { cpuSecondsOf } from './cpuTime';
import type { Monitor } from './monitor';

/** Extra devices of a QEMU machine: its arguments. Their image files are made below `directory`. */
export type HostDevices = (directory: string) => readonly string[];

/** The parts of a machine. */
export interface GuestOptions {
  /** The built image (see image/build). */
  readonly image: string;
  /** What User Mode Linux needs on new processors (see umlRegisters.c). */
  readonly registerLibrary: string;
  /** The machine's own directory: sockets, console log, the share mounted at /out. */
  readonly directory: string;
  readonly init: 'quick' | 'systemd';
  readonly memoryMiB: number;
  readonly cpus: number;
  /** The CPU of the host for a machine that is a single thread of work (see uml.ts). */
  readonly hostCpu: number;
  readonly devices: readonly HostDevices[];
  /** The machine holds this lock as long as it lives. Machines with the same lock run one after the other. */
  readonly lockFile: string;
}

/** The files below a machine's directory. */
export const machineFiles = (directory: string) => ({
  console: join(directory, 'console.log'),
  errors: join(directory, 'qemu.log'),
  agent: join(directory, 'agent.sock'),
  monitor: join(directory, 'monitor.sock'),
  shell: join(directory, 'shell.sock'),
  out: join(directory, 'out'),
});

/** A machine in the view of its host. */
export interface Guest {
  /** True if the machine has the lock and runs. */
  started(): boolean;
  ended(): boolean;
  /** CPU seconds of the host that the machine has used so far. */
  cpuSeconds(): number;
  /** Resolves when the machine has ended. */
  readonly exit: Promise<void>;
  agentPort(): Promise<AgentPort>;
  monitor(): Promise<Monitor>;
  /**
   * The connection of a shell for MPATHD_VM_HOLD: a device of the guest, and its way to the socket
   * machineFiles().shell.
   */
  readonly shell: GuestShell;
  /** Ends the machine at once, with all its processes. */
  kill(): Promise<void>;
}

/** The way to guest/agent.py. */
export interface AgentPort {
  readonly stream: Duplex;
  /**
   * The folder in which a request is put as a file, of which only the number goes over the stream; null: the request
   * goes over the stream.
   */
  readonly requests: string | null;
}

/** What a machine's process says about the machine. */
export const processOf = (child: ChildProcess): Pick<Guest, 'exit' | 'ended' | 'cpuSeconds'> => ({
  exit: new Promise((resolve) => child.once('exit', () => resolve())),
  cpuSeconds: () => (child.pid === undefined ? 0 : cpuSecondsOf(child.pid)),
  ended: () => child.exitCode !== null || child.signalCode !== null,
});

/** See Guest. */
export interface GuestShell {
  readonly port: string;
  listen(): void;
}

/** The last lines of QEMU and of the guest's console. The first line of a panic is some 50 lines from the end. */
export const lastWords = (directory: string, lines = 80): string => {
  const files = machineFiles(directory);
  return [files.errors, files.console]
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, 'utf8').trimEnd().split(/\r?\n/).slice(-lines).join('\n'))
    .filter((text) => text !== '')
    .join('\n');
};
