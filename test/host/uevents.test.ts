/** The listener on this machine's kernel: needs root and the built addon. */
import { execFileSync } from 'child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { basename, join } from 'path';
import { NULL_UEVENT, freshUuid, listen, listenerThreads, listeners, poke, tool } from './listening';

const LOOP = '/sys/block/loop0';

const listening = listeners();

function lockedKib(): number {
  return Number(/^VmLck:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}

describe('events', () => {
  it('of a loop device arrive as the kernel sent them', async () => {
    const l = listening();
    poke(`${LOOP}/uevent`, 'change');
    await l.settle();
    const event = l.events().find((e) => e.name === 'loop0');
    expect(event).toMatchObject({
      source: 'kernel',
      action: 'change',
      devpath: '/devices/virtual/block/loop0',
      subsystem: 'block',
      devtype: 'disk',
      devt: readFileSync(`${LOOP}/dev`, 'utf8').trim(),
      diskseq: Number(readFileSync(`${LOOP}/diskseq`, 'utf8')),
      synthUuid: '0',
    });
    expect(event?.env['DEVNAME']).toBe('loop0');
    expect(event?.env['SEQNUM']).toBe(String(event?.seqnum));
    expect(Number(readFileSync('/sys/kernel/uevent_seqnum', 'utf8'))).toBeGreaterThanOrEqual(event?.seqnum ?? NaN);
  });

  it('of losetup carry a disk sequence number that grows with each use', async () => {
    const l = listening();
    const directory = mkdtempSync(join(tmpdir(), 'mpathd-loop-'));
    const file = join(directory, 'disk');
    writeFileSync(file, '');
    truncateSync(file, 1024 * 1024);
    const used: Array<{ name: string; diskseq: number }> = [];
    try {
      for (let round = 0; round < 2; round += 1) {
        const node = execFileSync('losetup', ['--find', '--show', file], { encoding: 'utf8' }).trim();
        const name = basename(node);
        used.push({ name, diskseq: Number(readFileSync(`/sys/block/${name}/diskseq`, 'utf8')) });
        execFileSync('losetup', ['--detach', node]);
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
    await l.settle();
    for (const { name, diskseq } of used) {
      const mine = l.events().filter((e) => e.name === name && e.diskseq === diskseq);
      expect(mine.map((e) => e.action)).toContain('change');
      expect(mine.map((e) => e.synthUuid)).toContain(null);
    }
    expect(used[1]?.diskseq).toBeGreaterThan(used[0]?.diskseq ?? NaN);
  });

  it.each(['add', 'change', 'remove'])('of action %s are reported', async (action) => {
    const l = listening();
    const uuid = freshUuid();
    poke(`${LOOP}/uevent`, `${action} ${uuid}`);
    await l.settle();
    expect(
      l
        .events()
        .filter((e) => e.synthUuid === uuid)
        .map((e) => e.action),
    ).toEqual([action]);
  });

  it('keep the order of one device', async () => {
    const l = listening();
    const actions = Array.from({ length: 300 }, (_, i) => ['add', 'change', 'remove'][i % 3] as string);
    const uuids = actions.map(() => freshUuid());
    actions.forEach((action, i) => poke(`${LOOP}/uevent`, `${action} ${uuids[i] ?? ''}`));
    await l.settle();
    const mine = l.events().filter((e) => uuids.includes(e.synthUuid ?? ''));
    expect(mine.map((e) => e.synthUuid)).toEqual(uuids);
    expect(mine.map((e) => e.action)).toEqual(actions);
  });

  it('that nobody needs are dropped, but a fence comes back from any subsystem', async () => {
    const l = listening();
    const uuid = freshUuid();
    poke(NULL_UEVENT, 'change');
    poke(NULL_UEVENT, `change ${uuid} MPATHD=fence`);
    await l.settle();
    const mem = l.events().filter((e) => e.subsystem === 'mem');
    expect(mem.map((e) => e.synthUuid)).toEqual([uuid]);
    expect(mem[0]?.env['SYNTH_ARG_MPATHD']).toBe('fence');
  });

  it('that only repeat each other are merged while JavaScript is busy, except remove events', async () => {
    const l = listening();
    for (let i = 0; i < 500; i += 1) poke(`${LOOP}/uevent`, 'change');
    poke(`${LOOP}/uevent`, 'remove');
    for (let i = 0; i < 500; i += 1) poke(`${LOOP}/uevent`, 'change');
    poke(`${LOOP}/uevent`, 'remove');
    await l.settle();
    const actions = l
      .events()
      .filter((e) => e.name === 'loop0')
      .map((e) => e.action);
    expect(actions.filter((a) => a === 'remove')).toHaveLength(2);
    expect(actions.length).toBeLessThan(1002);
    expect(actions.at(-1)).toBe('remove');
    expect(l.batches.flatMap((b) => b.losses)).toEqual([]);
  });
});

describe('drain', () => {
  it('is answered after every earlier event', async () => {
    const l = listening();
    for (let round = 0; round < 20; round += 1) {
      const uuid = freshUuid();
      poke(`${LOOP}/uevent`, `change ${uuid}`);
      await l.settle();
      expect(l.events().map((e) => e.synthUuid)).toContain(uuid);
    }
  });

  it('is answered once for each token, in order', async () => {
    const l = listening();
    for (let token = 1000; token < 1040; token += 1) l.port.drain(token);
    await l.until(() => l.batches.flatMap((b) => b.drained).length >= 40);
    await l.settle();
    const tokens = l.batches.flatMap((b) => b.drained).map((d) => d.token);
    expect(tokens.filter((t) => t >= 1000)).toEqual(Array.from({ length: 40 }, (_, i) => 1000 + i));
  });

  it('is never half forgotten when too much is asked for', async () => {
    const l = listening();
    let accepted = 0;
    const errors: unknown[] = [];
    for (let token = 1000; token < 3000; token += 1) {
      try {
        l.port.drain(token);
        accepted += 1;
      } catch (error) {
        errors.push(error);
      }
    }
    await l.until(() => l.batches.flatMap((b) => b.drained).length >= accepted);
    expect(accepted + errors.length).toBe(2000);
    expect(errors.length).toBeGreaterThan(0);
    await l.settle();
  });
});

describe('loss', () => {
  it('by an overrun is reported as ENOBUFS with an exact count, and listening goes on', async () => {
    const l = listening({ bufferBytes: 64 * 1024, realtimePriority: 10 });
    const before = await l.settle();
    tool('storm', listenerThreads()[0] ?? 0, 2000, NULL_UEVENT);
    const drops = await l.settle();
    expect(l.lost('overrun')).toBe(1);
    expect(l.lost('drops')).toBe(drops - before);
    // 128 KiB hold a few hundred of the smallest messages.
    expect(l.lost('drops')).toBeGreaterThan(1000);
    expect(l.lost('drops')).toBeLessThan(2000);
    expect(l.port.info().drops).toBe(drops);

    const uuid = freshUuid();
    poke(NULL_UEVENT, `change ${uuid}`);
    expect(await l.settle()).toBe(drops);
    expect(l.events().map((e) => e.synthUuid)).toContain(uuid);
  });

  it('by a second overrun is reported again', async () => {
    const l = listening({ bufferBytes: 64 * 1024 });
    for (let round = 1; round <= 2; round += 1) {
      tool('storm', listenerThreads()[0] ?? 0, 2000, NULL_UEVENT);
      await l.settle();
      expect(l.lost('overrun')).toBe(round);
    }
    expect(l.lost('drops')).toBe(l.port.info().drops);
  });

  it('by a full queue is counted, event by event, while JavaScript is busy', async () => {
    const l = listening({ queueLimit: 10 });
    const uuids = Array.from({ length: 500 }, freshUuid);
    for (const uuid of uuids) poke(`${LOOP}/uevent`, `change ${uuid}`);
    await l.settle();
    const seen = l.events().filter((e) => uuids.includes(e.synthUuid ?? ''));
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.length).toBeLessThanOrEqual(30);
    expect(seen.length + l.lost('queue-full')).toBeGreaterThanOrEqual(500);
    expect(await l.settle()).toBe(0);

    const uuid = freshUuid();
    poke(`${LOOP}/uevent`, `change ${uuid}`);
    await l.settle();
    expect(l.events().map((e) => e.synthUuid)).toContain(uuid);
  });
});

describe('the socket and the thread', () => {
  it('have the requested buffer, which the kernel doubles', () => {
    const info = listening({ bufferBytes: 128 * 1024 * 1024 }).port.info();
    expect(info.requestedBufferBytes).toBe(128 * 1024 * 1024);
    expect(info.grantedBufferBytes).toBe(256 * 1024 * 1024);
  });

  it('run at the requested priority, only this thread', () => {
    const l = listening({ realtimePriority: 7 });
    expect(l.port.info().scheduling).toBe('SCHED_RR:7');
    const policyOf = (tid: number): string[] =>
      readFileSync(`/proc/self/task/${tid}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ')
        .slice(37, 39);
    // proc(5): rt_priority and policy; 2 is SCHED_RR, the flag is SCHED_RESET_ON_FORK.
    const threads = listenerThreads();
    expect(threads.map(policyOf)).toEqual([['7', '2']]);
    expect(policyOf(process.pid)).toEqual(['0', '0']);
  });

  it('run like any other thread without a priority', () => {
    expect(listening().port.info().scheduling).toBe('SCHED_OTHER');
  });

  it('have their memory locked, and unlock it at the end', () => {
    const before = lockedKib();
    const l = listen({ queueLimit: 4096 });
    expect(lockedKib() - before).toBeGreaterThanOrEqual(2 * 4096);
    l.port.stop();
    expect(lockedKib()).toBe(before);
  });

  it('show that they are alive, with nothing to do', async () => {
    const l = listening();
    const before = l.port.info().heartbeat;
    await l.until(() => l.port.info().heartbeat > before);
  });

  it('are gone after stop()', () => {
    const count = (): number => readdirSync('/proc/self/fd').length;
    const before = count();
    for (let round = 0; round < 20; round += 1) {
      const l = listen({ realtimePriority: 5, queueLimit: 10 });
      poke(`${LOOP}/uevent`, 'change');
      expect(listenerThreads()).toHaveLength(1);
      l.port.stop();
    }
    expect(listenerThreads()).toEqual([]);
    expect(count()).toBe(before);
  });

  it('never call back after stop()', async () => {
    const l = listen();
    const uuid = freshUuid();
    poke(`${LOOP}/uevent`, `change ${uuid}`);
    const heartbeat = l.port.info().heartbeat;
    await new Promise((resolve) => setImmediate(resolve));
    l.port.stop();
    const seen = l.batches.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(l.batches).toHaveLength(seen);
    expect(l.port.info().heartbeat).toBeGreaterThanOrEqual(heartbeat);
  });

  it('can be stopped from within a batch', async () => {
    const l = listening();
    const original = l.batches.push.bind(l.batches);
    l.batches.push = (...batches) => {
      l.port.stop();
      return original(...batches);
    };
    poke(`${LOOP}/uevent`, 'change');
    await l.until(() => l.batches.length > 0);
    expect(listenerThreads()).toEqual([]);
  });

  it('work with several listeners side by side', async () => {
    const first = listening();
    const second = listening();
    const uuid = freshUuid();
    poke(`${LOOP}/uevent`, `change ${uuid}`);
    await Promise.all([first.settle(), second.settle()]);
    for (const l of [first, second]) expect(l.events().map((e) => e.synthUuid)).toContain(uuid);
  });
});
