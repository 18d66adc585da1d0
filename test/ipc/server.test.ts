import { chmodSync, existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Session } from '../../src/ipc/control';
import { encode } from '../../src/ipc/framing';
import { startServer, type IpcServer, type ServerOptions } from '../../src/ipc/server';
import { MpathdError } from '../../src/model/failure';
import { inFolder, nativeWithUid, openAccepted, rawClient } from './sockets';

const echo: Session = { handle: async (text, isRoot) => `${isRoot ? 'root' : 'user'} ${text}\n` };

interface Started {
  server: IpcServer;
  path: string;
  logged: string[];
}

async function withServer(options: Partial<ServerOptions>, body: (started: Started) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const path = join(folder, 'socket');
    const logged: string[] = [];
    const server = await startServer({
      session: echo,
      native: nativeWithUid(0),
      open: openAccepted,
      addresses: [path],
      inputs: () => 1,
      clients: { all: 10, reservedForRoot: 2, perUser: 4 },
      log: (_, message) => logged.push(message),
      ...options,
    });
    try {
      await body({ server, path, logged });
    } finally {
      await server.close();
    }
  });
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 600) throw new Error('it never happened');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('many requests on one connection are answered in order, also if they are sent ahead', async () => {
  await withServer({}, async ({ path }) => {
    const client = await rawClient(path);
    client.socket.write(Buffer.concat([encode('a'), encode('b')]));
    expect(await client.reply()).toBe('root a\n');
    expect(await client.reply()).toBe('root b\n');
    client.socket.write(encode('c'));
    expect(await client.reply()).toBe('root c\n');
    client.socket.destroy();
  });
});

test('a request may come byte by byte', async () => {
  await withServer({}, async ({ path }) => {
    const client = await rawClient(path);
    client.socket.setNoDelay(true);
    for (const byte of encode('show maps')) {
      client.socket.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await client.reply()).toBe('root show maps\n');
    client.socket.destroy();
  });
});

test.each([
  [0, 'root'],
  [1000, 'user'],
  [null, 'user'],
])('a peer with uid %s is %s', async (uid, who) => {
  await withServer({ native: nativeWithUid(uid) }, async ({ path }) => {
    const client = await rawClient(path);
    client.socket.write(encode('x'));
    expect(await client.reply()).toBe(`${who} x\n`);
    client.socket.destroy();
  });
});

test.each([
  ['no bytes', 0n],
  ['513 bytes', 513n],
  ['4 GiB', 2n ** 32n],
])('a message of %s ends its connection, and other connections go on', async (_, length) => {
  await withServer({}, async ({ path, logged }) => {
    const header = Buffer.alloc(8);
    header.writeBigUInt64LE(length);
    const bad = await rawClient(path);
    const good = await rawClient(path);
    bad.socket.write(header);
    expect(await bad.reply()).toBeNull();
    expect(logged).toEqual([`socket client dropped: message of ${length} bytes`]);
    good.socket.write(encode('x'));
    expect(await good.reply()).toBe('root x\n');
    good.socket.destroy();
    bad.socket.destroy();
  });
});

test('a request before a message of wrong length is still answered', async () => {
  await withServer({}, async ({ path }) => {
    const client = await rawClient(path);
    client.socket.write(Buffer.concat([encode('a'), Buffer.alloc(8)]));
    expect(await client.reply()).toBe('root a\n');
    expect(await client.reply()).toBeNull();
    client.socket.destroy();
  });
});

test('a message that has begun must be complete in time; an idle client may stay', async () => {
  await withServer({ limits: { messageTimeoutMs: 30 } }, async ({ path, logged, server }) => {
    const idle = await rawClient(path);
    const slow = await rawClient(path);
    slow.socket.write(encode('x').subarray(0, 3));
    expect(await slow.reply()).toBeNull();
    expect(logged).toEqual(['socket client dropped: message not whole in time']);
    await until(() => server.clients() === 1);
    idle.socket.write(encode('x'));
    expect(await idle.reply()).toBe('root x\n');
    idle.socket.destroy();
    slow.socket.destroy();
  });
});

