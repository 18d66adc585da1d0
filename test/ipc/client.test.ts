import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { NativeResult } from '../../native/mpathd';
import { ask, listens, trustedUids, type ClientOptions } from '../../src/ipc/client';
import { encode, REPLY_LIMIT } from '../../src/ipc/framing';
import { MpathdError } from '../../src/model/failure';
import { inFolder, nativeWithUid } from './sockets';

const options = (addresses: string[], more: Partial<ClientOptions> = {}): ClientOptions => ({
  addresses,
  trusted: [0],
  timeoutMs: 2000,
  native: () => nativeWithUid(0),
  ...more,
});

/** Runs `body` against a server that calls `serve` for every connection. */
async function against(serve: (socket: Socket) => void, body: (path: string) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const path = join(folder, 'socket');
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      serve(socket);
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    try {
      await body(path);
    } finally {
      sockets.forEach((socket) => socket.destroy());
      await new Promise((resolve) => server.close(resolve));
    }
  });
}

async function failureOf(promise: Promise<unknown>): Promise<MpathdError['failure']> {
  const error: unknown = await promise.catch((e: unknown) => e);
  if (!(error instanceof MpathdError)) throw new Error(`no MpathdError: ${String(error)}`);
  return error.failure;
}

test('a reply in many pieces is put together', async () => {
  const long = 'x'.repeat(300_000);
  await against(
    (socket) => socket.on('data', () => void socket.write(encode(long))),
    async (path) => expect(await ask('show maps', options([path]))).toBe(long),
  );
});

test('the request is framed as the daemon expects it', async () => {
  const received: Buffer[] = [];
  await against(
    (socket) =>
      socket.on('data', (chunk: Buffer) => {
        received.push(chunk);
        socket.write(encode('ok\n'));
      }),
    async (path) => {
      await ask('quit', options([path]));
      expect(Buffer.concat(received)).toEqual(encode('quit'));
    },
  );
});

test('addresses are tried in order', async () => {
  await against(
    (socket) => socket.on('data', () => void socket.write(encode('here\n'))),
    async (path) => expect(await ask('x', options([`${path}-none`, '@none', path]))).toBe('here\n'),
  );
});

test('without a daemon the error is that of the first address', async () => {
  await inFolder(async (folder) => {
    const path = join(folder, 'none');
    expect(await failureOf(ask('x', options([path, '@none'])))).toMatchObject({
      operation: 'connect',
      device: path,
      errno: 'ENOENT',
    });
  });
});

test('an error of the kernel that tells more is preferred', async () => {
  const native = { ...nativeWithUid(0), connectAbstract: () => ({ errno: 'EAGAIN', step: 'connect' }) };
  await inFolder(async (folder) => {
    const failure = await failureOf(
      ask('x', options([join(folder, 'none'), '@busy'], { native: () => native, timeoutMs: 50 })),
    );
    expect(failure).toMatchObject({ device: '@busy', errno: 'EAGAIN' });
  });
});

test('a full backlog is tried again', async () => {
  await against(
    (socket) => socket.on('data', () => void socket.write(encode('ok\n'))),
    async (path) => {
      let tries = 0;
      const connectAbstract = (): NativeResult<{ fd: number }> => ({
        errno: ++tries < 3 ? 'EAGAIN' : 'ECONNREFUSED',
        step: 'connect',
      });
      const native = { ...nativeWithUid(0), connectAbstract };
      expect(await ask('x', options(['@busy', path], { native: () => native }))).toBe('ok\n');
      expect(tries).toBe(3);
    },
  );
});

test.each([
  [1000, [0], 'pid 4711 of uid 1000'],
  [1000, [0, 1001], 'pid 4711 of uid 1000'],
  [null, [0], 'a process that the kernel does not name'],
])('a peer with uid %s is asked nothing if %j are trusted', async (uid, trusted, who) => {
  const received: Buffer[] = [];
  await against(
    (socket) => socket.on('data', (chunk: Buffer) => void received.push(chunk)),
    async (path) => {
      const failure = await failureOf(ask('x', options([path], { trusted, native: () => nativeWithUid(uid) })));
      expect(failure).toMatchObject({ code: 'REFUSED', operation: 'connect', errno: 'EPERM' });
      expect(failure.detail).toContain(who);
      expect(await listens(options([path], { trusted, native: () => nativeWithUid(uid) }))).toBe(false);
      expect(received).toEqual([]);
    },
  );
});

test("after an impostor the next address is tried; the impostor's error tells most", async () => {
  const peers = [1000, 0, 1000];
  const native = { ...nativeWithUid(0), peerOf: () => ({ uid: peers.shift() ?? 0, pid: 1 }) };
  await against(
    (socket) => socket.on('data', () => void socket.write(encode('here\n'))),
    async (path) => {
      expect(await ask('x', options([path, path], { native: () => native }))).toBe('here\n');
      const failure = await failureOf(ask('x', options([`${path}-none`, path], { native: () => native })));
      expect(failure).toMatchObject({ device: path, errno: 'EPERM' });
    },
  );
});

test('only an address that the user gave may be of the own user', () => {
  expect(trustedUids(false, 1000)).toEqual([0]);
  expect(trustedUids(true, 1000)).toEqual([0, 1000]);
  expect(trustedUids(true, 0)).toEqual([0]);
});

test('the words of a daemon that refuses and hangs up at once are read', async () => {
  await against(
    (socket) => {
      socket.end(encode('fail\nrefused: too many\n'));
      socket.destroySoon();
    },
    async (path) => {
      for (let n = 0; n < 20; n++) expect(await ask('x', options([path]))).toBe('fail\nrefused: too many\n');
    },
  );
});

test('a daemon that does not answer gives a timeout', async () => {
  await against(
    () => undefined,
    async (path) =>
      expect(await failureOf(ask('x', options([path], { timeoutMs: 30 })))).toMatchObject({ code: 'TIMED_OUT' }),
  );
});

test('a daemon that hangs up gives an error', async () => {
  await against(
    (socket) => socket.on('data', () => socket.end(encode('never whole').subarray(0, 12))),
    async (path) => expect(await failureOf(ask('x', options([path])))).toMatchObject({ errno: 'ECONNRESET' }),
  );
});

test.each([0n, BigInt(REPLY_LIMIT), 2n ** 63n])('a reply of %d bytes is refused', async (length) => {
  const header = Buffer.alloc(8);
  header.writeBigUInt64LE(length);
  await against(
    (socket) => socket.on('data', () => void socket.write(header)),
    async (path) => expect(await failureOf(ask('x', options([path])))).toMatchObject({ code: 'MALFORMED' }),
  );
});

test('a command that is longer than the daemon accepts is not sent', async () => {
  expect(await failureOf(ask('x'.repeat(512), options(['/nowhere'])))).toMatchObject({
    code: 'REFUSED',
    operation: 'send',
  });
  expect(await failureOf(ask('x'.repeat(511), options(['/nowhere'])))).toMatchObject({ operation: 'connect' });
});
