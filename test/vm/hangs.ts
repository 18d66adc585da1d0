import type { Machine } from './machine';

/**
 * Commands that may show why something waits in vain. Each runs by itself, because a command that looks at a hanging
 * task may hang, too.
 */
const LOOKS = [
  // Tasks that no signal ends, each with its place in the kernel (Documentation/admin-guide/sysrq.rst).
  'echo w > /proc/sysrq-trigger; dmesg | tail -n 150',
  "ps -eo pid,ppid,stat,etimes,wchan:24,args | grep -E 'udev|mpathd|dmsetup|blkid|PID' | grep -v grep",
  'ls -l /run/udev/queue; udevadm --version; for task in $(pgrep udev); do echo $task; cat /proc/$task/stack; done',
  'dmsetup --noudevsync info -c -o name,attr,open,events,uuid',
  'dmsetup --noudevsync status --noflush',
  'dmsetup --noudevsync table',
  'grep -H . /sys/block/sd*/device/access_state /sys/block/sd*/device/state',
  'tail -n 200 /run/background-*.log',
];
const LOOK_MS = 5_000;

/** What hangs in the guest, for the message of a test that waited in vain. */
export const whatHangs = async (machine: Pick<Machine, 'run'>): Promise<string> => {
  const look = async (command: string): Promise<string> => {
    const { stdout, stderr, timedOut } = await machine.run(command, { timeoutMs: LOOK_MS });
    return `$ ${command}\n${stdout}${stderr}${timedOut ? '(hangs)' : ''}`;
  };
  const answers = await Promise.all(
    LOOKS.map((command) => look(command).catch((error: unknown) => `$ ${command}\n${String(error)}`)),
  );
  return `What hangs in the guest:\n${answers.join('\n')}`;
};
