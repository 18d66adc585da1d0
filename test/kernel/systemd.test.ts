import { createNotifier, watchdogMs } from '../../src/kernel/systemd';
import type { SystemdNotifier } from '../../src/kernel/systemd';

describe('createNotifier', () => {
  function notifier(environment: Record<string, string>, errno: string | null = null) {
    const sent: Array<[string, string]> = [];
    const sdNotify = (to: string, state: string): string | null => {
      sent.push([to, state]);
      return errno;
    };
    return { sent, systemd: createNotifier({ sdNotify }, environment) };
  }

  test.each<[string, (systemd: SystemdNotifier) => unknown, string]>([
    ['ready', (s) => s.ready('up'), 'READY=1\nSTATUS=up'],
    ['status', (s) => s.status('2 maps'), 'STATUS=2 maps'],
    ['starting', (s) => s.starting('waiting', 30_000), 'EXTEND_TIMEOUT_USEC=30000000\nSTATUS=waiting'],
    ['stopping', (s) => s.stopping(), 'STOPPING=1'],
    ['watchdog', (s) => s.watchdog(), 'WATCHDOG=1'],
    ['a status of several lines stays one', (s) => s.status('a\nMAINPID=1\r\n'), 'STATUS=a MAINPID=1'],
  ])('%s', (_, act, state) => {
    const { sent, systemd } = notifier({ NOTIFY_SOCKET: '/run/systemd/notify' });
    expect(act(systemd)).toBeNull();
    expect(sent).toEqual([['/run/systemd/notify', state]]);
  });

  test.each<Record<string, string>>([{}, { NOTIFY_SOCKET: '' }])('sends nothing with %j', (environment) => {
    const { sent, systemd } = notifier(environment);
    expect([systemd.ready('up'), systemd.watchdog(), systemd.stopping()]).toEqual([null, null, null]);
    expect(sent).toEqual([]);
  });

  test('a failure has its errno and address', () => {
    const { systemd } = notifier({ NOTIFY_SOCKET: '@x' }, 'ECONNREFUSED');
    expect(systemd.watchdog()).toEqual({
      code: 'KERNEL_ERROR',
      operation: 'sd_notify',
      device: '@x',
      errno: 'ECONNREFUSED',
    });
  });
});

test.each<[Record<string, string>, number | null]>([
  [{}, null],
  [{ WATCHDOG_USEC: '30000000' }, 30000],
  [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '42' }, 30000],
  [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '' }, 30000],
  [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '43' }, null],
  [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '042' }, null],
  [{ WATCHDOG_USEC: '1500' }, 1.5],
  [{ WATCHDOG_USEC: '0' }, null],
  [{ WATCHDOG_USEC: '' }, null],
  [{ WATCHDOG_USEC: '-1' }, null],
  [{ WATCHDOG_USEC: '30s' }, null],
  [{ WATCHDOG_USEC: '1e6' }, null],
  [{ WATCHDOG_USEC: '18446744073709551615' }, null],
  [{ WATCHDOG_USEC: '9999999999999999' }, null],
  [{ WATCHDOG_PID: '42' }, null],
])('watchdogMs of %j', (environment, expected) => {
  expect(watchdogMs(environment, 42)).toBe(expected);
});
