import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AgentPort } from './guest';
import { jsonLinesOver } from './jsonLines';

/** The host's end of guest/agent.py. */
export interface Agent {
  /** The guest's uptime in seconds, as soon as the agent answers. */
  readonly ready: Promise<number>;
  /** Sends a request and waits for its answer. Rejects with `error` if the agent failed. */
  request(body: object, timeoutMs: number): Promise<Record<string, unknown>>;
  /** Rejects all requests without an answer. */
  fail(reason: Error): void;
  close(): void;
}

interface Waiting {
  resolve(answer: Record<string, unknown>): void;
  reject(error: Error): void;
}

/** Speaks to the agent over its port. The guest need not be up yet. */
export const agentOver = ({ stream, requests }: AgentPort): Agent => {
  const waiting = new Map<number, Waiting>();
  const expect = (id: number): Promise<Record<string, unknown>> =>
    new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
  const fail = (reason: Error): void => {
    const all = [...waiting.values()];
    waiting.clear();
    for (const one of all) one.reject(reason);
  };
  // The agent says hello with id 0.
  const ready = expect(0).then((hello) => Number(hello.uptime));
  ready.catch(() => undefined);
  let lastId = 0;
  const lines = jsonLinesOver(stream, {
    onMessage: (message) => {
      const id = Number(message.id);
      const one = waiting.get(id);
      waiting.delete(id);
      if (typeof message.error === 'string') one?.reject(new Error(message.error));
      else one?.resolve(message);
    },
    // The connection was closed by us, or by QEMU. QEMU's own event has the reason.
    onClose: () => undefined,
  });
  return {
    ready,
    request: async (body, timeoutMs) => {
      const id = ++lastId;
      const answer = expect(id);
      if (requests !== null) writeFileSync(join(requests, `request-${id}`), JSON.stringify(body));
      lines.send(requests === null ? { id, ...body } : { id });
      const timer = setTimeout(() => {
        waiting.get(id)?.reject(new Error(`no answer within ${timeoutMs} ms to ${JSON.stringify(body).slice(0, 200)}`));
        waiting.delete(id);
      }, timeoutMs);
      try {
        return await answer;
      } finally {
        clearTimeout(timer);
      }
    },
    fail,
    close: () => lines.close(),
  };
};
