/* Signals that scripts send to multipathd: none opens Node's debugger, by which any local user would be root. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const MPATHD = join(__dirname, '..', '..', 'dist', 'mpathd.js');

interface Running {
  child: ChildProcessWithoutNullStreams;
  text: () => string;
}

/** The daemon on a simulated SAN, once it has said that it is started. */
async function start(env: NodeJS.ProcessEnv = {}): Promise<Running> {
  const socket = `@mpathd-signals-${process.pid}-${Object.keys(env).length}`;
  const child = spawn(process.execPath, [MPATHD, '--simulate', '--socket', socket], {
    env: { ...process.env, ...env },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (text += bytes.toString()));
  for (let waited = 0; !text.includes('started, pid') && waited < 30_000; waited += 50) await pause(50);
  expect(text).toContain('started, pid');
  return { child, text: () => text };
}

async function stop({ child }: Running): Promise<void> {
  child.kill('SIGTERM');
  await once(child, 'exit');
}

/** Whether somebody listens there. */
const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const client = connect(port, '127.0.0.1', () => {
      client.destroy();
      resolve(true);
    });
    client.once('error', () => resolve(false));
  });

test.each(['SIGUSR1', 'SIGUSR2'] as const)(
  '%s neither ends the daemon nor opens a debugger',
  async (signal) => {
    const running = await start();
    for (let n = 0; n < 3; n++) {
      running.child.kill(signal);
      await pause(200);
    }
    expect(running.child.exitCode ?? running.child.signalCode).toBeNull();
    expect(running.text()).not.toMatch(/Debugger listening/);
    await stop(running);
  },
  60_000,
);

test('a debugger that the environment asks for is closed', async () => {
  const running = await start({ NODE_OPTIONS: '--inspect=127.0.0.1:0' });
  const port = Number(/Debugger listening on ws:\/\/127\.0\.0\.1:(\d+)\//.exec(running.text())?.[1]);
  expect(port).toBeGreaterThan(0);
  expect(await answers(port)).toBe(false);
  await stop(running);
}, 60_000);
