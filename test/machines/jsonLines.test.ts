import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSocket } from '../vm/jsonLines';

/** The process binds, which makes the file, and listens only 300 ms later. A QEMU may do this on a busy machine. */
const BIND_AND_LISTEN = `import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
print('bound', flush=True)
time.sleep(0.3)
s.listen(1)
s.accept()`;

describe('a connection to a machine', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'mpathd-socket-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  test('waits for a process that has bound the socket and does not listen yet', async () => {
    const path = join(directory, 'agent.sock');
    const server = spawn('python3', ['-c', BIND_AND_LISTEN, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(server.stdout, 'data');
    const socket = await openSocket(path);
    socket.destroy();
    await once(server, 'exit');
  });

  test('is refused if there is no socket', async () => {
    await expect(openSocket(join(directory, 'nothing'))).rejects.toThrow('ENOENT');
  });
});
