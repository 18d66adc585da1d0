import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GuestShell } from './guest';
import type { Machine } from './machine';

/**
 * While no client is connected, a read of the port gives end of file; poll tells the difference (virtio_console.c
 * port_fops_poll).
 */
const awaitCaller = (port: string): string =>
  [
    'import os, select, time',
    `poll = select.poll(); poll.register(os.open("${port}", os.O_RDWR), select.POLLIN)`,
    'while any(event & select.POLLHUP for _, event in poll.poll(0)): time.sleep(0.2)',
  ].join('\n');

/** If MPATHD_VM_HOLD is set: offers a shell in the guest and waits until its user leaves it. */
export const holdForShell = async (
  machine: Pick<Machine, 'start'>,
  { port, listen }: GuestShell,
  directory: string,
): Promise<void> => {
  if (process.env.MPATHD_VM_HOLD === undefined) return;
  listen();
  const shell = await machine.start(
    `python3 -c '${awaitCaller(port)}' && { stty -F ${port} raw -echo 2> /dev/null; exec socat EXEC:'bash -i',pty,stderr,setsid,sigint,sane,ctty OPEN:${port},rdwr; }`,
  );
  process.stderr.write(
    `\nThe guest waits. A shell in it; "exit" ends the wait:\n  test/vm/look ${join(directory, 'shell.sock')}\n`,
  );
  while ((await shell.exitCode()) === null) await sleep(1000);
};
