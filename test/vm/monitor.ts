import { isRecord, jsonLinesOver, openSocket } from './jsonLines';

/** QEMU's monitor: hot-plug and -unplug from outside the guest. */
export interface Monitor {
  /** Runs a human monitor command such as `device_del hba1`. Rejects with QEMU's answer if the command is bad. */
  command(line: string): Promise<string>;
  close(): void;
}

interface Waiting {
  resolve(answer: Record<string, unknown>): void;
  reject(error: Error): void;
}

/** Connects to a QMP socket (QEMU docs/interop/qmp-spec.txt: answers come in order, events in between). */
export const connectMonitor = async (path: string): Promise<Monitor> => {
  const waiting: Waiting[] = [];
  const lines = jsonLinesOver(await openSocket(path), {
    onMessage: (message) => {
      if ('return' in message || 'error' in message) waiting.shift()?.resolve(message);
    },
    onClose: () => {
      for (const one of waiting.splice(0)) one.reject(new Error('the monitor was closed'));
    },
  });
  const execute = async (execute: string, args?: object): Promise<unknown> => {
    const answer = await new Promise<Record<string, unknown>>((resolve, reject) => {
      waiting.push({ resolve, reject });
      lines.send(args === undefined ? { execute } : { execute, arguments: args });
    });
    if (isRecord(answer.error)) throw new Error(`QEMU monitor: ${String(answer.error.desc)}`);
    return answer.return;
  };
  await execute('qmp_capabilities');
  return {
    command: async (line) => {
      const output = String(await execute('human-monitor-command', { 'command-line': line })).trimEnd();
      // The human monitor reports failures as text only.
      if (/^Error:|unknown command/m.test(output)) throw new Error(`QEMU monitor: ${line}: ${output}`);
      return output;
    },
    close: () => lines.close(),
  };
};