test('the server hangs up on a client that does not read, and does not keep its reply', async () => {
  const session: Session = { handle: async () => 'x'.repeat(8 * 1024 * 1024) };
  await withServer({ session, limits: { stallTimeoutMs: 50 } }, async ({ path, logged, server }) => {
    const client = await rawClient(path);
    client.socket.pause();
    client.socket.write(encode('x'));
    await until(() => server.clients() === 0);
    expect(logged).toEqual(['socket client dropped: does not read its reply']);
    client.socket.destroy();
  });
});

test('replies that nobody reads are bounded for each user; the refusal says so, and root has a budget of its own', async () => {
  let sent = 0;
  const session: Session = { handle: async () => `${++sent}`.padEnd(1024 * 1024) };
  const output = { root: 2 * 1024 * 1024, perUser: 3 * 1024 * 1024, users: 8 * 1024 * 1024 };
  const native = nativeWithUid([1000, 1000, 1000, 0]);
  await withServer({ session, native, output }, async ({ path, logged, server }) => {
    const clients = [await rawClient(path), await rawClient(path), await rawClient(path), await rawClient(path)];
    for (const client of clients) client.socket.pause();
    for (const client of clients) client.socket.write(encode('x'));
    await until(() => sent === 4 && logged.length === 1);
    expect(logged[0]).toMatch(/^socket client refused: 2097\d+ bytes of output wait for clients of uid 1000/);
    for (const client of clients) client.socket.resume();
    const replies = await Promise.all(clients.map((client) => client.reply()));
    expect(replies.map((reply) => reply?.length).sort()).toEqual(
      [1048576, 1048576, 1048576, replies[2]?.length].sort(),
    );
    expect(replies[2]).toMatch(/^fail\nrefused: 2097\d+ bytes of output wait/);
    expect(await clients[2]?.reply()).toBeNull();
    clients.forEach((client) => client.socket.destroy());
    await until(() => server.clients() === 0);
  });
});

test('while one request is being answered the next one is not begun', async () => {
  const begun: string[] = [];
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  const session: Session = {
    handle: async (text) => {
      begun.push(text);
      await gate;
      return text;
    },
  };
  await withServer({ session }, async ({ path }) => {
    const client = await rawClient(path);
    client.socket.write(Buffer.concat([encode('a'), encode('b')]));
    await until(() => begun.length > 0);
    expect(begun).toEqual(['a']);
    release();
    expect(await client.reply()).toBe('a');
    expect(await client.reply()).toBe('b');
    client.socket.destroy();
  });
});

test('a client that has shut down its sending side gets all its replies, then the end', async () => {
  await withServer({}, async ({ path, server }) => {
    const client = await rawClient(path);
    client.socket.end(Buffer.concat([encode('a'), encode('b'), Buffer.from([1])]));
    expect(await client.reply()).toBe('root a\n');
    expect(await client.reply()).toBe('root b\n');
    expect(await client.reply()).toBeNull();
    await until(() => server.clients() === 0);
  });
});

test('a user has a greatest number of connections; the refusal says so, and another user is served', async () => {
  const native = nativeWithUid([1000, 1000, 1000, 1000, 1000, 1001, 1000]);
  await withServer({ native }, async ({ path, logged, server }) => {
    const four = [await rawClient(path), await rawClient(path), await rawClient(path), await rawClient(path)];
    await until(() => server.clients() === 4);
    const fifth = await rawClient(path);
    expect(await fifth.reply()).toBe('fail\nrefused: too many connections of uid 1000, 4 are open\n');
    expect(await fifth.reply()).toBeNull();
    expect(logged).toEqual(['socket client refused: too many connections of uid 1000, 4 are open']);
    const other = await rawClient(path);
    other.socket.write(encode('x'));
    expect(await other.reply()).toBe('user x\n');
    four[0]?.socket.destroy();
    await until(() => server.clients() === 4);
    const again = await rawClient(path);
    again.socket.write(encode('x'));
    expect(await again.reply()).toBe('user x\n');
    [...four, fifth, other, again].forEach((client) => client.socket.destroy());
  });
});

