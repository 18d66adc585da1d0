import { createSupervisor, type HintSource, type WatcherChild } from '../../../src/daemon/transportWatcher/supervisor';
import type { TransportHint } from '../../../src/model/transportHint';

interface FakeChild {
  say(raw: unknown): void;
  end(reason: string): void;
  killed: number;
}

interface Rig {
  source: HintSource;
  children: FakeChild[];
  hints: TransportHint[];
  logs: string[];
  launches(): number;
  /** The later answers of launch(): an error's message, or null for a child. */
  refuse: string | null;
  /** Lets time pass, ms, and runs what is due. */
  run(ms: number): Promise<void>;
}

const READY = { kind: 'ready', fc: 'listening' };
const LINK: TransportHint = { kind: 'link', ifname: 'eth0', carrier: false, operstate: 'down' };
const MISSED: TransportHint = { kind: 'missed' };

function rig(): Rig {
  let now = 0;
  let launches = 0;
  const timers = new Set<{ at: number; callback: () => void }>();
  const r: Rig = {
    source: undefined as never,
    children: [],
    hints: [],
    logs: [],
    launches: () => launches,
    refuse: null,
    run: async (ms) => {
      const end = now + ms;
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve));
        const next = [...timers].sort((a, b) => a.at - b.at)[0];
        if (next === undefined || next.at > end) break;
        timers.delete(next);
        now = Math.max(now, next.at);
        next.callback();
      }
      now = end;
    },
  };
  r.source = createSupervisor({
    launch: () => {
      launches += 1;
      if (r.refuse !== null) return Promise.reject(new Error(r.refuse));
      return Promise.resolve(fakeChild(r.children));
    },
    after: (ms, callback) => {
      const timer = { at: now + ms, callback };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    now: () => now,
    log: (level, message) => void r.logs.push(`${level} ${message}`),
  });
  return r;
}

/** A child that ends when it is told to, or when it is killed and the test allows it. */
function fakeChild(children: FakeChild[]): WatcherChild {
  let say: (raw: unknown) => void = () => undefined;
  let end: (reason: string) => void = () => undefined;
  const fake: FakeChild = { say: (raw) => say(raw), end: (reason) => end(reason), killed: 0 };
  children.push(fake);
  return {
    onMessage: (callback) => {
      say = callback;
    },
    onEnd: (callback) => {
      end = callback;
    },
    kill: () => {
      fake.killed += 1;
    },
  };
}

async function started(): Promise<Rig & { child(): FakeChild }> {
  const r = rig();
  r.source.start((hint) => void r.hints.push(hint));
  await r.run(0);
  const child = (): FakeChild => {
    const last = r.children.at(-1);
    if (last === undefined) throw new Error('no child');
    return last;
  };
  return Object.assign(r, { child });
}

const warnings = (r: Rig): string[] => r.logs.filter((line) => /^(warning|error|notice)/.test(line));

describe('a child that works', () => {
  it('has its hints passed on', async () => {
    const r = await started();
    r.child().say(READY);
    r.child().say(LINK);
    expect(r.hints).toEqual([LINK]);
    await r.run(3_600_000);
    expect(r.launches()).toBe(1);
    expect(r.logs).toEqual([
      "info transport watcher: network links and addresses: listening, FC events: listening; it runs without root's rights",
    ]);
  });

  it('that sends nothing at its start is killed, and another child starts when it has gone', async () => {
    const r = await started();
    await r.run(29_999);
    expect(r.child().killed).toBe(0);
    await r.run(1);
    expect(r.child().killed).toBe(1);
    await r.run(600_000);
    expect(r.launches()).toBe(1);
    r.child().end('SIGKILL');
    await r.run(1_000);
    expect(r.launches()).toBe(2);
    expect(warnings(r)).toEqual([expect.stringContaining('has ended (was not ready within 30 s of its start)')]);
  });
});

