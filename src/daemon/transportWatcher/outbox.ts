/** Hints on their way to the daemon. They are merged, paced and bounded, for any number of events. */
import type { TransportHint } from '../../model/transportHint';

export interface Outbox {
  add(hint: TransportHint): void;
}

export interface OutboxPorts {
  /** Calls back when the daemon has taken the message in. */
  send(hint: TransportHint, done: () => void): void;
  after(ms: number, callback: () => void): void;
}

/** Events of one cause come together, and only the last event on each subject is needed. */
const GATHER_MS = 50;
/** If more subjects than this have news at once, the names of single subjects are of no use. */
const MOST = 64;

export function createOutbox(ports: OutboxPorts): Outbox {
  const waiting = new Map<string, TransportHint>();
  let underWay = 0;
  let gathering = false;

  function gather(): void {
    if (gathering || underWay > 0 || waiting.size === 0) return;
    gathering = true;
    ports.after(GATHER_MS, flush);
  }

  function flush(): void {
    gathering = false;
    const hints = [...waiting.values()];
    waiting.clear();
    underWay = hints.length;
    for (const hint of hints) ports.send(hint, sent);
  }

  function sent(): void {
    underWay -= 1;
    gather();
  }

  return {
    add: (hint) => {
      if (!waiting.has('missed')) waiting.set(subjectOf(hint), hint);
      if (waiting.size > MOST) {
        waiting.clear();
        waiting.set('missed', { kind: 'missed' });
      }
      gather();
    },
  };
}

function subjectOf(hint: TransportHint): string {
  switch (hint.kind) {
    case 'link':
      return `link ${hint.ifname}`;
    case 'address':
      return `address ${hint.ifname} ${hint.address}`;
    case 'fc':
      return `fc ${hint.hostNo} ${hint.event}`;
    case 'missed':
      return 'missed';
  }
}