test('the last places are for root', async () => {
  const native = nativeWithUid([1000, 1001, 1002, 0]);
  const clients = { all: 4, reservedForRoot: 2, perUser: 1 };
  await withServer({ native, clients }, async ({ path, server }) => {
    const users = [await rawClient(path), await rawClient(path)];
    await until(() => server.clients() === 2);
    const third = await rawClient(path);
    expect(await third.reply()).toBe('fail\nrefused: too many connections in all, and the last 2 are for root\n');
    const root = await rawClient(path);
    root.socket.write(encode('x'));
    expect(await root.reply()).toBe('root x\n');
    [...users, third, root].forEach((client) => client.socket.destroy());
  });
});

test('an idle client of a user is told, and hung up on; root may stay', async () => {
  const limits = { idleTimeoutMs: 30 };
  await withServer({ native: nativeWithUid([0, 1000]), limits }, async ({ path, server }) => {
    const root = await rawClient(path);
    const user = await rawClient(path);
    user.socket.write(encode('x'));
    expect(await user.reply()).toBe('user x\n');
    expect(await user.reply()).toBe('fail\nclosed: no request for 0.03 s\n');
    expect(await user.reply()).toBeNull();
    await until(() => server.clients() === 1);
    root.socket.write(encode('x'));
    expect(await root.reply()).toBe('root x\n');
    [root, user].forEach((client) => client.socket.destroy());
  });
});

test('equal requests that wait together are rendered once, and root does not wait for users', async () => {
  const rendered: string[] = [];
  const session: Session = {
    handle: (text, isRoot) => {
      rendered.push(`${isRoot ? 'root' : 'user'} ${text}`);
      // Longer than a turn.
      for (const end = performance.now() + 10; performance.now() < end; );
      return { text, ofState: false };
    },
  };
  const native = nativeWithUid([1000, 1000, 1001, 0]);
  await withServer({ session, native }, async ({ path }) => {
    const clients = [await rawClient(path), await rawClient(path), await rawClient(path), await rawClient(path)];
    const [first, second, other, root] = clients;
    // One write: the server takes all of them in before the first turn.
    first?.socket.write(encode('a'));
    second?.socket.write(encode('a'));
    other?.socket.write(encode('a'));
    root?.socket.write(encode('b'));
    expect(await Promise.all(clients.map((client) => client.reply()))).toEqual(['a', 'a', 'a', 'b']);
    expect(rendered.filter((line) => line === 'root b')).toHaveLength(1);
    expect(rendered.length).toBeLessThanOrEqual(4);
    clients.forEach((client) => client.socket.destroy());
  });
});

test('a client that goes during its answer harms nobody', async () => {
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  await withServer({ session: { handle: () => gate.then(() => 'late') } }, async ({ path, server }) => {
    const client = await rawClient(path);
    client.socket.write(encode('x'));
    await until(() => server.clients() === 1);
    client.socket.destroy();
    release();
    await until(() => server.clients() === 0);
    const next = await rawClient(path);
    next.socket.write(encode('x'));
    expect(await next.reply()).toBe('late');
    next.socket.destroy();
  });
});

test('close sends the reply under way, then hangs up and removes the socket', async () => {
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  await withServer({ session: { handle: () => gate.then(() => 'ok\n') } }, async ({ path, server }) => {
    const busy = await rawClient(path);
    const idle = await rawClient(path);
    busy.socket.write(encode('shutdown'));
    await until(() => server.clients() === 2);
    busy.socket.on('end', () => busy.socket.end());
    idle.socket.on('end', () => idle.socket.end());
    await new Promise((resolve) => setTimeout(resolve, 20));
    const closing = server.close();
    release();
    expect(await busy.reply()).toBe('ok\n');
    expect(await idle.reply()).toBeNull();
    await closing;
    expect(existsSync(path)).toBe(false);
  });
});

