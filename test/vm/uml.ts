import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, statfsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import type { Duplex } from 'node:stream';
import { processOf, type Guest, type GuestOptions, machineFiles } from './guest';
import type { Monitor } from './monitor';

/*
 * User Mode Linux: Debian's kernel as a process of this machine. There is no emulation and one CPU; a system call costs
 * the guest two switches of the host, between two processes of which one runs at a time. So the machine keeps to one
 * of the host's CPUs: where each process has its own, every switch wakes up an idle CPU, which is slow on a virtual
 * host (a file of tests took 80 s on two CPUs, 51 s on one). Its disk is a copy-on-write file over the image.
 */
const CHECKOUT = resolve(__dirname, '..', '..');
const MEMORY_FILES = '/dev/shm';

const INITS = {
  quick: '/project/test/vm/guest/init',
  systemd: '/lib/systemd/systemd systemd.unit=mpathd-test.target',
};

/** The guest's serial lines on descriptors of the process: agent.py's requests, and the shell of MPATHD_VM_HOLD. */
const AGENT_FD = 3;
const SHELL_FD = 4;

const umlArguments = ({ image, directory, init, memoryMiB }: GuestOptions): string[] =>
  [
    `mem=${memoryMiB}M`,
    // s: it takes no lock on the image, which it only reads.
    `ubd0s=${join(directory, 'disk.cow')},${join(image, 'root.ext4')}`,
    'root=/dev/ubda rw init=/usr/sbin/uml-init',
    `mpathd.project=${CHECKOUT} mpathd.out=${machineFiles(directory).out} mpathd.init=${INITS[init]}`,
    // The console goes to the log. After a panic the process ends.
    `con=null con0=null,fd:2 ssl=null ssl0=fd:${AGENT_FD} ssl1=fd:${SHELL_FD} quiet loglevel=4 panic=-1 oops=panic`,
  ].flatMap((words) => words.split(' '));

const roomInMemory = (): number => {
  const { bavail, bsize } = statfsSync(MEMORY_FILES);
  return bavail * bsize;
};

/** The folder for the guest's memory, which is a file: in memory if there is room, or else beside its disk. */
export const memoryDirectory = (directory: string, memoryMiB: number, room = roomInMemory): string => {
  if (room() >= memoryMiB * 1024 * 1024) return MEMORY_FILES;
  process.stderr.write(
    `${MEMORY_FILES} has no ${memoryMiB} MiB left for a test machine: its memory is a file in ${directory}, which is slower\n`,
  );
  const memory = join(directory, 'memory');
  mkdirSync(memory, { recursive: true });
  return memory;
};

const spawnUml = (options: GuestOptions): ChildProcess => {
  const log = openSync(machineFiles(options.directory).console, 'a');
  // The kernel is not the first process of the namespace: a panic ends in abort(), and the first process would not get
  // this signal. It writes no core.
  const kernel = [
    'sh',
    '-c',
    'ulimit -c 0; "$@"; exit $?',
    'sh',
    'env',
    `LD_PRELOAD=${options.registerLibrary}`,
    join(options.image, 'linux.uml'),
    ...umlArguments(options),
  ];
  const child = spawn(
    'setpriv',
    // The guest's processes are processes of this machine. They are in a PID namespace of their own, so that they end
    // with its first process.
    [
      '--pdeathsig',
      'KILL',
      'flock',
      '-F',
      options.lockFile,
      'unshare',
      '--pid',
      '--fork',
      '--kill-child',
      '--mount-proc',
      'taskset',
      '--cpu-list',
      String(options.hostCpu),
      ...kernel,
    ],
    {
      stdio: ['ignore', log, log, 'pipe', 'pipe'],
      env: { ...process.env, TMPDIR: memoryDirectory(options.directory, options.memoryMiB) },
    },
  );
  closeSync(log);
  return child;
};

const NO_MONITOR: Monitor = {
  command: (line) => Promise.reject(new Error(`${line}: User Mode Linux has no monitor; say needs: ['devices']`)),
  close: () => undefined,
};

/** Starts the kernel, which first waits for the lock. The kernel dies with this process, however this process ends. */
export const startUml = (options: GuestOptions): Guest => {
  const files = machineFiles(options.directory);
  const child = spawnUml(options);
  const host = processOf(child);
  const line = (descriptor: number): Duplex => child.stdio[descriptor] as Duplex;
  return {
    started: () => statSync(files.console).size > 0,
    ...host,
    // Requests do not go over the line: when 4 KB of input wait to be read, the line is throttled and never goes on
    // (arch/um/drivers/line.c, line_throttle; nothing activates the descriptor again).
    agentPort: () => Promise.resolve({ stream: line(AGENT_FD), requests: files.out }),
    monitor: () => Promise.resolve(NO_MONITOR),
    shell: {
      port: '/dev/ttyS1',
      listen: () =>
        void createServer((socket) => socket.pipe(line(SHELL_FD)).pipe(socket))
          .listen(files.shell)
          .unref(),
    },
    kill: async () => {
      child.kill('SIGKILL');
      await host.exit;
    },
  };
};
