/** What a process or a worker leaves behind when it ends at any moment: nothing, and no crash. */
import { spawnSync } from 'child_process';
import { join } from 'path';

const ADDON = join(__dirname, '..', '..', 'build', 'Release', 'mpathd.node');
/** Not loop0: other tests count its events and may run at the same time. */
const LOOP_UEVENT = '/sys/block/loop1/uevent';

interface Ended {
  code: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

/** The functions that every script below uses. */
const PRELUDE = `
  const { isMainThread, parentPort, Worker } = require('worker_threads');
  const fs = require('fs');
  const addon = require(${JSON.stringify(ADDON)});
  const options = { group: 1, bufferBytes: 1 << 20, realtimePriority: 5, queueLimit: 1000 };
  const reading = () => addon.laneInfo().find(({ name }) => name === 'reading');
  const open = (onBatch = () => {}) => addon.openUevents(options, onBatch);
  const poke = (n) => { for (let i = 0; i < n; i += 1) fs.writeFileSync('${LOOP_UEVENT}', 'add'); };
  // Long enough to be running still when the environment goes.
  const requests = Array.from({ length: 3000 }, () => ({ directory: '/sys/block/loop0', attributes: ['size', 'ro', 'dev'] }));
  const work = (n) => Array.from({ length: n }, () => addon.sysfsRead(requests));
`;

/** The threads of the addon. A thread may end while they are counted. */
const THREADS = `
  const threads = () => require('fs').readdirSync('/proc/self/task').filter((tid) => {
    try { return require('fs').readFileSync('/proc/self/task/' + tid + '/comm', 'utf8').startsWith('mpathd-'); } catch { return false; }
  }).length;
`;

function run(script: string, prelude = PRELUDE): Ended {
  const result = spawnSync(process.execPath, ['-e', prelude + script], { encoding: 'utf8', timeout: 60_000 });
  return { code: result.status, signal: result.signal, stdout: result.stdout, stderr: result.stderr };
}

const CLEAN = { signal: null, stderr: '' };

describe('a process with an open listener', () => {
  it('may exit at once', () => {
    expect(run('open(); process.exit(3);')).toMatchObject({ ...CLEAN, code: 3 });
  });

  it('may exit with events under way', () => {
    expect(run('open(); poke(500); process.exit(3);')).toMatchObject({ ...CLEAN, code: 3 });
  });

  it('may exit from within a batch', () => {
    expect(run('open(() => process.exit(3)); poke(1);')).toMatchObject({ ...CLEAN, code: 3 });
  });

  it('lives until stop(), and then ends by itself', () => {
    const script = `
      const listener = open();
      setTimeout(() => { console.log('still here'); listener.stop(); }, 200).unref();
    `;
    expect(run(script)).toMatchObject({ ...CLEAN, code: 0, stdout: 'still here\n' });
  });

  it('lives on if only the listener is left', () => {
    const script = `
      (() => { let n = 0; open((batch) => { n += batch.events.length; if (n >= 3) process.exit(5); }); })();
      setTimeout(() => { global.gc(); setTimeout(() => { poke(1); setTimeout(() => poke(2), 50); }, 50); }, 50);
    `;
    const result = spawnSync(process.execPath, ['--expose-gc', '-e', PRELUDE + script], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    expect(result).toMatchObject({ status: 5, stderr: '' });
  });

  it('gets an exception of its callback like any other exception', () => {
    const ended = run('open(() => { throw new Error("from the callback"); }); poke(1);');
    expect(ended.code).toBe(1);
    expect(ended.signal).toBeNull();
    expect(ended.stderr).toContain('Error: from the callback');
  });

  it('may catch that exception and go on', () => {
    const script = `
      let seen = 0;
      process.on('uncaughtException', (error) => {
        seen += 1;
        if (seen === 2) { console.log(error.message); listener.stop(); } else poke(1);
      });
      const listener = open(() => { throw new Error('again'); });
      poke(1);
    `;
    expect(run(script)).toMatchObject({ ...CLEAN, code: 0, stdout: 'again\n' });
  });

  it('can start children', () => {
    const script = `
      const listener = open();
      const { execFileSync } = require('child_process');
      for (let i = 0; i < 5; i += 1) { poke(10); execFileSync('/bin/true'); }
      listener.stop();
    `;
    expect(run(script)).toMatchObject({ ...CLEAN, code: 0 });
  });
});

describe('a process with work on the pool', () => {
  it('may exit with jobs running and queued', () => {
    expect(run('work(80); process.exit(3);')).toMatchObject({ ...CLEAN, code: 3 });
  });

  it('lives until its promises are settled', () => {
    expect(run('work(2)[1].then((r) => console.log(r.length));')).toMatchObject({
      ...CLEAN,
      code: 0,
      stdout: '3000\n',
    });
  });

  it('ends by itself when no work is left, with or without idle threads', () => {
    expect(run('addon.listDirectory("/sys/block").then(() => console.log(reading().threads));')).toMatchObject({
      ...CLEAN,
      code: 0,
      stdout: '1\n',
    });
  });

  it('has its own threads, more than libuv’s four, and work passes slow jobs', () => {
    const script = `
      let slow = 0;
      work(12).forEach((job) => job.then(() => { slow += 1; }));
      // The first job may be done before the last one is begun, on a busy machine.
      console.log(reading().busy > 4);
      addon.listDirectory('/sys/block').then(() => console.log(slow < 12));
    `;
    expect(run(script)).toMatchObject({ ...CLEAN, code: 0, stdout: 'true\ntrue\n' });
  });
});

describe('a worker', () => {
  const inWorker = (body: string, then: string): string => `
    const script = ${JSON.stringify(PRELUDE)} + ${JSON.stringify(body)};
    (async () => {
      for (let round = 0; round < 10; round += 1) {
        const worker = new Worker(script, { eval: true });
        await new Promise((resolve, reject) => { worker.once('message', resolve); worker.once('error', reject); });
        poke(20);
        await worker.terminate();
      }
      ${then}
    })();
  `;
  const SETTLED = `${THREADS} setTimeout(() => console.log(threads()), 1500);`;

  it('may be ended with an open listener', () => {
    const ended = run(inWorker('open(); poke(50); parentPort.postMessage(1);', SETTLED));
    expect(ended).toMatchObject({ ...CLEAN, code: 0, stdout: '0\n' });
  });

  it('may be ended with running jobs, which end after the worker and after the addon was closed', () => {
    // The main thread does not load the addon: Node closes the addon with the last worker that has loaded it.
    const script = `
      const { Worker } = require('worker_threads');
      const body = ${JSON.stringify(PRELUDE + 'work(6); parentPort.postMessage(1);')};
      (async () => {
        for (let round = 0; round < 3; round += 1) {
          const worker = new Worker(body, { eval: true });
          await new Promise((resolve, reject) => { worker.once('message', resolve); worker.once('error', reject); });
          await worker.terminate();
        }
        ${THREADS}
        const wait = () => (threads() === 0 ? console.log('all ended') : setTimeout(wait, 50));
        console.log(threads() > 0);
        wait();
      })();
    `;
    expect(run(script, '')).toMatchObject({ ...CLEAN, code: 0, stdout: 'true\nall ended\n' });
  });

  it('has a pool and listeners separate from those of the main thread', () => {
    const script = `
      const worker = new Worker(${JSON.stringify(PRELUDE)} + 'work(3); parentPort.postMessage(reading().busy);', { eval: true });
      worker.once('message', (busy) => { console.log(busy, reading().busy); });
    `;
    expect(run(script)).toMatchObject({ ...CLEAN, code: 0, stdout: '3 0\n' });
  });

  it('may be ended in the middle of its callback', () => {
    const body = `open(() => { for (let n = 0; n < 1e5; n += 1) Math.sqrt(n); }); parentPort.postMessage(1);`;
    const script = `
      const script = ${JSON.stringify(PRELUDE + body)};
      (async () => {
        for (let round = 0; round < 150; round += 1) {
          const worker = new Worker(script, { eval: true });
          await new Promise((resolve, reject) => { worker.once('message', resolve); worker.once('error', reject); });
          poke(5 + (round % 20));
          await new Promise((resolve) => setTimeout(resolve, round % 3));
          await worker.terminate();
        }
        console.log('all ended');
      })();
    `;
    expect(run(script)).toMatchObject({ ...CLEAN, code: 0, stdout: 'all ended\n' });
  });

  it('may be ended while the main thread listens on', () => {
    const body = 'open(); parentPort.postMessage(1);';
    const then = `
      const listener = open((batch) => {
        if (batch.drained.length > 0) { console.log(batch.drained[0].token); listener.stop(); }
      });
      listener.drain(42);
    `;
    expect(run(inWorker(body, then))).toMatchObject({ ...CLEAN, code: 0, stdout: '42\n' });
  });
});

describe('openUevents', () => {
  it('says what to do when there are no file descriptors left', () => {
    const script = `
      const held = [];
      try { for (;;) held.push(fs.openSync('/dev/null')); } catch {}
      try { open(); } catch (error) { held.forEach(fs.closeSync); console.log(error.code, error.message); }
    `;
    const result = spawnSync('bash', ['-c', `ulimit -n 64; exec "$0" -e "$1"`, process.execPath, PRELUDE + script], {
      encoding: 'utf8',
    });
    expect(result.stdout).toMatch(/^EMFILE cannot listen to uevents: .*LimitNOFILE/);
  });

  it('goes on without realtime scheduling if that is not allowed, and says so', () => {
    const script = `
      const listener = open();
      console.log(listener.info().scheduling);
      listener.stop();
    `;
    const result = spawnSync('setpriv', ['--bounding-set=-sys_nice', process.execPath, '-e', PRELUDE + script], {
      encoding: 'utf8',
    });
    expect(result.stdout).toMatch(/^SCHED_OTHER \(SCHED_RR:5: EPERM\)/);
  });

  it('goes on with unlocked memory and the ordinary buffer for an ordinary user, and says so', () => {
    const script = `
      const listener = addon.openUevents({ ...options, bufferBytes: 1 << 28, realtimePriority: 0, queueLimit: 10000 }, () => {});
      const info = listener.info();
      console.log(info.scheduling, info.grantedBufferBytes < 2 * info.requestedBufferBytes);
      listener.stop();
    `;
    const result = spawnSync(
      'bash',
      [
        '-c',
        `ulimit -l 64; exec setpriv --bounding-set=-all --inh-caps=-all "$0" -e "$1"`,
        process.execPath,
        PRELUDE + script,
      ],
      { encoding: 'utf8' },
    );
    expect(result.stdout).toBe('SCHED_OTHER, memory not locked: ENOMEM true\n');
  });

  test.each([
    ['no options', 'undefined', 'TypeError: options'],
    ['no callback', 'options', 'TypeError: onBatch must be a function'],
    ['another group', '{ ...options, group: 3 }, () => {}', 'RangeError: options.group'],
    ['a fraction of a byte', '{ ...options, bufferBytes: 1.5 }, () => {}', 'TypeError: options.bufferBytes'],
    [
      'a priority beyond the kernel’s',
      '{ ...options, realtimePriority: 100 }, () => {}',
      'RangeError: options.realtimePriority',
    ],
    ['no queue', '{ ...options, queueLimit: 0 }, () => {}', 'RangeError: options.queueLimit'],
    ['a queue without end', '{ ...options, queueLimit: Infinity }, () => {}', 'options.queueLimit'],
    ['half a decision', '{ ...options, acceptInjected: 1 }, () => {}', 'TypeError: options.acceptInjected'],
  ])('refuses %s', (_, args, message) => {
    const ended = run(`try { addon.openUevents(${args}); } catch (error) { console.log(String(error)); }`);
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain(message);
  });
});