describe('addresses', () => {
  const options = (addresses: string[], more: Partial<ServerOptions> = {}): ServerOptions => ({
    session: echo,
    native: nativeWithUid(0),
    open: openAccepted,
    addresses,
    inputs: () => 1,
    clients: { all: 10, reservedForRoot: 2, perUser: 4 },
    log: () => undefined,
    ...more,
  });

  test('all users may connect', async () => {
    await withServer({}, async ({ path }) => {
      expect(statSync(path).mode & 0o777).toBe(0o666);
    });
  });

  test('a socket on which nobody answers is replaced', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'socket');
      await leaveStaleSocket(path);
      const server = await startServer(options([path]));
      const client = await rawClient(path);
      client.socket.write(encode('x'));
      expect(await client.reply()).toBe('root x\n');
      client.socket.destroy();
      await server.close();
    });
  });

  test('an address on which somebody answers is left alone, and the error says so', async () => {
    await withServer({}, async ({ path }) => {
      const error: unknown = await startServer(options([path])).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(MpathdError);
      expect(String(error)).toMatch(/socket: EADDRINUSE \(it answers\); stop it first: systemctl stop multipathd/);
      const client = await rawClient(path);
      client.socket.write(encode('x'));
      expect(await client.reply()).toBe('root x\n');
      client.socket.destroy();
    });
  });

  test('if any address is taken, the server listens on none', async () => {
    await withServer({}, async ({ path }) => {
      const free = `${path}2`;
      await expect(startServer(options([free, path]))).rejects.toThrow(MpathdError);
      expect(existsSync(free)).toBe(false);
    });
  });

  test('a name whose owner cannot be named is left out; the server goes on with the path, and takes the name when it is free', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'socket');
      const fake = nativeWithUid(0);
      let errno = 'EAGAIN';
      const bound: string[] = [];
      const native = {
        ...fake,
        connectAbstract: () => ({ errno, step: 'connect' }),
        listenOn: (address: string, backlog: number) => {
          bound.push(address);
          return fake.listenOn(address.replace('@', `${folder}/`), backlog);
        },
      };
      const logged: string[] = [];
      const log = (level: string, message: string): void => void logged.push(`${level}: ${message}`);
      const server = await startServer(options(['@x', path], { native, log, retryMs: 5 }));
      expect(bound).toEqual([path]);
      expect(logged).toHaveLength(1);
      expect(logged[0]).toMatch(
        /^error: the socket name @x is taken by a process that does not answer, and this is no/,
      );
      errno = 'ECONNREFUSED';
      await until(() => bound.length === 2);
      expect(logged[1]).toBe('notice: the socket name @x is free: the daemon answers on it now');
      for (const address of [path, join(folder, 'x')]) {
        const client = await rawClient(address);
        client.socket.write(encode('x'));
        expect(await client.reply()).toBe('root x\n');
        client.socket.destroy();
      }
      await server.close();
    });
  });

  test('an abstract name that cannot be had gives an error of its own', async () => {
    await expect(startServer(options(['@x']))).rejects.toThrow(/listen @x: EOPNOTSUPP/);
  });

  test('a file that is no socket is not removed', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'socket');
      writeFileSync(path, 'precious');
      chmodSync(path, 0o600);
      await expect(startServer(options([path]))).rejects.toThrow(MpathdError);
      expect(statSync(path).isFile()).toBe(true);
    });
  });
});

async function leaveStaleSocket(path: string): Promise<void> {
  // The socket of a process that dies stays. A server that is closed in order removes its socket.
  const { spawnSync } = await import('node:child_process');
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', script]);
  expect(existsSync(path)).toBe(true);
}