describe('a child that dies', () => {
  it('is started again after 1 s, and all paths are checked because of the missed events', async () => {
    const r = await started();
    r.child().say(READY);
    r.child().end('SIGABRT');
    await r.run(999);
    expect(r.launches()).toBe(1);
    await r.run(1);
    expect(r.launches()).toBe(2);
    expect(r.hints).toEqual([]);
    r.child().say(READY);
    r.child().say(LINK);
    expect(r.hints).toEqual([MISSED, LINK]);
  });

  it('again and again is started with doubling pauses up to a minute, and reported once', async () => {
    const r = await started();
    for (const pause of [1, 2, 4, 8, 16, 32, 60, 60, 60]) {
      const before = r.launches();
      r.child().end('exit code 1');
      await r.run(pause * 1_000 - 1);
      expect(r.launches()).toBe(before);
      await r.run(1);
      expect(r.launches()).toBe(before + 1);
    }
    expect(warnings(r)).toEqual([
      'warning the transport watcher has ended (exit code 1); until it runs again, paths are checked at their intervals only',
    ]);
  });

  it('after a minute of good work is reported again, and started again after 1 s', async () => {
    const r = await started();
    for (let i = 0; i < 5; i++) {
      r.child().end('SIGABRT');
      await r.run(2 ** i * 1_000);
    }
    r.child().say(READY);
    await r.run(60_000);
    r.child().end('SIGSEGV');
    await r.run(1_000);
    expect(r.launches()).toBe(7);
    expect(warnings(r)).toEqual([
      expect.stringContaining('(SIGABRT)'),
      'notice the transport watcher runs again, after 5 failures',
      expect.stringContaining('(SIGSEGV)'),
    ]);
  });

  it('soon after each good start does not get shorter pauses', async () => {
    const r = await started();
    for (const pause of [1, 2, 4]) {
      r.child().say(READY);
      await r.run(59_000);
      r.child().end('SIGABRT');
      const before = r.launches();
      await r.run(pause * 1_000 - 1);
      expect(r.launches()).toBe(before);
      await r.run(1);
      expect(r.launches()).toBe(before + 1);
    }
  });

  it('is ignored from then on', async () => {
    const r = await started();
    const first = r.child();
    first.say(READY);
    first.end('SIGKILL');
    first.say(LINK);
    await r.run(1_000);
    first.say(LINK);
    first.end('again');
    await r.run(100_000);
    expect(r.hints).toEqual([]);
    expect(r.children[1]?.killed).toBe(1);
  });
});

describe('a child that cannot be started', () => {
  it('is reported once, and tried again at ever longer intervals', async () => {
    const r = rig();
    r.refuse = 'ENOENT: no such file or directory';
    r.source.start((hint) => void r.hints.push(hint));
    await r.run(600_000);
    // Launches come after 1, 3, 7, 15, 31 and 63 s, then every minute.
    expect(r.launches()).toBe(1 + 6 + 8);
    expect(warnings(r)).toEqual([
      'warning the transport watcher cannot be started: ENOENT: no such file or directory; until it runs again, paths are checked at their intervals only',
    ]);
    r.refuse = null;
    await r.run(5_000);
    r.children[0]?.say(READY);
    await r.run(60_000);
    expect(warnings(r).at(-1)).toMatch(/^notice the transport watcher runs again/);
  });
});

describe('a child that sends malformed messages', () => {
  it('has these ignored, with one report, and its good messages accepted', async () => {
    const r = await started();
    r.child().say(READY);
    for (const raw of [null, 'link', { kind: 'link' }, { ...LINK, ifname: 'x\ny' }, { kind: 'fc', hostNo: -1 }])
      r.child().say(raw);
    r.child().say(LINK);
    expect(r.hints).toEqual([LINK]);
    expect(warnings(r)).toEqual(['warning transport watcher: a malformed message was ignored']);
  });

  it('in a flood is killed, and the rest of its messages has no effect', async () => {
    const r = await started();
    r.child().say(READY);
    for (let i = 0; i < 100_000; i++) r.child().say(LINK);
    expect(r.hints.length).toBe(1_999);
    expect(r.child().killed).toBe(1);
    await r.run(5_000);
    r.child().say(LINK);
    expect(r.hints.length).toBe(1_999);
    r.child().end('SIGKILL');
    await r.run(1_000);
    expect(r.launches()).toBe(2);
    expect(warnings(r)).toEqual([expect.stringContaining('more than 2000 messages in a second')]);
  });

  it('in a flood of malformed messages is killed as well', async () => {
    const r = await started();
    for (let i = 0; i < 3_000; i++) r.child().say(i);
    expect(r.child().killed).toBe(1);
    expect(warnings(r)).toHaveLength(1);
  });

  it('at the allowed rate is left alone', async () => {
    const r = await started();
    r.child().say(READY);
    for (let second = 0; second < 20; second++) {
      for (let i = 0; i < 1_900; i++) r.child().say(LINK);
      await r.run(1_000);
    }
    expect(r.child().killed).toBe(0);
    expect(r.hints).toHaveLength(20 * 1_900);
  });
});

describe('stopping', () => {
  it('kills the child, and starts none again', async () => {
    const r = await started();
    r.child().say(READY);
    r.source.stop();
    expect(r.child().killed).toBe(1);
    r.child().say(LINK);
    r.child().end('SIGKILL');
    await r.run(600_000);
    expect(r.launches()).toBe(1);
    expect(r.hints).toEqual([]);
    expect(warnings(r)).toEqual([]);
  });

  it('during a pause ends the restarts', async () => {
    const r = await started();
    r.child().end('SIGABRT');
    r.source.stop();
    await r.run(600_000);
    expect(r.launches()).toBe(1);
  });

  it('during the start of a child kills it as soon as it runs', async () => {
    const r = rig();
    r.source.start((hint) => void r.hints.push(hint));
    r.source.stop();
    await r.run(600_000);
    expect(r.children.map((child) => child.killed)).toEqual([1]);
    expect(r.launches()).toBe(1);
  });
});
