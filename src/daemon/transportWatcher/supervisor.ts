/** Keeps the transport watcher's child alive, and lets only well-formed hints through. */
import type { LogLevel } from '../../engine/protocol';
import type { TransportHint } from '../../model/transportHint';
import { readMessage } from './messages';

/** A source of hints. The callback is never called after stop(). */
export interface HintSource {
  start(onHint: (hint: TransportHint) => void): void;
  stop(): void;
}

/** A running child process. */
export interface WatcherChild {
  onMessage(callback: (raw: unknown) => void): void;
  /** The callback is called once, with the reason of the end. */
  onEnd(callback: (reason: string) => void): void;
  kill(): void;
}

export interface SupervisorPorts {
  launch(): Promise<WatcherChild>;
  /** Calls back after `ms`, without keeping the process alive. Returns a function that cancels this. */
  after(ms: number, callback: () => void): () => void;
  /** ms, monotonic. */
  now(): number;
  log(level: LogLevel, message: string): void;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** After this time, ms, the child counts as sound again. */
const SOUND_MS = 60_000;
/** The child must send its first message within this time, ms. */
const START_MS = 30_000;
/** A working child sends far less than this (outbox.ts). A child that sends more has a fault. */
const FLOOD = { messages: 2_000, ms: 1_000 };

export function createSupervisor(ports: SupervisorPorts): HintSource {
  let onHint: (hint: TransportHint) => void = () => undefined;
  let child: WatcherChild | null = null;
  let cancel: () => void = () => undefined;
  let pause = FIRST_PAUSE_MS;
  let stopped = false;
  /** The number of ends in a row. The first end is logged, the others are only counted. */
  let failures = 0;
  let seen = { since: 0, messages: 0, malformed: false };
  let verdict: string | null = null;

  function begin(): void {
    if (stopped) return;
    ports.launch().then(adopt, (error: unknown) => failed(`cannot be started: ${messageOf(error)}`));
  }

  function adopt(launched: WatcherChild): void {
    // stop() came during the start of the child.
    if (stopped) return launched.kill();
    child = launched;
    seen = { since: ports.now(), messages: 0, malformed: false };
    verdict = null;
    cancel = ports.after(START_MS, () => condemn(`was not ready within ${START_MS / 1_000} s of its start`));
    launched.onMessage((raw) => {
      if (child === launched) take(raw);
    });
    launched.onEnd((reason) => {
      if (child !== launched) return;
      child = null;
      failed(`has ended (${verdict ?? reason})`);
    });
  }

  function take(raw: unknown): void {
    if (verdict !== null || isFlood()) return;
    const message = readMessage(raw);
    if (message === null) return noteMalformed();
    if (message.kind !== 'ready') return onHint(message);
    cancel();
    cancel = ports.after(SOUND_MS, sound);
    ports.log(
      'info',
      `transport watcher: network links and addresses: listening, FC events: ${message.fc}; it runs without root's rights`,
    );
    if (failures > 0) onHint({ kind: 'missed' });
  }

  function isFlood(): boolean {
    const now = ports.now();
    if (now - seen.since >= FLOOD.ms) seen = { ...seen, since: now, messages: 0 };
    seen.messages += 1;
    if (seen.messages <= FLOOD.messages) return false;
    condemn(`more than ${FLOOD.messages} messages in a second`);
    return true;
  }

  function noteMalformed(): void {
    if (!seen.malformed) ports.log('warning', 'transport watcher: a malformed message was ignored');
    seen.malformed = true;
  }

  /** Kills the child. The next child starts only when this one is gone, so there is never more than one. */
  function condemn(why: string): void {
    verdict ??= why;
    child?.kill();
  }

  function failed(what: string): void {
    cancel();
    if (stopped) return;
    failures += 1;
    if (failures === 1) {
      ports.log(
        'warning',
        `the transport watcher ${what}; until it runs again, paths are checked at their intervals only`,
      );
    } else {
      ports.log('debug', `the transport watcher ${what}, ${failures} times in a row`);
    }
    cancel = ports.after(pause, begin);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }

  function sound(): void {
    if (failures > 0) ports.log('notice', `the transport watcher runs again, after ${failures} failures`);
    failures = 0;
    pause = FIRST_PAUSE_MS;
  }

  return {
    start: (callback) => {
      onHint = callback;
      begin();
    },
    stop: () => {
      stopped = true;
      cancel();
      child?.kill();
      child = null;
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
