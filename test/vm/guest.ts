import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { cpuSecondsOf } from './cpuTime';
import type { Monitor } from './monitor';

/** Extra devices of a QEMU machine: its arguments, with their image files made below `directory`. */
export type HostDevices = (directory: string) => readonly string[];

/** What a machine is made of. */
export interface GuestOptions {
  /** The built image (see image/build). */
  readonly image: string;
  /** The machine's own directory: sockets, console log, the share mounted at /out. */
  readonly directory: string;
  readonly init: 'quick' | 'systemd';
  readonly memoryMiB: number;
  readonly cpus: number;
  readonly devices: readonly HostDevices[];
  /** Held by the machine as long as it lives: with the same one, machines run one after the other. */
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

/** A machine as its host sees it. */
export interface Guest {
  /** It has the lock, and runs. */
  started(): boolean;
  ended(): boolean;
  /** Of the host, spent so far. */
  cpuSeconds(): number;
  /** Comes when it has ended. */
  readonly exit: Promise<void>;
  agentPort(): Promise<AgentPort>;
  monitor(): Promise<Monitor>;
  /**
   * What a shell for MPATHD_VM_HOLD speaks over: a device of the guest, and how it gets to the socket
   * machineFiles().shell.
   */
  readonly shell: GuestShell;
  /** Ends it at once, with every process that it is made of. */
  kill(): Promise<void>;
}

/** What leads to guest/agent.py. */
export interface AgentPort {
  readonly stream: Duplex;
  /** Where a request is put as a file, whose number alone goes over the stream; null: it goes over the stream. */
  readonly requests: string | null;
}

/** What a machine's process tells of it. */
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

/** The last lines of what QEMU and the guest's console said; a panic's first line is some 50 from the end. */
export const lastWords = (directory: string, lines = 80): string => {
  const files = machineFiles(directory);
  return [files.errors, files.console]
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, 'utf8').trimEnd().split(/\r?\n/).slice(-lines).join('\n'))
    .filter((text) => text !== '')
    .join('\n');
};
