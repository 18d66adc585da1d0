import { clientAddresses, inheritedFds, listenAddresses, parseAddress } from '../../src/ipc/addresses';
import { MpathdError } from '../../src/model/failure';

test('the daemon listens on both addresses, and a client tries the path first', () => {
  expect(listenAddresses({})).toEqual(['@/org/kernel/linux/storage/multipathd', '/run/multipathd.socket']);
  expect(clientAddresses({}, null)).toEqual({
    addresses: ['/run/multipathd.socket', '@/org/kernel/linux/storage/multipathd'],
    explicit: false,
  });
});

test('a name in the environment is the only address for both', () => {
  const env = { MULTIPATH_SOCKET_NAME: '@mine' };
  expect(listenAddresses(env)).toEqual(['@mine']);
  expect(clientAddresses(env, null)).toEqual({ addresses: ['@mine'], explicit: true });
  expect(clientAddresses(env, '/x')).toEqual({ addresses: ['/x'], explicit: true });
  expect(clientAddresses({ MULTIPATH_SOCKET_NAME: '' }, null).addresses).toHaveLength(2);
});

test('@ marks an abstract name', () => {
  expect(parseAddress('@a/b')).toEqual({ kind: 'abstract', name: 'a/b' });
  expect(parseAddress('/run/x')).toEqual({ kind: 'path', path: '/run/x' });
});

test.each(['', '@', 'x'.repeat(108), `@${'x'.repeat(108)}`, 'é'.repeat(54), 'a\0b'])('%j is no address', (text) => {
  expect(() => parseAddress(text)).toThrow(MpathdError);
});

test.each<[string, Record<string, string>, number[]]>([
  ['none', {}, []],
  ['one', { LISTEN_PID: '7', LISTEN_FDS: '1' }, [3]],
  ['two', { LISTEN_PID: '7', LISTEN_FDS: '2' }, [3, 4]],
  ["another process's", { LISTEN_PID: '8', LISTEN_FDS: '1' }, []],
  ['a count that is none', { LISTEN_PID: '7', LISTEN_FDS: 'x' }, []],
  ['less than none', { LISTEN_PID: '7', LISTEN_FDS: '-1' }, []],
])('sockets from systemd: %s', (_, env, fds) => {
  expect(inheritedFds(env, 7)).toEqual(fds);
});

test('more than two sockets from systemd are an error', () => {
  expect(() => inheritedFds({ LISTEN_PID: '7', LISTEN_FDS: '3' }, 7)).toThrow(/at most 2/);
});
