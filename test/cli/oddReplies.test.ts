/** Replies are untrusted: whatever answers, mpathctl prints a text or a refusal. */
import { join } from 'node:path';
import fc from 'fast-check';
import type { Session } from '../../src/ipc/control';
import { startServer } from '../../src/ipc/server';
import { fakeDaemon, scsiDebug } from '../ipc/fixtures';
import { createSession } from '../../src/ipc/session';
import { inFolder, nativeWithUid, openAccepted } from '../ipc/sockets';
import { reply } from '../ipc/startSession';
import { runCommand } from './runCommand';

const COMMANDS: ReadonlyArray<[argv: string[], request: string]> = [
  [['status'], 'mpathd status json'],
  [['paths'], 'mpathd paths json'],
  [['maps'], 'mpathd maps json'],
  [['topology', '--json'], 'mpathd topology json'],
  [['audit'], 'mpathd audit json'],
  [['plan'], 'mpathd plan json'],
  [['explain', 'sda'], 'mpathd explain json sda'],
  [['journal', 'save', '/x'], 'mpathd journal save /x'],
  [['config', 'show', '--changed'], 'mpathd config json'],
  [['config', 'show', 'sda'], 'mpathd config json sda'],
  [['config', 'show', 'sda', '--changed'], 'mpathd config json sda'],
];

/** Runs `body` with a socket that gives the latest text of `say` to every request. */
async function withImpostor(body: (path: string, say: (text: string) => void) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const path = join(folder, 'socket');
    let text = '';
    const session: Session = { handle: () => ({ text, ofState: false }) };
    const server = await startServer({
      session,
      native: nativeWithUid(0),
      open: openAccepted,
      addresses: [path],
      inputs: () => 1,
      clients: { all: 10, reservedForRoot: 2, perUser: 4 },
      log: () => undefined,
    });
    await body(path, (next) => (text = next));
    await server.close();
  });
}

test.each(COMMANDS)('%j prints or refuses, whatever JSON is the answer', async (argv) => {
  await withImpostor(async (path, say) => {
    await fc.assert(
      fc.asyncProperty(fc.json(), async (text) => {
        say(text);
        const { code, err } = await runCommand([...argv, '--socket', path]);
        expect([0, 1, 2]).toContain(code);
        if (code !== 0) expect(err).not.toContain('internal error');
      }),
      { numRuns: 30 },
    );
  });
});

/** The document with one of its values replaced. */
function damaged(value: unknown, at: readonly number[], by: unknown): unknown {
  const [first, ...rest] = at;
  if (first === undefined || typeof value !== 'object' || value === null) return by;
  const keys = Object.keys(value);
  const key = keys[first % Math.max(keys.length, 1)];
  if (key === undefined) return by;
  const inner = damaged(Reflect.get(value, key), rest, by);
  return Array.isArray(value)
    ? value.map((one: unknown, n) => (String(n) === key ? inner : one))
    : { ...value, [key]: inner };
}

test.each(COMMANDS.slice(0, 4))(
  '%j prints or refuses if one value of the right answer is wrong',
  async (argv, request) => {
    const whole: unknown = JSON.parse(await reply(createSession(fakeDaemon(scsiDebug()).dependencies), request, true));
    await withImpostor(async (path, say) => {
      const place = fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 5 });
      const value = fc.constantFrom<unknown>(null, 0, -1, 1e308, '', 'x', [], {}, [null], true);
      await fc.assert(
        fc.asyncProperty(place, value, async (at, by) => {
          say(JSON.stringify(damaged(whole, at, by)));
          expect([0, 1]).toContain((await runCommand([...argv, '--socket', path])).code);
        }),
        { numRuns: 100 },
      );
    });
  },
);

test('the refusal names what is wrong', async () => {
  await withImpostor(async (path, say) => {
    say('{}');
    const { code, err } = await runCommand(['status', '--socket', path]);
    expect(code).toBe(1);
    expect(err).toMatch(
      /^mpathctl: the daemon's answer to "mpathd status json" is not what mpathctl 0\.1\.0 expects \(/,
    );
    expect(err).toMatch(/the daemon is of another version, or something else answers\n$/);
  });
});
