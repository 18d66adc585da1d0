/**
 * What the listener does about missing numbers, and about a socket that is taken from it. Needs root and the built
 * addon.
 */
import { execFileSync } from 'child_process';
import { closeSync, openSync, readFileSync, readdirSync, readlinkSync } from 'fs';
import { NULL_UEVENT, freshUuid, listen, listenerThreads, listeners, poke } from './listening';
import type { Listening } from './listening';
import type { Failure } from '../../src/model/failure';
import type { SeqnumGap } from '../../src/model/uevent';

const LOOP = '/sys/block/loop0/uevent';

const listening = listeners();

const gapsOf = (l: Listening): SeqnumGap[] => l.batches.flatMap((batch) => batch.gap ?? []);
const missing = (l: Listening): number => gapsOf(l).reduce((sum, { count }) => sum + count, 0);
const counter = (): number => Number(readFileSync('/sys/kernel/uevent_seqnum', 'utf8'));

describe('numbers that another network namespace uses', () => {
  it('are reported as missing, with the first and the last, and are no loss', async () => {
    const l = listening();
    poke(LOOP, 'change');
    await l.settle();
    const before = counter();
    // The loopback device of the new namespace and its queues make events that only sockets of this namespace get.
    execFileSync('unshare', ['--net', 'true']);
    expect(counter()).toBeGreaterThan(before);
    poke(NULL_UEVENT, 'change');
    await l.until(() => missing(l) > 0);
    const gaps = gapsOf(l);
    expect(Math.min(...gaps.map(({ from }) => from))).toBeGreaterThan(before - 1);
    expect(l.batches.flatMap((batch) => batch.losses)).toEqual([]);
    expect(l.port.info().drops).toBe(0);
  });

  it('are reported in few batches if there are many', async () => {
    const l = listening();
    poke(LOOP, 'change');
    await l.settle();
    const namespaces = 50;
    for (let i = 0; i < namespaces; i++) {
      execFileSync('unshare', ['--net', 'true']);
      poke(NULL_UEVENT, 'change');
    }
    poke(NULL_UEVENT, 'change');
    // Each namespace uses at least one number. The counter also counts events of other programs, which come here.
    await l.until(() => missing(l) >= namespaces);
    // At most one batch a second.
    expect(gapsOf(l).length).toBeLessThan(25);
  });
});

describe('no number counts as missing', () => {
  it('because of events that nobody here needs, or writers that overtake each other', async () => {
    const l = listening({ bufferBytes: 64 * 1024 * 1024 });
    const writers = Array.from({ length: 4 }, () => `for i in $(seq 2000); do echo change > ${NULL_UEVENT}; done &`);
    execFileSync('bash', ['-c', `${writers.join(' ')} wait`]);
    expect(await l.settle()).toBe(0);
    const heartbeat = l.port.info().heartbeat;
    await l.until(() => l.port.info().heartbeat > heartbeat + 2);
    await l.settle();
    // Other programs may have made or used a namespace meanwhile. None of these 8,000 numbers may be missing.
    expect(missing(l)).toBeLessThan(100);
  });
});

/** Descriptors of the uevent sockets of this process. */
function ueventSockets(): number[] {
  const inodes = new Set(
    readFileSync('/proc/net/netlink', 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((words) => words[1] === '15')
      .map((words) => words.at(-1)),
  );
  const targetOf = (fd: string): string => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  };
  return readdirSync('/proc/self/fd')
    .filter((fd) => inodes.has(/^socket:\[(\d+)\]$/.exec(targetOf(fd))?.[1]))
    .map(Number);
}

/** Closes a descriptor and gives its number to something else. A mistake elsewhere in the process could do the same. */
function steal(fd: number): void {
  closeSync(fd);
  const others: number[] = [];
  for (let got = openSync('/dev/null', 'r'); got !== fd; got = openSync('/dev/null', 'r')) others.push(got);
  others.forEach((other) => closeSync(other));
}

describe('a socket that is taken from the listener', () => {
  it('ends it with the errno; another listener is opened, the loss is reported, and listening goes on', async () => {
    const failures: Failure[] = [];
    const l = listening({ realtimePriority: 5, onFailure: (failure) => void failures.push(failure) });
    await l.settle();
    const [fd, ...more] = ueventSockets();
    expect(more).toEqual([]);
    steal(fd as number);
    poke(LOOP, 'change');
    await l.until(() => l.lost('listener-restarted') === 1);
    expect(failures).toMatchObject([{ code: 'KERNEL_ERROR', device: 'kernel uevents', errno: 'ENOTSOCK' }]);
    expect(listenerThreads()).toHaveLength(1);
    const uuid = freshUuid();
    poke(LOOP, `change ${uuid}`);
    await l.settle();
    expect(l.events().map((event) => event.synthUuid)).toContain(uuid);
    expect(l.port.info().scheduling).toBe('SCHED_RR:5');
  });

  it('does not lose drain requests: they are answered', async () => {
    const l = listening();
    await l.settle();
    steal(ueventSockets()[0] as number);
    expect(await l.settle()).toBe(0);
    await l.until(() => l.lost('listener-restarted') === 1);
  });

  it('leaves nothing behind', async () => {
    const descriptors = (): number => readdirSync('/proc/self/fd').length;
    const before = descriptors();
    for (let round = 1; round <= 3; round++) {
      const l = listen();
      await l.settle();
      steal(ueventSockets()[0] as number);
      await l.until(() => l.lost('listener-restarted') === 1);
      l.port.stop();
    }
    expect(listenerThreads()).toEqual([]);
    expect(descriptors()).toBe(before);
  });
});
